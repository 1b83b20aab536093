"""A report as the API takes it. Types are exact, unknown fields are refused, texts hold nothing that can't be shown."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sanfu.city.coordinates import to_wgs84
from sanfu.contracts.events.words import Audience, Code, Flag, IssueKind, PartyKind, Secrecy, Unit, Urgency
from sanfu.intake.domain.attachments import MOST
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Email, Instant, Line, Phone, Text, told

MOST_IN_BATCH = 200


def _number(value: float) -> float:
    if abs(value) > 2**53:
        raise PydanticCustomError("too_large", "a number up to 2^53: a longer one is a text")
    return value


Language = Annotated[str, Field(max_length=20, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Number = Annotated[StrictInt | StrictFloat, AfterValidator(_number)]


class Strict(Body):
    model_config = ConfigDict(strict=True)


class Person(Strict):
    """Whom to reach. All of it is sealed before it is stored, and none of it gets into the story."""

    name: Annotated[str, Line(200, 1)] | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Annotated[str, Line(300, 1)] | None = Field(None, description="Where the person lives or sits")
    language: Language | None = None


class Filer(Person):
    """Who wrote it down for the party."""

    id: Code | None = Field(None, description="Account of the filer")
    unit: Unit | None = Field(None, description="Unit of the filer")


class Place(Strict):
    """Where the problem is; not where the party lives, unless the two are one."""

    town: Unit | None = Field(None, description="Code of the town")
    address: Annotated[str, Line(300)] | None = Field(None, description="Address, or how to find it")
    lon: float | None = Field(None, ge=-180, le=180, description="Longitude, degrees")
    lat: float | None = Field(None, ge=-90, le=90, description="Latitude, degrees")
    crs: Literal["wgs84", "gcj02", "bd09"] = Field(
        "wgs84", description="What lon and lat are in: GPS and Open311 wgs84, Gaode and Tencent gcj02, Baidu bd09"
    )
    may_be_home: bool = Field(False, description="Shown to the public rounded to 100 m")

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, its point in WGS-84: from here on there is no other."""
        plain = dict(self.__dict__)
        system = plain.pop("crs")
        if self.lon is not None and self.lat is not None:
            plain["lon"], plain["lat"] = to_wgs84(self.lon, self.lat, system)
        return plain


Answer = Annotated[
    Annotated[str, Line(2000)] | bool | Number | None,
    told("no_answer", "one line of at most 2,000 characters, a number, true, false or null"),
]


FileId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$"), told("no_file", "an id that POST /v1/attachments answered")]


def _each_once(ids: list[str]) -> list[str]:
    if len({*ids}) < len(ids):
        raise PydanticCustomError("repeated", "each file once")
    return ids


Files = Annotated[list[FileId], Field(max_length=MOST), AfterValidator(_each_once)]


class FoundOn(Strict):
    """Where it was found: at which entry of which list at the desk."""

    affair: Annotated[str, Field(pattern=r"^list-[0-9a-f-]{36}$", description="The list's id")]
    entry: Annotated[int, Field(ge=1, le=100, description="Number of the entry on it")]


