"""The directory, as it travels on `sanfu.directory.v1`: who works where and how to reach them. No credentials.

State, not a story: each record is the whole value; users and units are never deleted, only inactive.
"""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from sanfu.contracts.events.words import Body, Code, Count, Instant, Key, Role, Unit

UnitKind = Literal[
    "department",
    "vertical",
    "company",
    "party",
    "office",
    "leading_group",
    "group",
    "team",
    "town",
    "section",
    "village",
    "external",
]


class Reach(Body):
    """Where messages for somebody go. An absent medium is not used."""

    sms: str | None = Field(default=None, max_length=40, description="Phone that takes SMS")
    email: str | None = Field(default=None, max_length=254, description="E-mail address")
    dingtalk: str | None = Field(default=None, max_length=500, description="Robot or account at DingTalk")
    wecom: str | None = Field(default=None, max_length=500, description="Robot or account at WeCom")
    webhook: str | None = Field(default=None, max_length=500, description="URL of a webhook")


class UserRecord(Body):
    """Somebody who works with the system."""

    what: Literal["user"] = Field(description="Tells a user's record from a unit's")
    code: Code = Field(description="Account: the record's key")
    version: Count = Field(description="The higher wins")
    name: str = Field(max_length=200, description="Name, as colleagues know it")
    unit: Unit = Field(description="Unit the person belongs to")
    roles: list[Role] = Field(description="What the person may be asked to do")
    liaison_of: list[Code] = Field(default_factory=list, description="Enterprises, villages, units bound to")
    reach: Reach = Field(default_factory=Reach, description="Where messages go")
    locale: str = Field(default="zh", max_length=20, description="Language to write in")
    succeeded_by: Code | None = Field(default=None, description="Account that goes on with the work once it has left")
    active: bool = Field(default=True, description="False once the person has left")
    as_of: Instant = Field(description="When this became so")


class UnitRecord(Body):
    """A unit of the city."""

    what: Literal["unit"] = Field(description="Tells a unit's record from a user's")
    code: Unit = Field(description="Unit's code: the record's key")
    version: Count = Field(description="The higher wins")
    names: dict[Key, str] = Field(description="Name by language: zh, en")
    kind: UnitKind = Field(description="Kind: decides who may be ordered, ranked, or only written to")
    parent: Unit | None = Field(default=None, description="Unit above it")
    duty_phone: str | None = Field(default=None, max_length=40, description="Phone that somebody answers at any hour")
    mailbox: str | None = Field(default=None, max_length=254, description="E-mail address of the unit itself")
    reach: Reach = Field(default_factory=Reach, description="Further ways to reach the unit")
    succeeded_by: Unit | None = Field(default=None, description="Unit that took over its work")
    active: bool = Field(default=True, description="False once it was dissolved")
    as_of: Instant = Field(description="When this became so")


class DirectoryRecord(RootModel[Annotated[UserRecord | UnitRecord, Field(discriminator="what")]]):
    """A user's or a unit's record."""
