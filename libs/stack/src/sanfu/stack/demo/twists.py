"""What happens to issues out of the ordinary: somebody returns, asks for more time, takes back, urges, deceives.

Each twist is a first act; what follows from it, the officers' script knows. Twists go to the issues that they fit, in
the order in which these come to be acted on, the least played first: so that a demo of twenty reports has all of them
about once, and every further forty once more.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sanfu.contracts.envelope import moment
from sanfu.desk.domain.deeds.limits import suspension_reasons
from sanfu.desk.domain.deeds.voicing import AFTER_HANDLING
from sanfu.stack.demo import beside, replies
from sanfu.stack.demo.hours import HALF_DAY, HOUR
from sanfu.stack.demo.reports import Report, party
from sanfu.stack.demo.script import Fate, Script, fate
from sanfu.stack.demo.steps import HIDDEN, PARTY, Case, Orders, Step

EVERY = 40
"""So many reports bring each twist once more."""
MOST = 3
"""Twists of one issue."""
UNHEARD = timedelta(minutes=65)
"""So long an emergency waits that is to climb all the way."""
AFTER_CLOSING = timedelta(hours=20)
"""After this a party that is not content asks again: inside the shortest window."""


@dataclass(frozen=True, slots=True)
class Scene:
    """An issue that is to be acted on. `busy`: other issues as they were last seen, and when somebody comes to each."""

    script: Script
    report: Report
    case: Case
    busy: Sequence[tuple[Case, datetime]] = ()

    def unit_step(self, command: str, body: Mapping[str, object], *, hours: float = 1) -> Step:
        case, script = self.case, self.script
        at = script.later(case["unit"], case, hours, step=HOUR)
        return Step(at, script.staffing.officer(case["unit"]), ((command, body),))

    @property
    def is_plain(self) -> bool:
        """Tell whether it is being handled for the first time, is no emergency, and has days."""
        case = self.case
        return (case["state"], case["round"], case["grade"] != "simple") == ("contacted", 1, True) and (
            case["urgency"] != "emergency"
        )

    def has_time(self, at: datetime) -> bool:
        """Tell whether that is well before the promise turns yellow: what moves or ends that clock comes first."""
        clock = self.case["clocks"].get("handling")
        return clock is not None and clock["yellow"] is not None and at + HALF_DAY < moment(clock["yellow"])

    def party_step(self, command: str, said: Mapping[str, str], at: datetime) -> Step | None:
        """The party comes to its page by number and phone; None if it can't."""
        who = party(self.report, self.script.pack)
        if who is None or who.phone is None or self.case["secrecy"] == "sealed":
            return None
        return Step(at, PARTY, ((command, {} if self.case["secrecy"] in HIDDEN else said),))


Twist = Callable[[Scene], Step | None]


# ── before it is handled ─────────────────────────────────────────────────────────────────────────────────────────────


def unheard(scene: Scene) -> Step | None:
    """An emergency that nobody acknowledges until it has climbed all steps."""
    case, script = scene.case, scene.script
    if (case["state"], case["urgency"]) != ("assigned", "emergency"):
        return None
    at = script.hours.looks(case["unit"], moment(case["submitted_at"]) + UNHEARD, urgency="emergency")
    taken: Orders = (("acknowledge", {}), ("contact", replies.contact(case)))
    return Step(at, script.staffing.officer(case["unit"]), taken)


def returned(scene: Scene) -> Step | None:
    return _given_back(scene, before=0)


def returned_again(scene: Scene) -> Step | None:
    """The second return: the office decides, and that binds."""
    return _given_back(scene, before=1)


def _given_back(scene: Scene, *, before: int) -> Step | None:
    case = scene.case
    due = case["state"] == "assigned" and case["returns"] == before
    return scene.script.give_back(scene.report, case) if due and scene.script.may_return(scene.report, case) else None


def given_down(scene: Scene) -> Step | None:
    """A town gives it to one of its sections."""
    case = scene.case
    fits = case["state"] == "contacted" and case["unit"] in scene.script.pack.towns and not case["assists"]
    return beside.give_down(scene.script, case) if fits else None


def registered(scene: Scene) -> Step | None:
    """The weekly joint consultation is to put it on the register."""
    fits = scene.is_plain and scene.case["grade"] == "difficult" and scene.case["secrecy"] not in HIDDEN
    step = beside.call_meeting(scene.script, scene.case) if fits and not scene.case["affairs"] else None
    return step if step and scene.has_time(step.at + 2 * beside.CONSULTED_AFTER) else None


def extended(scene: Scene) -> Step | None:
    case = scene.case
    if not scene.is_plain or case["extensions"]:
        return None
    step = scene.unit_step("ask_extension", {"reason": replies.MORE_TIME})
    return step if scene.has_time(step.at) else None


def suspended(scene: Scene) -> Step | None:
    reasons = suspension_reasons(scene.script.pack)
    if not scene.is_plain or not reasons:
        return None
    step = scene.unit_step("suspend", {"reason": reasons[0]})
    return step if scene.has_time(step.at) else None


