"""Bodies of the pre-review."""

from typing import Annotated, Literal

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST, Code, Unit, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text


class Dispatch(Body):
    """Say which unit leads."""

    unit: Unit
    grade: Literal["simple", "complex", "difficult"]
    reason: Annotated[str, Text(1000, 1)]
    category: Code | None = None
    audience: Literal["enterprise", "resident", "grassroots"] | None = None


class Answer(Body):
    """Answer a consult or thanks. `article`: the knowledge article it was taken from."""

    reply: Annotated[str, Text(LONGEST, 8)]
    article: Code | None = None


class Refuse(Body):
    """Say that it will not be handled, why, and where to go instead. For some channels a second person has to agree."""

    reason: Code
    reply: Annotated[str, Text(LONGEST, 8)]


class ConfirmRefusal(Body):
    """Agree, as a second person, to a refusal that somebody proposed."""


class DeclineRefusal(Body):
    """Say that it is not refused, and why."""

    reason: Annotated[str, Text(1000, 1)]


class Forward(Body):
    """Pass it to a body outside the city, without a duty to report back."""

    to: Annotated[str, Line(300, 1)]
    reason: Code
    reply: Annotated[str, Text(LONGEST, 8)]


class AskMore(Body):
    """Ask the party for what is missing; the clocks rest meanwhile."""

    question: Annotated[str, Text(1000, 4)]
    fields: Annotated[
        list[Literal["place", "text", "photo", "contact", "category"]], Field(default_factory=list, max_length=5)
    ]


class OfferMediation(
    Body,
    json_schema_extra=example(mediator="街道人民调解委员会", reply="可携带合同到调解委员会申请调解，工作日均可受理。"),
):
    """Offer the party of a dispute between citizens that somebody mediates: who, and how to take it up."""

    mediator: Annotated[str, Line(300, 1)] = Field(description="Who mediates, in one line")
    reply: Annotated[str, Text(LONGEST, 8)] = Field(description="What the party is told: how to take it up")


class ObjectTo(Body):
    """The party says that the answer did not answer it, or appeals against the refusal."""

    reason: Annotated[str, Text(LONGEST, 1)] | None = None
