"""Supervision orders: a unit is told to do something and to answer for it (domain.md, "Supervision order")."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sanfu.city.calendar import Holidays
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant, moment
from sanfu.desk.domain.affairs.state import NEVER, begun
from sanfu.desk.domain.affairs.table import ORDER, RAISED
from sanfu.desk.domain.deeds.deed import NOT_ORDERED, SYSTEM_BY, Deed, refused, wrong
from sanfu.desk.domain.rounds import dissatisfying
from sanfu.desk.domain.state import Case, Change, Fold
from sanfu.desk.domain.windows import clock_end
from sanfu.runtime.rules import Draft

CLOCK: Final = "supervision_reply"
"""The policy's clock that says how long a unit has for its answer, by the order's level."""
RED_LIGHT: Final = "red_light"
"""The one cause that another service tells: it goes on while desk is away."""
OWE: Final = "owe"
"""The system's command, that no person can order: raise an order by rule that nobody raised."""


# ── by people ────────────────────────────────────────────────────────────────────────────────────────────────────────


def raise_order(deed: Deed) -> list[Draft]:
    """The command `raise`."""
    said, pack = deed.said, deed.pack
    unit = pack.units.get(said["unit"])
    if unit is None or not unit.valid_on(deed.today) or unit.kind in NOT_ORDERED:
        raise wrong("unit", "unknown_unit", "a unit of the city that may be ordered")
    by = said["reply_by"]
    if by is not None and moment(by) <= deed.now:
        raise wrong("reply_by", "in_the_past", "an instant in the future")
    level = said["level"]
    body = {
        "by": deed.by, "level": level, "unit": unit.code, "issuer": deed.by["unit"] or pack.office_unit,
        "cause": said["cause"], "text": deed.said["text"], "concerns": said["issues"],
        "reply_by": by or reply_by(pack, deed.holidays, unit.code, level, deed.now),
    }  # fmt: skip
    return [Draft(names.ORDER_RAISED, body)]


def reply(deed: Deed) -> list[Draft]:
    affair, said = deed.case, deed.said
    body = {
        "by": deed.by, "unit": affair["unit"], "text": deed.said["text"], "evidence": said["evidence"],
        "number": affair["replies"] + 1, "concerns": affair["concerns"],
    }  # fmt: skip
    return [Draft(names.ORDER_REPLIED, body)]


def decline_reply(deed: Deed) -> list[Draft]:
    affair = deed.case
    by = reply_by(deed.pack, deed.holidays, affair["unit"], affair["level"], deed.now)
    body = {"by": deed.by, "unit": affair["unit"], "reason": deed.said["reason"], "reply_by": by}
    return [Draft(names.ORDER_REPLY_DECLINED, {**body, "concerns": affair["concerns"]})]


def lift(deed: Deed) -> list[Draft]:
    affair = deed.case
    if affair["state"] == RAISED and not deed.said["unanswered"]:
        raise refused("not-answered", "The unit has not answered: say `unanswered: true` to lift it all the same.")
    body = {"by": deed.by, "unit": affair["unit"], "reason": deed.said["reason"], "concerns": affair["concerns"]}
    return [Draft(names.ORDER_LIFTED, body)]


# ── by rule ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_rule(event: Event, pack: Pack, holidays: Holidays, now: datetime) -> list[Draft]:
    """Raise the order that an event of an issue calls for, if the city has such a rule."""
    cause = cause_of(event)
    return _by_rule(cause, {"issue": event.subject, **event.data}, pack, holidays, now) if cause else []


def _by_rule(cause: str, told: Mapping[str, Any], pack: Pack, holidays: Holidays, now: datetime) -> list[Draft]:
    level = pack.policy.orders.get(cause)
    if level is None:
        return []
    unit = told["unit"]
    body = {
        "by": SYSTEM_BY, "level": level, "unit": unit, "issuer": pack.office_unit, "cause": cause,
        "text": told.get("text") or _text(pack, cause), "concerns": [told["issue"]], "round": told.get("round", 1),
        "reply_by": reply_by(pack, holidays, unit, level, now),
    }  # fmt: skip
    return [Draft(names.ORDER_RAISED, body)]


def raised_late(said: Mapping[str, Any], pack: Pack, holidays: Holidays, now: datetime) -> list[Draft]:
    """The command `owe`."""
    return _by_rule(RED_LIGHT, said, pack, holidays, now)


