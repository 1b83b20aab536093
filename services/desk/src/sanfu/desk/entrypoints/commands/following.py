"""Bodies of the follow-up."""

from typing import Annotated, Literal

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST, Files
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text

Of = Literal["party", "desk", "committee", "office", "place", "officer", "monitor"] | None
Score = Annotated[int, Field(ge=1, le=5)]


class FollowUp(Body):
    """The third of the three ones: what the party says, or nobody could be asked; on site, what was found there.
    `of`: whose answer it is, where several have yet to answer. `method`: the one that is needed, if it is not given."""

    of: Of = None
    resolved: Literal["yes", "partly", "no", "unreachable", "declined"]
    satisfied: Score | None = None
    reason: Annotated[str, Text(LONGEST, 1)] | None = None
    method: Literal["call", "site", "writing", "visit"] | None = None
    evidence: Files


class Attempt(Body):
    """Keep that the party could not be asked this time."""

    of: Of = None
    result: Literal["no_answer", "wrong_number", "call_back"]
    method: Literal["call", "writing", "visit"] = "call"


class Rate(Body):
    """The party answers by its link."""

    resolved: Literal["yes", "partly", "no"]
    satisfied: Score | None = None
    reason: Annotated[str, Text(1000, 1)] | None = None


class Void(Body):
    """What was told to be handled was not."""

    text: Annotated[str, Text(LONGEST, 4)]
    evidence: Files
