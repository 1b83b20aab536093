"""Bodies of what people do with lists of visits, experience sheets and check-ups."""

from typing import Annotated, Final, Literal

from pydantic import Field

from sanfu.desk.domain.affairs.entries import MOST
from sanfu.desk.entrypoints.commands.words import Code, Reason, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text

Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-05-06"])]
Note = Annotated[str, Text(300, 2)]


class Entry(Body):
    """What is to be visited, experienced or checked; `on` and `text`: it was done already, then."""

    what: Code | None = None
    title: Annotated[str, Line(100, 1)] | None = None
    code: Code | None = None
    town: Unit | None = None
    purpose: Code | None = None
    theme: Code | None = None
    theme_group: Code | None = None
    theme_text: Annotated[str, Line(60, 2)] | None = None
    due: Day | None = None
    on: Day | None = None
    text: Note | None = None


Entries = Annotated[list[Entry], Field(min_length=1, max_length=MOST)]


class Open(Body):
    """Make a list of visits, hand in an experience sheet or a check-up. `holder`: oneself, if nobody is named."""

    kind: Literal["visit", "experience", "checkup"]
    title: Annotated[str, Line(100, 2)]
    holder: Code | None = None
    group: Code | None = None
    due: Day | None = None
    entries: Entries


class Add(Body):
    """Put more on a list."""

    due: Day | None = None
    entries: Entries


class Mark(Body):
    """Say what came of an entry: visited; closed, for it is no more or not there; refused, for no visit was wanted."""

    entry: Annotated[int, Field(ge=1, le=MOST)]
    result: Literal["visited", "closed", "refused"]
    on: Day | None = None
    text: Note | None = None


class End(Body):
    """Leave what is open on a list undone, and say why."""

    reason: Reason


BODIES: Final[dict[str, type[Body]]] = {"add": Add, "mark": Mark, "end": End}