def instructed(scene: Scene) -> Step | None:
    """A leader writes on it what is to be done: an order by rule follows."""
    case, leaders = scene.case, scene.script.staffing.having("leader")
    if not scene.is_plain or case["instructions"] or case["secrecy"] in HIDDEN:
        return None
    at = scene.script.office_later(case, 2, step=HOUR)
    return Step(at, leaders[0], (("instruct", {"text": replies.INSTRUCTION}),))


def reminded(scene: Scene) -> Step | None:
    at = scene.script.office_later(scene.case, 2, step=HOUR)
    return scene.party_step("remind", {"text": replies.URGED}, at) if scene.is_plain else None


def withdrawn(scene: Scene) -> Step | None:
    case = scene.case
    fits = case["state"] == "contacted" and case["round"] == 1 and case["grade"] != "difficult"
    if not fits or case["urgency"] == "emergency" or case["unit"] in scene.script.pack.towns:
        return None
    at = scene.script.office_later(case, 2, step=HOUR)
    return scene.party_step("withdraw", {"reason": replies.NO_LONGER}, at) if scene.has_time(at) else None


def merged(scene: Scene) -> Step | None:
    """A reviewer finds that it is the same as another that is being handled, whose officers come to it later."""
    case, script = scene.case, scene.script
    if case["state"] != "assigned" or not case["has_contact"] or not _mergeable(case) or case["merged"]:
        return None
    at = script.office_later(case, 0, step=HOUR)
    heads = (head for head, next_at in scene.busy if next_at > at and _is_head(head, case))
    head = next(heads, None)
    if head is None or not scene.has_time(at):
        return None
    body = {"head": head["id"], "reason": replies.SAME_MATTER, "reply": replies.WHERE_IT_GOES_ON}
    return Step(at, script.staffing.reviewer(scene.report.id), (("merge", body),))


def _is_head(head: Case, case: Case) -> bool:
    if head["id"] == case["id"] or head["state"] != "contacted":
        return False
    return bool(head["audience"] == case["audience"]) and _mergeable(head)


def _mergeable(case: Case) -> bool:
    if case["party_kind"] == "none" or case["grade"] == "difficult" or case["urgency"] == "emergency":
        return False
    return not (case["channel"] == "petition" or case["secrecy"] == "sealed")


# ── after it was handled ─────────────────────────────────────────────────────────────────────────────────────────────


def voided(scene: Scene) -> Step | None:
    """Who follows up finds that nothing was done."""
    case, script = scene.case, scene.script
    fits = case["state"] == "handled" and case["urgency"] != "emergency"
    user = script.outsider(scene.report.id, case) if fits else None
    if user is None or case["round"] > 1 or "voided" in case["rounds"][-1] or case["register"]:
        return None
    return Step(script.asked_at(scene.report, case), user, (("void", {"text": replies.FALSE}),))


def asked_again(scene: Scene) -> Step | None:
    """The party is not content with how it ended, and it is handled again."""
    return _asked(scene, replies.NOT_MENDED)


def asked_in_vain(scene: Scene) -> Step | None:
    """The party has only a further question: it stays closed."""
    return _asked(scene, replies.CURIOUS) if scene.case["secrecy"] not in HIDDEN else None


def _asked(scene: Scene, why: str) -> Step | None:
    case = scene.case
    if case["state"] != "closed" or case["round"] > 1 or case["declining"] or "handle" not in _last(case):
        return None
    if case["closed"]["kind"] not in AFTER_HANDLING or case["urgency"] == "emergency":
        return None
    return scene.party_step("request_reopen", {"reason": why}, moment(case["closed"]["at"]) + AFTER_CLOSING)


def _last(case: Case) -> Mapping[str, object]:
    return case["rounds"][-1] if case["rounds"] else {}


TWISTS: Final[tuple[Twist, ...]] = (
    unheard, given_down, registered, returned_again, returned, merged, voided, asked_again, asked_in_vain, extended,
    suspended, instructed, withdrawn, reminded,
)  # fmt: skip
"""Those that fit the fewest issues first."""


@dataclass(slots=True)
class Twists:
    """Who has had which: it remembers, and so gives the same to the same only in the same order."""

    played: Counter[Twist] = field(default_factory=Counter)
    _of_report: Counter[str] = field(default_factory=Counter)

    def next_step(self, scene: Scene, sent: int) -> Step | None:
        """Return the first act of a twist, if one is due to this issue now; `sent`: reports so far."""
        if self._of_report[scene.report.id] >= MOST or fate(scene.report) is Fate.OPEN:
            return None
        for twist in sorted(TWISTS, key=self.played.__getitem__):
            if self.played[twist] > sent // EVERY:
                return None  # this one, and all after it, had their turn
            if step := twist(scene):
                self.played[twist] += 1
                self._of_report[scene.report.id] += 1
                return step
        return None
