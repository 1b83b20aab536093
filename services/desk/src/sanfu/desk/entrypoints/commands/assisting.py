"""Bodies of what concerns those who have a part beside the lead."""

from typing import Annotated

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST, Files, Reason, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Line, Text

Number = Annotated[int, Field(ge=1, le=1000)]


class AskAssist(Body):
    """Give another unit a task of its own; the lead stays the lead. Without a `limit` it has
    the city's for such a task, never a later one than the lead."""

    unit: Unit
    task: Annotated[str, Text(2000, 1)]
    mandatory: bool = True
    limit: Instant | None = None


class AssistDone(Body):
    """Say that the unit has done its task. `number` names it where the unit has several."""

    number: Number | None = None
    text: Annotated[str, Text(LONGEST, 1)] | None = None
    evidence: Files


class NotOurs(AssistDone):
    """Say that the task is none of the unit's."""


class CancelAssist(AssistDone):
    """Relieve a unit of its task."""


class Copy(Body):
    """Let a unit read along, without a duty."""

    unit: Unit
    reason: Annotated[str, Line(300, 1)] | None = None


class EndCopy(Copy):
    """Let a unit read along no longer."""


class Recuse(Body):
    """Put on record that it complains of units, as turned out. `to`: who leads instead, if the lead is one of them."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=10)]
    to: Unit | None = None
    reason: Reason


class OfferHandover(Body):
    """Offer the lead to a unit; it leads once it has accepted."""

    unit: Unit
    reason: Reason


class AcceptHandover(Body):
    """Take the lead that was offered."""


class DeclineHandover(Body):
    """Do not take the lead that was offered."""

    reason: Reason


class WithdrawOffer(DeclineHandover):
    """Take back an offer of the lead."""
