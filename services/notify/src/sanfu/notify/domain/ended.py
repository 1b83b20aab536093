"""What came to an end since somebody was to be told of it. Pure.

Kept in the facts of an issue or affair: `dark`, the version of each clock whose light went out; `over_at`, when the
case ended; `let_go_at`, when the unit that led had nothing more to do, for it handled it or another unit leads;
`decided`, when what was asked for was decided last, by the type of the event that asked.
"""

from collections.abc import Mapping
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.notify.domain.delivery import Delivery

LIGHTS = frozenset({names.LIGHT_CHANGED, names.ESCALATION_RAISED})
OVER = frozenset({names.ISSUE_CLOSED, names.ISSUE_ANSWERED, names.ISSUE_REFUSED, names.ISSUE_MERGED})
"""A withdrawal closes, too."""
LED = frozenset({names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.ISSUE_HANDED_OVER})
OF_THE_LEAD = frozenset(
    {
        names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.HANDOVER_OFFERED, names.REMINDER_ADDED,
        names.ISSUE_REOPENED, names.ISSUE_RESUMED, names.COMPLETION_VOIDED, names.COMPLETION_SUBMITTED,
        names.COMPLETION_SENT_BACK,
    }
)  # fmt: skip
"""What asks the unit that leads, or that is to lead, to do something."""
DECIDES: Mapping[str, str] = {
    **dict.fromkeys((names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED), names.REVIEW_REQUESTED),
    names.EXTENSION_DECIDED: names.EXTENSION_ASKED,
    **dict.fromkeys((names.ISSUE_REOPENED, names.REOPEN_DECLINED), names.REOPEN_REQUESTED),
    **dict.fromkeys((names.GRADE_CHANGED, names.GRADE_CHANGE_DECLINED), names.GRADE_CHANGE_ASKED),
    **dict.fromkeys((names.ISSUE_WITHDRAWN, names.WITHDRAWAL_DECLINED), names.WITHDRAWAL_ASKED),
}
"""Type of a decision → of what asked for it."""
ASKING = OF_THE_LEAD | LIGHTS | {names.ASSIST_ASKED, names.URGENCY_CHANGED, *DECIDES.values()}
"""What asks somebody to do something; all else reports."""

Facts = Mapping[str, Any]


def noted(before: Facts, event: Event) -> dict[str, Any]:
    """Give what an event ends, for the facts."""
    asked = DECIDES.get(event.type)
    decided = {"decided": {**before.get("decided", {}), asked: instant(event.time)}} if asked else {}
    return {**_ended(before, event), **decided}


def _ended(before: Facts, event: Event) -> dict[str, Any]:
    match event.type:
        case names.LIGHT_CHANGED:
            return {"dark": _dark(before.get("dark", {}), event.data)}
        case names.ISSUE_HANDLED:
            return {"let_go_at": instant(event.time)}
        case names.ISSUE_SEPARATED:
            return {"over_at": None}
        case type if type in OVER:
            return {"over_at": instant(event.time)}
        case type if type in LED and before.get("unit") not in (None, event.data["unit"]):
            return {"let_go_at": instant(event.time)}
    return {}


def stopped(one: Delivery, facts: Facts) -> bool:
    """Tell whether what a message asks for needs nobody any more. An emergency's alarm is told until the case ended."""
    if one.type not in ASKING:
        return False
    if one.type in LIGHTS and _is_out(one.facts, facts.get("dark", {})):
        return True
    alarm = one.critical and one.audience == "duty_officer"
    let_go = facts.get("let_go_at") if one.type in OF_THE_LEAD and not alarm else None
    decided = facts.get("decided", {}).get(one.type)
    return any(at is not None and instant(one.at) < at for at in (facts.get("over_at"), let_go, decided))


def _dark(before: Mapping[str, int], light: Mapping[str, Any]) -> dict[str, int]:
    """A light that goes on again (a stop that was void) is not out."""
    key, version = _light(light), light["version"]
    if light["level"] == "none":
        return {**before, key: max(version, before.get(key, 0))}
    return {name: out for name, out in before.items() if name != key or out < version}


def _is_out(told: Facts, dark: Mapping[str, int]) -> bool:
    return "version" in told and dark.get(_light(told), 0) >= told["version"]


def _light(facts: Mapping[str, Any]) -> str:
    return f"{facts.get('clock')}/{facts.get('about') or ''}"
