"""What a unit's own system may order by its replies topic, and what is told of an order that is refused. Pure."""

from collections.abc import Container
from difflib import get_close_matches
from typing import Final

from sanfu.contracts import names
from sanfu.desk.domain.people import UNIT_SYSTEM
from sanfu.desk.domain.scope import covering
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import TABLE
from sanfu.runtime.rules import Command, Draft, Refusal

BY_TOPIC: Final = tuple(dict.fromkeys(command for _, command, role in TABLE if role == UNIT_SYSTEM))
"""The commands that a unit's own system has, in the table's order."""
REFUSE: Final = "refuse_reply"
"""Tells that a reply was refused; nobody can order it."""
KEY: Final = "reply:"
"""How the keys of a unit's replies begin, among those of its commands."""
MOST_REFUSED: Final = 100
"""Refused replies of one unit on one case's story; a system that sends more has lost its mind, and the story stays
readable."""


def no_such(command: str) -> str:
    """Say that a unit's own system has no such command, and which it has."""
    near = get_close_matches(command, BY_TOPIC, 1)
    right = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(BY_TOPIC)}."
    return f"There is no command {command} for a unit's own system. {right}"


def is_key(key: str, units: Container[str]) -> bool:
    """Tell whether a command's key is that of a reply: `<unit>:reply:<ce_id>`. What a unit sent once has the same
    outcome whenever it is sent again, so these are known for ever."""
    unit, _, rest = key.partition(":")
    return rest.startswith(KEY) and unit in units


def refused(case: Case, command: Command) -> list[Draft]:
    """Say on a case's story that a reply was refused. Raises Refusal where the sender's system has been told that too
    often, and 404 where the case is none of its unit's."""
    told = command.data["told"]
    if not case or not covering(command.data["scope"], case):
        raise Refusal(404, "case-unknown", "There is no such case, or it is not one of yours.")
    if case.get("refused_replies", {}).get(told["unit"], 0) >= MOST_REFUSED:
        detail = (
            f"{MOST_REFUSED} replies about this case were refused: have somebody look at the system that sends them."
        )
        raise Refusal(409, "too-many-refused", detail)
    actor = command.actor
    by = {"id": actor.id, "role": actor.role, "unit": actor.unit}
    return [Draft(names.REPLY_REFUSED, {"by": by, **told})]
