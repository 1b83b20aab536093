"""Bodies of what concerns petitions."""

from typing import Annotated

from sanfu.desk.entrypoints.commands.words import LONGEST, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text


class Admit(Body, json_schema_extra=example()):
    """Take a petition up. One that is not is refused, with a reason."""


class AskReview(Body):
    """The petitioner does not accept the answer."""

    reason: Annotated[str, Text(1000, 1)] | None = None


class DecideReview(Body):
    """Say whether the answer stands. If it does not, it is handled again."""

    upheld: bool
    reply: Annotated[str, Text(LONGEST, 8)]
