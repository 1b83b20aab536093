"""How secret an affair is: an order, a meeting, a task is told of by what it bears upon (decision 0048). Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain.story import SECRET

Facts = Mapping[str, Any]
WHOLE = frozenset(
    {names.ORDER_RAISED, names.ORDER_REPLY_DECLINED, names.ORDER_LIFTED, names.TASK_SET, names.MEETING_CALLED}
)
"""Events whose `concerns` are all the issues that the affair bears upon."""


def concerned(before: Facts, event: Event) -> list[str] | None:
    """Return the issues that an affair bears upon after an event; None: it says nothing of them."""
    data = event.data
    match event.type:
        case type if type in WHOLE:
            return list(data["concerns"])
        case names.AGENDA_CHANGED:
            kept = [one for one in before.get("concerns", ()) if one not in data["dropped"]]
            return [*dict.fromkeys([*kept, *data["added"]])]
        case names.MEETING_HELD:
            return [*dict.fromkeys(one["issue"] for one in data["decisions"])]
        case names.LIST_OPENED:
            return []  # it is about who is visited; what was found there goes its own way
    return None


def concerns(affair: Facts) -> Sequence[str] | None:
    """The issues that it bears upon; None: nobody knows, for what it began with was never heard."""
    found: Sequence[str] | None = affair.get("concerns")
    return found


def secrecy(named: Sequence[str] | None, issues: Mapping[str, Facts]) -> str | None:
    """Say how secret an affair is that bears upon these issues, all of which are known: None, or as a secret issue.

    One secret issue makes it confidential. Sealed it is where all are: of a meeting that has others, too, its neutral
    text tells no more than it would without the sealed one, and without it nobody would come.
    """
    if named is None:
        return "confidential"
    levels = [issues[one].get("secrecy") for one in named]
    if levels and all(level == "sealed" for level in levels):
        return "sealed"
    return "confidential" if any(level in SECRET for level in levels) else None
