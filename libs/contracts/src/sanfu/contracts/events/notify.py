"""What notify tells: who was told, and who was not. Never an address or a text."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import Body, Code, EventId, Line, Unit

Recipient = Literal["party", "filer", "unit", "officer", "unit_head", "duty_officer", "supervisor", "leader"]
Medium = Literal["sms", "email", "webhook", "dingtalk", "wecom", "inbox"]


class Delivery(Body):
    """One message to one recipient by one medium."""

    delivery: str = Field(min_length=1, max_length=80, description="Id of the delivery, the same on a replay")
    event: EventId = Field(description="The event it tells of")
    recipient: Recipient = Field(description="In what capacity somebody was told")
    unit: Unit | None = Field(default=None, description="Unit of the recipient")
    medium: Medium = Field(description="By what means")
    template: Code = Field(description="Template of the message")


class PartyInformed(Delivery):
    """Somebody was told."""

    state: Literal["sent", "delivered"] = Field(description="Handed to the provider, or confirmed by it")
    reason: Line | None = Field(default=None, description="What should be known about it")


class DeliveryFailed(Delivery):
    """Somebody was not told, or nobody knows."""

    state: Literal["failed", "skipped", "unknown"] = Field(
        description="Given up, decided against, or lost track of in a crash"
    )
    reason: Line = Field(
        description="Why, and a provider's code: unreachable: MBBLACK, nowhere, stale, opted_out …; never an address"
    )
