"""What the officers of the demo do: from a case as the desk shows it and its report, the next act on it.

A pure function, so that the same reports always end in the same figures. Each report has a fate, told by its id.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.scope import line
from sanfu.desk.domain.windows import return_until
from sanfu.stack.demo import beside, replies
from sanfu.stack.demo.chance import share
from sanfu.stack.demo.hours import HALF_DAY, HOUR
from sanfu.stack.demo.reports import Report
from sanfu.stack.demo.steps import Case, Crew, Orders, Step

EMERGENCY_TAKES = timedelta(minutes=40)
SCENE_AFTER = timedelta(minutes=20)
"""From the acknowledgement of an emergency until its unit's people are there, and say what is the case."""


class Fate(StrEnum):
    """What becomes of a report in the hands of the scripted officers."""

    ON_TIME = "on time"
    LAST_MINUTE = "after yellow, before red"
    LATE = "after red"
    OPEN = "never"
    RETURNED = "returned once"
    REOPENED = "handled twice"


SHARES = {Fate.LATE: 0.12, Fate.LAST_MINUTE: 0.10, Fate.OPEN: 0.08, Fate.RETURNED: 0.06, Fate.REOPENED: 0.05}


def fate(report: Report) -> Fate:
    luck = share(report.id, "fate")
    for name, part in SHARES.items():
        if luck < part:
            return name
        luck -= part
    return Fate.ON_TIME