class Report(Strict):
    """What somebody has to say to the city. What is absent is taken from channel and category, or stays unknown."""

    channel: Code | None = Field(None, description="The key's channel, or a public one")
    external_id: Annotated[str, Line(200, 1)] | None = Field(
        None, description="The channel's own number for it: the same number is the same report"
    )
    reported_at: Instant | None = Field(None, description="When it was said to the channel; absent: now")
    limit_asked: Instant | None = Field(None, description="Limit set by a superior")
    audience: Audience | None = Field(None, description="Who has the need; absent: the category's")
    kind: IssueKind | None = Field(None, description="What it is; absent: the category's")
    urgency: Urgency | None = Field(None, description="At least so urgent")
    secrecy: Secrecy | None = Field(None, description="At least so secret")
    flags: list[Flag] = Field([], max_length=10)
    party_kind: PartyKind | None = Field(None, description="Whose matter it is; absent: the channel's first kind")
    party_code: Code | None = Field(None, description="Register code of an enterprise, organisation or village")
    party: Person | None = Field(None, description="Absent: anonymous")
    guardian: Person | None = Field(
        None,
        description="Who speaks for a party that is a child or can't speak for itself: messages and calls go to them "
        "alone. Not one of whom it complains",
    )
    filer: Filer | None = None
    may_name_me: bool = Field(False, description="The unit may learn who the party is")
    language: Language = Field("zh", description="Answer in it")
    title: Annotated[str, Line(200, 1)]
    text: Annotated[str, Text(10_000, 1)]
    place: Place = Place()
    category: Code | None = None
    unit: Unit | None = Field(None, description="Unit wished for")
    complains_of: list[Unit] = Field([], max_length=10, description="Units it complains of")
    answers: dict[Code, Answer] = Field({}, max_length=50, description="Answers to the channel's own questions")
    found_on: FoundOn | None = Field(
        None, description="List of visits, experience sheet or check-up that it was found on"
    )
    attachments: Files = Field([], description="Files of this sender's, by the ids that POST /v1/attachments answered")

    def plain(self) -> dict[str, Any]:
        """Return it as the rules take it: plain data, every field there."""
        named = {"party": self.party, "guardian": self.guardian, "filer": self.filer, "found_on": self.found_on}
        plain = {name: value and dict(value.__dict__) for name, value in named.items()}
        given = {**self.__dict__, **plain, "place": self.place.plain()}
        del given["channel"]
        return given


class Supplement(Strict):
    """What is to be added to a report: a text, files, or both."""

    text: Annotated[str, Text(10_000, 1)] | None = None
    attachments: Files = Field([], description="As of a report")
    reported_at: Instant | None = Field(None, description="When it was said to the channel; absent: now")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and not self.attachments:
            raise PydanticCustomError("empty", "a text, files, or both")
        return self


class File(Body):
    """A file that is kept until a report names it, for a day."""

    id: str
    media_type: str = Field(description="What it is by its first bytes, whatever it was called")
    size: int = Field(description="Bytes as kept: of a picture, as drawn anew")
    until: str = Field(description="It goes then unless a report has it")


class Added(Body):
    """What became of it. It is journaled."""

    warning: str | None = Field(None, description="Where its words speak of danger to life: whom to call first")
    receipt: str
    number: int = Field(description="Counts what was added to the report, from 1")
    state: str


class Batch(Body):
    """Reports, each taken or refused by itself."""

    issues: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_IN_BATCH, description="Each as POST /v1/issues")


class Account(Strict):
    """Whose account a key is, where it is one enterprise's; and whose key it takes the place of."""

    party_code: Code | None = Field(None, description="Its unified social credit code (GB 32100)")
    in_place_of: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = Field(
        None, description="Id of a key of the same sender, to be revoked once the new one is in use"
    )


class Wanted(Strict):
    """Whom to erase: by phone, e-mail or both."""

    phone: Phone | None = None
    email: Email | None = None


class Taken(Body):
    """What a sender gets for a report. It is journaled: nothing is lost from here on."""

    warning: str | None = Field(None, description="In an emergency: whom to call first")
    id: str = Field(description="The issue's id")
    receipt: str = Field(description="Receipt number, for the party")
    state: str
    received_at: str


class Progress(Body):
    """What a receipt number opens: state and dates only."""

    receipt: str
    received_at: str
    state: str
    dates: dict[str, str] = Field(description="When it reached a state")
    due_at: str | None = Field(description="When the city has promised to have it handled")


class Item(Body):
    """One report of a batch. Its place is the report's."""

    status: int = Field(description="As POST /v1/issues would have answered")
    issue: Taken | None = None
    problem: dict[str, Any] | None = None
