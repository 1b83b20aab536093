"""Bodies of the end."""

from typing import Annotated, Literal

from sanfu.desk.entrypoints.commands.words import LONGEST
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text


class Reopen(Body):
    """Have it handled again, in a new round. `grade`: of what was merged before it had one."""

    reason: Annotated[str, Text(1000, 1)]
    grade: Literal["simple", "complex", "difficult"] | None = None


class DeclineReopen(Body):
    """Leave it closed, and tell the party why."""

    reply: Annotated[str, Text(LONGEST, 8)]


class Close(Body):
    """Close what was followed up and is not resolved, or about which nobody said anything."""

    kind: Literal["resolved", "explained", "planned", "other_route", "unverifiable", "merged"]
    reply: Annotated[str, Text(LONGEST, 8)] | None = None
    reason: Annotated[str, Text(1000, 1)] | None = None