@dataclass(frozen=True, slots=True)
class Script(Crew):
    """The officers of one city."""

    def next_step(self, report: Report, case: Case) -> Step | None:
        """Say what comes next; None when nothing will: it is closed, or lies."""
        if waited_for := beside.pending(self, case):
            return waited_for
        match case["state"]:
            case "submitted" | "in_review" | "returned":
                return self._review(report, case)
            case "assigned" if self._is_returned(report, case):
                return self.give_back(report, case)
            case "assigned":
                return self._take(report, case)
            case "acknowledged" | "contacted":
                return self._at_the_scene(case) or self._handle(report, case)
            case "unsigned":
                return self._sign(case)
            case "suspended":
                at = self.later(case["unit"], case, 20)
                return Step(at, self.staffing.officer(case["unit"]), (("resume", {}),))
            case "registered":
                return beside.milestone(self, case) or self._handle(report, case)
            case "handled":
                return self._follow_up(report, case)
            case "followed_up":
                return self._conclude(report, case)
            case "merged":
                return beside.of_merged(self, report.id, case)
            case "reopen_requested":
                return beside.decide_reopening(self, case)
        return None

    # ── the office ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _review(self, report: Report, case: Case) -> Step:
        came = moment(case["changed_at"])
        at = self.hours.looks(self.pack.office_unit, came, urgency=case["urgency"])
        user = self.staffing.office() if case["returns"] > 1 else self.staffing.reviewer(report.id)
        if case["kind"] in {"consult", "thanks"}:
            return Step(at, user, (("answer", {"reply": replies.answer(case)}),))
        able = self.staffing.able(report.unit, at)
        unit = able if able and self.may_lead(able, case) else self._of_the_place(case, at)
        return Step(at, user, (("dispatch", {"unit": unit, "grade": report.grade, "reason": replies.REVIEWED}),))

    def may_lead(self, unit: str, case: Case) -> bool:
        """Tell whether the desk gives it to this unit: a whistle calls the village's own town, of two towns the one of
        the place leads."""
        of_a_town = [each for each in line(self.pack.units, unit) if each in self.pack.towns]
        return case["town"] in {None, *of_a_town} or (case["channel"] != "whistle" and not of_a_town)

    def _follow_up(self, report: Report, case: Case) -> Step | None:
        user = self.outsider(report.id, case)
        if user is None:
            return None
        at = self.asked_at(report, case)
        again = fate(report) is Fate.REOPENED and case["round"] == 1
        return Step(at, user, replies.follow_ups(report.id, case, unsatisfied=again))

    def asked_at(self, report: Report, case: Case) -> datetime:
        """Return when the party is asked about what was handled."""
        handled = moment(case["rounds"][-1]["handle"]["at"])
        after = handled + timedelta(hours=2 + 20 * share(report.id, case["round"], "asked"))
        return self.hours.looks(self.pack.office_unit, after, step=HALF_DAY)

    def _conclude(self, report: Report, case: Case) -> Step:
        at = self.hours.looks(self.pack.office_unit, moment(case["changed_at"]), step=HALF_DAY)
        if fate(report) is Fate.REOPENED and case["round"] == 1:
            return Step(at, self.staffing.office(), (("reopen", {"reason": replies.AGAIN}),))
        return Step(at, self.staffing.office(), (("close", replies.close(case)),))

    # ── the unit ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _is_returned(self, report: Report, case: Case) -> bool:
        return fate(report) is Fate.RETURNED and not case["returns"] and self.may_return(report, case)

    def may_return(self, report: Report, case: Case) -> bool:
        """Tell whether the unit that leads can give it back: in time, and to a better one."""
        if case["round"] > 1 or case["urgency"] == "emergency" or self._better(report, case) == case["unit"]:
            return False
        until = return_until(self.pack, self.hours.holidays, case)
        return until is not None and self.looked_at(case) < until

    def _better(self, report: Report, case: Case) -> str:
        """The unit that should have it, in the eyes of one that returns it."""
        at = moment(case["changed_at"])
        right = self.staffing.able(report.unit, at)
        fits = right and right != case["unit"] and self.may_lead(right, case)
        return right if right and fits else self._of_the_place(case, at)

    def _of_the_place(self, case: Case, at: datetime) -> str:
        return self.staffing.able(case["town"] or "", at) or self.pack.fallback_unit

    def give_back(self, report: Report, case: Case) -> Step:
        body = {"ground": "duties", "proposed_unit": self._better(report, case), "text": replies.NOT_OURS}
        return Step(self.looked_at(case), self.staffing.officer(case["unit"]), (("return", body),))

    def _take(self, report: Report, case: Case) -> Step | None:
        """Acknowledge, and call the party at once."""
        if fate(report) is Fate.OPEN and case["urgency"] != "emergency" and share(report.id, "asleep") < 0.5:
            return None
        orders: Orders = (("acknowledge", {}), ("contact", replies.contact(case)))
        return Step(self.looked_at(case), self.staffing.officer(case["unit"]), orders)

    def looked_at(self, case: Case) -> datetime:
        assigned = moment(case["rounds"][-1]["assigned_at"])
        return self.hours.looks(case["unit"], assigned, urgency=case["urgency"])

    def _at_the_scene(self, case: Case) -> Step | None:
        """Reach the scene of an emergency, and say what is the case; None if that was done, or need not be."""
        if case["urgency"] != "emergency" or "scene" in case["rounds"][-1]:
            return None
        at = self.hours.looks(case["unit"], moment(case["changed_at"]) + SCENE_AFTER, urgency="emergency")
        report = {"text": replies.AT_THE_SCENE}
        return Step(at, self.staffing.officer(case["unit"]), (("reach_scene", {}), ("report", report)))

    def _handle(self, report: Report, case: Case) -> Step | None:
        if fate(report) is Fate.OPEN and case["urgency"] != "emergency":
            return None
        at = max(self._handled_at(report, case), moment(case["changed_at"]))
        if case["rounds"][-1].get("voided"):
            at = self.later(case["unit"], case, 4)
        body = replies.handle(report.id, case, planned_for=instant(at + timedelta(days=60)))
        return Step(at, self.staffing.officer(case["unit"]), (("handle", body),))

    def _sign(self, case: Case) -> Step:
        """The head signs within the hour that the unit is at work."""
        submitted = moment(case["completion"]["received_at"])
        at = self.hours.looks(case["unit"], submitted + HOUR, urgency=case["urgency"])
        return Step(at, self.staffing.head(case["unit"]), (("sign", {}),))

    def _handled_at(self, report: Report, case: Case) -> datetime:
        """Between dispatch and limit; just before the limit, or after it, where that is the report's fate."""
        round = case["rounds"][-1]
        start, luck = moment(round["dispatched_at"]), share(report.id, case["round"], "handled")
        if case["urgency"] == "emergency":
            return self.hours.looks(case["unit"], start + EMERGENCY_TAKES, urgency="emergency")
        limit = moment(round["limit"])
        mine, first = fate(report), case["round"] == 1
        if mine is Fate.LATE and first:
            after = limit + timedelta(hours=2 + 60 * luck)
        elif mine is Fate.LAST_MINUTE and first:
            after = moment(case["clocks"]["handling"]["yellow"])
        else:
            after = start + (limit - start) * (0.2 + 0.4 * luck)
        step = HOUR if case["grade"] == self.pack.policy.grades[0] else HALF_DAY
        return self.hours.looks(case["unit"], after, step=step, urgency=case["urgency"])
