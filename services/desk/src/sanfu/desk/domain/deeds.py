"""What each command does to a case, once the table has let it through: the events that it tells.

Every body is written out in full, so that a case folded from the story again equals the one folded here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sanfu.city.calendar import Holidays
from sanfu.city.model import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.case import Case, this_round
from sanfu.desk.domain.scope import related
from sanfu.desk.domain.windows import return_until
from sanfu.runtime.rules import Draft, Refusal

THREE_ONES: Final = ("contact", "handle", "follow_up")
SYSTEM_BY: Final = {"id": "system", "role": "system", "unit": None}
NO_LEAD: Final = frozenset({"village", "external", "leading_group"})
"""Kinds of unit that are never given the lead: they call, are written to, or decide."""
TWO_PEOPLE: Final = frozenset({"enterprise_seat", "petition", "whistle"})
"""Channels whose issues one person alone can't refuse."""
EMPTY_WORDS: Final = frozenset(
    [
        "done",
        "ok",
        "okay",
        "handled",
        "finished",
        "resolved",
        "已办",
        "办结",
        "已办结",
        "已处理",
        "已解决",
        "已完成",
        "完成",
        "处理完毕",
    ]
)
SHORTEST_REPLY: Final = 8
SECRET: Final = frozenset({"confidential", "sealed"})
WITHHELD: Final = "[withheld]"
"""Stands where a contract wants a text and the issue's secrecy allows none."""
NOBODY_SAID: Final = frozenset({"unreachable", "silent", "declined"})


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way into a case: what was said, by whom, when, under which pack and national calendar."""

    case: Case
    said: Mapping[str, Any]
    by: Mapping[str, Any]
    now: datetime
    pack: Pack
    holidays: Holidays


def refused(slug: str, detail: str, **more: Any) -> Refusal:
    return Refusal(409, slug, detail, **more)


def wrong(field: str, problem: str, expected: str) -> Refusal:
    """A value that only the city's data can judge: as an edge would refuse it."""
    fault = {"field": f"$.{field}", "problem": problem, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.{field}.", errors=[fault])


# ── pre-review ───────────────────────────────────────────────────────────────────────────────────────────────────────


def dispatch(order: Order) -> list[Draft]:
    case, said, pack = order.case, order.said, order.pack
    unit = _leader(order, said["unit"], "unit")
    if said["grade"] not in pack.policy.grades:
        raise wrong("grade", "unknown_grade", f"one of {', '.join(pack.policy.grades)}")
    if said["category"] is not None and said["category"] not in pack.categories:
        raise wrong("category", "unknown_category", "a code of the pack's categories")
    group = order.by["unit"] in pack.audience_groups.values()
    body = {
        "by": order.by, "unit": unit, "grade": said["grade"], "urgency": case["urgency"],
        "audience": said["audience"] or case["audience"], "category": said["category"] or case["category"],
        "assignment": case["assignment"] + 1, "round": case["round"], "decided_by": "group" if group else "reviewer",
        "reason": said["reason"], "rule": None, "score": None, "pack": pack.version, "also": [],
    }  # fmt: skip
    return [*_adjudication(order, unit), Draft(names.ISSUE_DISPATCHED, body)]


def _adjudication(order: Order, unit: str) -> list[Draft]:
    """Decide a second return, where there is one: by the group of the issue's audience, or the office in its place."""
    case, by = order.case, order.by
    if case["returns"] < 2:
        return []
    group = order.pack.audience_groups.get(case["audience"])
    if by["unit"] != group and by["role"] != "coordination_office":
        raise refused("for-the-group", f"It was returned twice: {group} decides who leads, or the coordination office.")
    body = {
        "by": by, "unit": unit, "number": case["returns"], "upheld": unit != case["unit"], "charged": None,
        "reason": order.said["reason"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.RETURN_ADJUDICATED, body)]


def _leader(order: Order, code: str, field: str) -> str:
    """Return the unit's code if it may lead this issue."""
    unit = order.pack.units.get(code)
    if unit is None or not unit.valid_on(order.now.date()) or unit.kind in NO_LEAD:
        raise wrong(field, "unknown_unit", "a unit of the city that may lead an issue")
    if code in order.case["complains_of"]:
        raise refused("recused", f"The issue complains of {code}: another unit has to lead it.")
    return code


def answer(order: Order) -> list[Draft]:
    if order.case["urgency"] == "emergency":
        raise refused("emergency", "An emergency isn't answered at the desk: dispatch it.")
    if order.case["kind"] not in {"consult", "thanks"}:
        raise refused("not-answerable", "Only a consult or thanks is answered at the desk; dispatch anything else.")
    body = {"by": order.by, "reply": order.said["reply"], "article": None, "objection_until": None}
    return [Draft(names.ISSUE_ANSWERED, body), _closing(order, "answered")]


def refuse(order: Order) -> list[Draft]:
    reasons = refusal_reasons(order.pack)
    if order.said["reason"] not in reasons:
        raise wrong("reason", "unknown_reason", f"a reason code of the pack: {', '.join(reasons) or 'it has none'}")
    if order.case["channel"] in TWO_PEOPLE:
        channel = order.case["channel"]
        raise refused("second-person-needed", f"One person alone can't refuse an issue of {channel}: dispatch it.")
    if order.case["urgency"] == "emergency":
        raise refused("emergency", "An emergency can't be refused: dispatch it.")
    body = {
        "by": order.by, "reason": order.said["reason"], "reply": order.said["reply"], "second": None,
        "appeal_until": None, "pack": order.pack.version,
    }  # fmt: skip
    return [Draft(names.ISSUE_REFUSED, body), _closing(order, "refused")]


def refusal_reasons(pack: Pack) -> list[str]:
    """Name the reasons for which the pack has a text: its notices called `refusal.<reason>`."""
    return sorted(key.removeprefix("refusal.") for key in pack.notices if key.startswith("refusal."))


# ── the three ones ───────────────────────────────────────────────────────────────────────────────────────────────────


def acknowledge(order: Order) -> list[Draft]:
    case = order.case
    body = {"by": order.by, "unit": case["unit"], "assignment": case["assignment"], "round": case["round"]}
    return [Draft(names.ISSUE_ACKNOWLEDGED, body)]


def contact(order: Order) -> list[Draft]:
    said, case = order.said, order.case
    at = said["contacted_at"] or instant(order.now)
    if not this_round(case)["assigned_at"] <= at <= instant(order.now):
        raise wrong("contacted_at", "not_then", "an instant after this unit got the lead, and not in the future")
    _keep_secret(order, "summary")
    body = {
        "by": order.by, "result": said["result"], "method": said["method"], "unit": case["unit"], "contacted_at": at,
        "summary": said["summary"], "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_CONTACTED, body)]


def reach_scene(order: Order) -> list[Draft]:
    """The unit's people are there: this stops an emergency's second clock."""
    at = order.said["reached_at"] or instant(order.now)
    _of_emergency(order)
    if not this_round(order.case)["dispatched_at"] <= at <= instant(order.now):
        raise wrong("reached_at", "not_then", "an instant after it was dispatched, and not in the future")
    return [Draft(names.SCENE_REACHED, {"by": order.by, "unit": order.case["unit"], "reached_at": at})]


def report(order: Order) -> list[Draft]:
    """What is the case, and what is being done: this stops an emergency's third clock."""
    _of_emergency(order)
    _keep_secret(order, "text")
    text = order.said["text"]
    if text is None and order.case["secrecy"] not in SECRET:
        raise wrong("text", "missing", "what is the case, and what is being done")
    number = this_round(order.case).get("report", {}).get("number", 0) + 1
    body = {"by": order.by, "unit": order.case["unit"], "number": number, "text": text or WITHHELD}
    return [Draft(names.SITUATION_REPORTED, {**body, "evidence": order.said["evidence"]})]


def _of_emergency(order: Order) -> None:
    if order.case["urgency"] != "emergency":
        raise refused("no-emergency", "Only an emergency has a scene to reach and a situation to report.")


def handle(order: Order) -> list[Draft]:
    said, case = order.said, order.case
    _own_words(order, said["reply"])
    _keep_secret(order, "internal")
    planned = said["planned_for"]
    if planned is not None and moment(planned) <= order.now:
        raise wrong("planned_for", "in_the_past", "an instant in the future")
    body = {
        "by": order.by, "unit": case["unit"], "outcome": said["outcome"], "reply": said["reply"],
        "internal": said["internal"], "evidence": said["evidence"], "planned_for": planned,
        "legal_ground": said["legal_ground"], "received_at": instant(order.now), "signed_by": None,
        "assignment": case["assignment"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_HANDLED, body)]


def _own_words(order: Order, reply: str) -> None:
    """A public reply is written for this issue: not a mere word, not a copy of the last one."""
    bare = reply.strip().strip("。.!！ ").casefold()
    if len(bare) < SHORTEST_REPLY or bare in EMPTY_WORDS:
        expected = f"what was done, in words for the party: at least {SHORTEST_REPLY} characters"
        raise wrong("reply", "says_nothing", expected)
    if any(was.get("handle", {}).get("reply") == reply for was in order.case["rounds"]):
        raise wrong("reply", "copy_of_the_last", "a reply of its own for this round")


def _keep_secret(order: Order, field: str) -> None:
    """Free text about people of a confidential or sealed issue never enters the story, where units' systems read."""
    if order.said[field] is not None and order.case["secrecy"] in SECRET:
        raise wrong(
            field, "confidential", f"nothing: the issue is {order.case['secrecy']}, its story holds no such text"
        )


def follow_up(order: Order) -> list[Draft]:
    said, case = order.said, order.case
    _keep_secret(order, "reason")
    for unit in case["units"]:
        if related(order.pack.units, order.by["unit"], unit):
            raise refused("not-impartial", f"Your unit took part in handling, or is above or below {unit}: others ask.")
    if order.by["unit"] in case["complains_of"]:
        raise refused("recused", "The issue complains of your unit: others ask.")
    body = {
        "by": order.by, "resolved": said["resolved"], "satisfied": said["satisfied"], "reason": said["reason"],
        "method": said["method"], "attempts": said["attempts"], "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    told = [Draft(names.ISSUE_FOLLOWED_UP, body)]
    if content(body):
        told.append(_closing(order, "resolved"))
    return told


def content(follow_up: Mapping[str, Any]) -> bool:
    """Tell whether the party said that it is resolved, and did not say that it is unsatisfied (1 or 2 of 5)."""
    return follow_up["resolved"] == "yes" and (follow_up["satisfied"] is None or follow_up["satisfied"] >= 3)


# ── returned, reopened, closed ───────────────────────────────────────────────────────────────────────────────────────


def give_back(order: Order) -> list[Draft]:
    """The command `return`."""
    case, said = order.case, order.said
    if case["urgency"] == "emergency":
        raise refused("emergency", "An emergency can't be returned: hand it over to a unit that accepts it.")
    if case["returns"] >= 2:
        raise refused("decided", "It was returned twice: the decision about the second return binds.")
    until = return_until(order.pack, order.holidays, case)
    if until is None or order.now >= until:
        window = f"was open until {instant(until)}" if until else "does not exist for this grade"
        raise refused("window-closed", f"The window for returns {window}: handle it, or ask the office.")
    proposed = _leader(order, said["proposed_unit"], "proposed_unit")
    if proposed == case["unit"]:
        raise wrong("proposed_unit", "same_unit", "another unit than the one that leads")
    body = {
        "by": order.by, "unit": case["unit"], "ground": said["ground"], "proposed_unit": proposed,
        "text": said["text"], "number": case["returns"] + 1, "assignment": case["assignment"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_RETURNED, body)]


def reopen(order: Order) -> list[Draft]:
    case, window = order.case, order.pack.policy.windows.get("reopen")
    _three_ones(case)
    if content(this_round(case)["follow_up"]):
        raise refused("resolved", "The party said that it is resolved: it closes.")
    if window and window.times is not None and case["round"] > window.times:
        raise refused("no-more-rounds", f"It was handled again {case['round'] - 1} times: close it, with words of why.")
    body = {
        "by": order.by, "round": case["round"] + 1, "unit": case["unit"], "reason": order.said["reason"],
        "because": "follow_up",
    }  # fmt: skip
    return [Draft(names.ISSUE_REOPENED, body)]


def close(order: Order) -> list[Draft]:
    case, said = order.case, order.said
    _three_ones(case)
    if order.by["id"] in handlers(case):
        raise refused("handled-it", "Who handled it can't close it: somebody else has to.")
    ones = this_round(case)
    if reason := _unfit(said["kind"], ones["handle"]["outcome"], ones["follow_up"]["resolved"]):
        raise refused("kind-unfit", reason)
    if said["kind"] == "explained" and said["reply"] is None:
        raise wrong("reply", "missing", "the words that explain it to the party")
    return [_closing(order, said["kind"], reply=said["reply"], reason=said["reason"], by=order.by)]


def handlers(case: Case) -> set[str]:
    """Name all who handled it, in whatever round."""
    return {was["handle"]["by"]["id"] for was in case["rounds"] if "handle" in was}


def _unfit(kind: str, outcome: str, resolved: str) -> str | None:
    match kind:
        case "resolved" if resolved != "yes":
            return "Only what the party calls resolved is closed as resolved."
        case "planned" | "other_route" if kind != outcome:
            return f"It was handled as {outcome}, not as {kind}."
        case "unverifiable" if resolved not in NOBODY_SAID:
            return "The party was reached and said something: it is not unverifiable."
    return None


def _three_ones(case: Case) -> None:
    """Whatever the table says: nothing that was handled closes without contact, handling and follow-up of its round."""
    if missing := [one for one in THREE_ONES if one not in this_round(case)]:
        raise refused("three-ones-missing", f"Not done in this round: {', '.join(missing)}.", missing=missing)


def _closing(
    order: Order, kind: str, *, reply: str | None = None, reason: str | None = None, by: Mapping[str, Any] = SYSTEM_BY
) -> Draft:
    return closing(kind, order.case["round"], reply=reply, reason=reason, by=by)


def closing(
    kind: str, round: int, *, reply: str | None = None, reason: str | None = None, by: Mapping[str, Any] = SYSTEM_BY
) -> Draft:
    return Draft(names.ISSUE_CLOSED, {"by": by, "kind": kind, "reply": reply, "reason": reason, "round": round})


DEEDS: Final[Mapping[str, Callable[[Order], list[Draft]]]] = {
    "dispatch": dispatch,
    "answer": answer,
    "refuse": refuse,
    "acknowledge": acknowledge,
    "contact": contact,
    "reach_scene": reach_scene,
    "report": report,
    "handle": handle,
    "return": give_back,
    "follow_up": follow_up,
    "reopen": reopen,
    "close": close,
}