def owed(case: Case, pack: Pack) -> tuple[str, dict[str, Any]] | None:
    """Return the id of the order that a case's red light calls for, and what it is told of, if the case knows of none
    and the city has that rule."""
    clock = case["clocks"].get("unit_handling")
    if not case["open"] or case["unit"] is None or clock is None or clock["level"] != "red":
        return None
    order = id_by_rule(case["_id"], RED_LIGHT, clock["round"])
    if RED_LIGHT not in pack.policy.orders or order in case["affairs"]:
        return None
    return order, {"issue": case["_id"], "unit": case["unit"], "round": clock["round"]}


def _text(pack: Pack, cause: str) -> str:
    """What an order by rule asks for, in the city's words: its notice called `order.<cause>`."""
    words = pack.notices.get(f"order.{cause}")
    return words[pack.locales[0]] if words else cause


def cause_of(event: Event) -> str | None:
    """Say which rule's order an issue's event calls for."""
    data = event.data
    match event.type:
        case names.LIGHT_CHANGED if data["clock"] == "unit_handling" and data["level"] == "red":
            return None if data["skipped"] or data["about"] else RED_LIGHT
        case names.ISSUE_FOLLOWED_UP if data["round"] > 1 and data["unit"] and dissatisfying(data):
            return "two_unsatisfied"  # a second round did not satisfy either
        case names.ISSUE_REOPENED if data["round"] > 2 and data["because"] != "emergency":
            return "two_unsatisfied"  # nor did it whoever asks for a third
        case names.COMPLETION_VOIDED:
            return "false_completion"
        case names.INSTRUCTION_GIVEN:
            return "instruction"
    return None


def derived_id(event: Event) -> str | None:
    """Return the id of the order by rule: a repeat makes none. Each instruction is one of its own."""
    cause, data = cause_of(event), event.data
    number = data.get("number") or data.get("round", 1)
    if event.type == names.ISSUE_REOPENED:
        number -= 1  # it is about the round before
    return id_by_rule(event.subject, cause, number) if cause else None


def id_by_rule(issue: str, cause: str, number: int) -> str:
    return f"order:{issue}:{cause}:{number}"


def reply_by(pack: Pack, holidays: Holidays, unit: str, level: str, start: datetime) -> str:
    """Return by when a unit has to answer an order of that level. A policy without such a clock gives five days."""
    end = clock_end(pack, holidays, {"level": level, "unit": unit}, pack.policy.clocks.get(CLOCK), start)
    return instant(end) if end else NEVER


# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _raised(affair: Case, event: Event) -> Change | None:
    if affair:
        return None
    data = event.data
    kept = {name: data[name] for name in ("level", "issuer", "cause", "text", "reply_by", "round")}
    begin = begun(event, ORDER, RAISED, unit=data["unit"], units=(data["unit"], data["issuer"]), limit=data["reply_by"])
    return {**begin, **kept, "replies": 0, "reply": None}


def _replied(affair: Case, event: Event) -> Change:
    data = event.data
    answer = {"at": instant(event.time), "by": dict(data["by"]), "text": data["text"], "evidence": data["evidence"]}
    return {"state": "replied", "replies": data["number"], "reply": answer, "limit": NEVER}


def _declined(affair: Case, event: Event) -> Change:
    more = {name: event.data[name] for name in ("reason", "reply_by")}
    return {"state": RAISED, "declined": more["reason"], "reply_by": more["reply_by"], "limit": more["reply_by"]}


def _lifted(affair: Case, event: Event) -> Change:
    return {"state": "lifted", "open": False, "lifted": event.data["reason"], "limit": NEVER}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ORDER_RAISED: _raised,
    names.ORDER_REPLIED: _replied,
    names.ORDER_REPLY_DECLINED: _declined,
    names.ORDER_LIFTED: _lifted,
}
DEEDS: Final[Mapping[str, Callable[[Deed], list[Draft]]]] = {
    "raise": raise_order,
    "reply": reply,
    "decline_reply": decline_reply,
    "lift": lift,
}
NOTED: Final[Mapping[str, str]] = {
    names.ORDER_RAISED: "order_raised",
    names.ORDER_REPLIED: "order_replied",
    names.ORDER_REPLY_DECLINED: "order_declined",
    names.ORDER_LIFTED: "order_lifted",
}
"""How an issue that it bears upon calls each event."""


def note(event: Event) -> dict[str, Any]:
    """Return the body by which an issue notes it."""
    level = event.data.get("level")
    return {"by": SYSTEM_BY, "affair": event.subject, "what": NOTED[event.type], "unit": event.data["unit"],
            "level": level}  # fmt: skip
