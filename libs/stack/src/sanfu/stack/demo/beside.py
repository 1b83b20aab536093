"""What follows when something out of the ordinary has begun: somebody waits for an answer, and gets it.

Pure functions of a case, or of a supervision order, as the desk shows it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sanfu.contracts.envelope import instant, moment
from sanfu.stack.demo import replies
from sanfu.stack.demo.chance import share
from sanfu.stack.demo.hours import HALF_DAY, HOUR
from sanfu.stack.demo.steps import Case, Crew, Step

CONSULTED_AFTER = timedelta(days=1)
"""From the call of a meeting to the meeting."""
MILESTONES = (timedelta(days=7), timedelta(days=14))
REPORT_WITHIN = timedelta(days=60)
ANSWERED = 0.8
"""So many of the supervision orders get an answer; the others lie."""


def pending(crew: Crew, case: Case) -> Step | None:
    """Say what somebody waits for on a case, whatever else is to be done with it."""
    if case["extension"]:
        at = crew.office_later(case, 0, step=HOUR)
        decision = {"granted": True, "reason": replies.MORE_TIME_GIVEN}
        return Step(at, crew.staffing.office(), (("decide_extension", decision),))
    if meeting := next((id for id, one in case["affairs"].items() if one["what"] == "meeting_called"), None):
        return _consult(crew, case, meeting)
    return _inside_the_town(crew, case)


# ── inside a town ────────────────────────────────────────────────────────────────────────────────────────────────────


def _inside_the_town(crew: Crew, case: Case) -> Step | None:
    """The first section says that it is none of its own; the town takes it back and gives it to the next, which does
    it."""
    last = case["assists"][-1] if case["assists"] else None
    if last is None or case["state"] != "contacted":
        return None
    if last["done"] is None:
        done = "not_ours" if last["number"] == 1 else "assist_done"
        text = {"text": replies.NOT_THE_SECTIONS if done == "not_ours" else replies.SECTION_DONE}
        at = crew.later(last["unit"], case, 1, step=HOUR)
        return Step(at, crew.staffing.officer(last["unit"]), ((done, {"number": last["number"], **text}),))
    return give_down(crew, case) if last["done"]["result"] == "not_ours" else None


def give_down(crew: Crew, case: Case) -> Step | None:
    """A town gives a task to a section that has not had it; None if it has none."""
    at = crew.later(case["unit"], case, 0, step=HOUR)
    had = {task["unit"] for task in case["assists"]}
    section = next((one for one in crew.sections(case["unit"], at) if one not in had), None)
    if section is None:
        return None
    task = {"unit": section, "task": replies.TASK}
    return Step(at, crew.staffing.officer(case["unit"]), (("ask_assist", task),))


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────────


def call_meeting(crew: Crew, case: Case) -> Step:
    """The office puts a case on the agenda of the weekly joint consultation."""
    at = crew.office_later(case, 1)
    body = {
        "kind": "weekly_joint", "title": replies.CONSULTATION, "at": instant(at + CONSULTED_AFTER),
        "units": [case["unit"]], "issues": [case["id"]],
    }  # fmt: skip
    return Step(at, crew.staffing.office(), (("", body),), of="meetings")


def _consult(crew: Crew, case: Case, meeting: str) -> Step:
    """The meeting decides that it goes on the register, with a plan."""
    called = moment(case["affairs"][meeting]["at"])
    at = crew.hours.looks(crew.pack.office_unit, called + CONSULTED_AFTER, step=HALF_DAY)
    steps = [{"text": replies.MILESTONE, "limit": instant(at + after)} for after in MILESTONES]
    plan = {
        "owner": case["unit"], "cause": replies.CAUSE, "plan": steps, "report_by": instant(at + REPORT_WITHIN),
    }  # fmt: skip
    about = {"issue": case["id"], "unit": case["unit"], "plan": plan}
    decision = {**about, "decision": "register", "text": replies.DECIDED}
    body = {"held_at": instant(at), "units": [case["unit"]], "decisions": [decision]}
    return Step(at, crew.staffing.office(), (("hold", body),), of=f"meetings/{meeting}")


def milestone(crew: Crew, case: Case) -> Step | None:
    """Reach the next milestone of the plan a day before its limit, and tell the public at the first; None if all are
    reached."""
    register = case["register"]
    left = [n for n in range(1, len(register["plan"]) + 1) if n not in register["reached"]]
    if not left:
        return None
    due = moment(register["plan"][left[0] - 1]["limit"]) - timedelta(days=1)
    at = crew.hours.looks(case["unit"], max(due, moment(case["changed_at"])), step=HALF_DAY)
    orders = [("reach_milestone", {"milestone": left[0], "text": replies.MILESTONE})]
    if not register["reports"]:
        orders.append(("report_register", {"report": replies.PUBLIC_REPORT, "report_by": instant(at + REPORT_WITHIN)}))
    return Step(at, crew.staffing.officer(case["unit"]), tuple(orders))


# ── the party asks, the office answers ───────────────────────────────────────────────────────────────────────────────


def decide_reopening(crew: Crew, case: Case) -> Step:
    """What was not mended is handled again; what is only a further question is not."""
    at = crew.office_later(case, 1)
    if case["request"]["reason"] == replies.CURIOUS:
        return Step(at, crew.staffing.office(), (("decline_reopen", {"reply": replies.DECLINED}),))
    return Step(at, crew.staffing.office(), (("reopen", {"reason": replies.AGAIN}),))


def of_merged(crew: Crew, report: str, case: Case) -> Step | None:
    """Once its head was handled, the party of what was merged is asked too."""
    user = crew.outsider(report, case)
    if case["head_handled"] is None or user is None:
        return None
    said = [("follow_up", replies.answered(one, "yes", 4)) for one in case["missing"]]
    return Step(crew.office_later(case, 4), user, tuple(said))


# ── supervision orders ───────────────────────────────────────────────────────────────────────────────────────────────


def on_order(crew: Crew, report: str, case: Case, order: Mapping[str, Any]) -> Step | None:
    """What comes next of a supervision order: its unit answers, and who raised it lifts it; None if it lies."""
    if order["state"] == "raised":
        if share(report, order["cause"], "answered") >= ANSWERED:
            return None
        at = _looks(crew, order["unit"], moment(order["begun_at"]) + timedelta(hours=3))
        user, command = crew.staffing.officer(order["unit"]), ("reply", {"text": replies.ORDER_REPLY})
    else:
        at = _looks(crew, crew.pack.office_unit, moment(order["reply"]["at"]) + timedelta(hours=1))
        user, command = crew.staffing.office(), ("lift", {"reason": replies.ORDER_LIFTED})
    return Step(at, user, (command,), of=f"orders/{order['id']}")


def _looks(crew: Crew, unit: str, after: datetime) -> datetime:
    return crew.hours.looks(unit, after, step=HALF_DAY)
