"""The life of affairs as one table: (what, state, command, role) → what is told of it, and the state after it.

`NEW` is the state of an affair that is not there yet: commands from it make one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.desk.domain.table import LEAD, OFFICE, Step

ORDER, MEETING, TASK, LIST = "order", "meeting", "task", "list"
NEW: Final = "new"
RAISED, REPLIED, LIFTED = "raised", "replied", "lifted"
CALLED, HELD = "called", "held"
SET, DONE = "set", "done"
OPENED, OVER = "open", "ended"
ENDED: Final = frozenset({LIFTED, HELD, DONE, OVER})

ISSUERS: Final = frozenset({"coordination_office", "supervisor"})
CONVENERS: Final = frozenset({"coordination_office", "reviewer", "unit_head"})
"""Who calls meetings: the office, a coordination group (whose people review), a town's head in his villages."""

OPENERS: Final = ("coordination_office", "unit_head", "officer", "liaison", "monitor", "leader")
"""Who makes lists: for others the office, and a unit's head; all others for themselves. The first capacity counts."""
HOLDER: Final = "holder"
"""In whose hands a list is: no role that anybody has, but a standing to one list."""
KEEPERS: Final = frozenset({"coordination_office", "unit_head", HOLDER})

Row = tuple[str, str, str, str]


def _rows(what: str, states: str, command: str, roles: Iterable[str], step: Step) -> dict[Row, Step]:
    return {(what, state, command, role): step for state in states.split() for role in sorted(roles)}


TABLE: Final[Mapping[Row, Step]] = {
    **_rows(ORDER, NEW, "raise", ISSUERS, Step(names.ORDER_RAISED, RAISED)),
    **_rows(ORDER, "raised replied", "reply", LEAD, Step(names.ORDER_REPLIED, REPLIED)),
    **_rows(ORDER, REPLIED, "decline_reply", ISSUERS, Step(names.ORDER_REPLY_DECLINED, RAISED)),
    **_rows(ORDER, "raised replied", "lift", ISSUERS, Step(names.ORDER_LIFTED, LIFTED)),
    **_rows(MEETING, NEW, "call", CONVENERS, Step(names.MEETING_CALLED, CALLED)),
    **_rows(MEETING, CALLED, "change_agenda", CONVENERS, Step(names.AGENDA_CHANGED, "")),
    **_rows(MEETING, CALLED, "hold", CONVENERS, Step(names.MEETING_HELD, HELD)),
    **_rows(TASK, SET, "finish", LEAD, Step(names.TASK_DONE, DONE)),
    **_rows(TASK, SET, "drop", OFFICE, Step(names.TASK_DONE, DONE)),
    **_rows(LIST, NEW, "open", OPENERS, Step(names.LIST_OPENED, OPENED)),
    **_rows(LIST, OPENED, "add", KEEPERS, Step(names.ENTRIES_ADDED, "")),
    **_rows(LIST, OPENED, "mark", {HOLDER}, Step(names.ENTRY_MARKED, "")),
    **_rows(LIST, OPENED, "end", KEEPERS, Step(names.LIST_ENDED, OVER)),
}
COMMANDS: Final = tuple(dict.fromkeys(command for _, _, command, _ in TABLE))


def allowed(what: str, state: str, roles: Iterable[str]) -> tuple[str, ...]:
    """Name the commands that somebody in one of these roles has on such an affair in that state."""
    mine = set(roles)
    return tuple(dict.fromkeys(c for w, s, c, role in TABLE if (w, s) == (what, state) and role in mine))
