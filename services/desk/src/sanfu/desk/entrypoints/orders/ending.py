"""Bodies of the follow-up and of the end."""

from typing import Annotated, Literal

from pydantic import Field

from sanfu.desk.entrypoints.orders.words import LONGEST, Files
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text


class FollowUp(Body):
    """The third of the three ones: what the party says, or nobody could be asked."""

    resolved: Literal["yes", "partly", "no", "unreachable", "silent", "declined"]
    satisfied: Annotated[int, Field(ge=1, le=5)] | None = None
    reason: Annotated[str, Text(LONGEST, 1)] | None = None
    method: Literal["link", "call", "site", "writing", "visit"] = "call"
    attempts: Annotated[int, Field(ge=0, le=100)] = 1
    evidence: Files


class Reopen(Body):
    """Have it handled again, in a new round."""

    reason: Annotated[str, Text(1000, 1)]


class Close(Body):
    """Close what was followed up and is not resolved, or about which nobody said anything."""

    kind: Literal["resolved", "explained", "planned", "other_route", "unverifiable"]
    reply: Annotated[str, Text(LONGEST, 8)] | None = None
    reason: Annotated[str, Text(1000, 1)] | None = None
