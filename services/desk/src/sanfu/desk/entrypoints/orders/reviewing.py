"""Bodies of the pre-review."""

from typing import Annotated, Literal

from sanfu.desk.entrypoints.orders.words import LONGEST, Code, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text


class Dispatch(Body):
    """Say which unit leads."""

    unit: Unit
    grade: Literal["simple", "complex", "difficult"]
    reason: Annotated[str, Text(1000, 1)]
    category: Code | None = None
    audience: Literal["enterprise", "resident", "grassroots"] | None = None


class Answer(Body):
    """Answer a consult or thanks."""

    reply: Annotated[str, Text(LONGEST, 8)]


class Refuse(Body):
    """Say that it will not be handled, why, and where to go instead."""

    reason: Code
    reply: Annotated[str, Text(LONGEST, 8)]
