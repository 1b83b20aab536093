"""Random lives of a case: whoever does whatever, in whatever order, with time going on and the other services talking.

What must hold is said in `Life._after`, of every event that is told. Whatever a command does, it does by an event that
its contract allows, and that makes of the case what a reader of the story would make of it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sanfu.contracts import names
from sanfu.contracts.envelope import moment
from sanfu.contracts.registry import codec
from sanfu.desk.domain import asking
from sanfu.desk.domain.affairs.meetings import REGISTRABLE, UNLED
from sanfu.desk.domain.deeds.ending import THREE_ONES, handlers
from sanfu.desk.domain.parts import handling_units
from sanfu.desk.domain.rules import offered
from sanfu.desk.domain.scope import Clause, Scope, related, subtrees
from sanfu.desk.domain.state import standing
from sanfu.desk.domain.table import COMMANDS, LEAD
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.rules import Actor, Command, Concern, Draft, Due, Refusal
from tests.support.cases import MORNING, Story, assigned, deadline, light, review, submitted
from tests.unit.desk.test_table import OTHERS, PEOPLE, REGISTERED, RULES, SAID, WITHOUT_THEM

UNITS = ("urban-management", "transport", "emergency", "fotang")
LEVELS = frozenset({"open", "internal", "confidential", "sealed"})
TREE = subtrees(RULES.pack.units)
ANYWHERE = ("coordination_office", "follow_up_caller", "unit_head")
"""Roles that one of the people holds all of: nothing may come of that."""
ACTORS = tuple((role, unit) for role in PEOPLE for unit in (UNITS if role in LEAD else (None,)))
ONWARD = ("acknowledge", "contact", "handle", "follow_up", "rate", "close")
BACK = ("reopen", "request_reopen", "void", "return", "object")
JUDGING = ("follow_up", "close", "confirm_withdrawal", "attempt", "void")
"""What nobody does about their own handling, whatever other office they hold."""
HEAD_TELLS = (
    names.COMPLETION_VOIDED,
    names.REOPEN_DECLINED,
    names.ISSUE_CLOSED,
    names.ISSUE_ANSWERED,
    names.AFFAIR_NOTED,
)
PHOTO = {"id": "f-1", "sha256": "0" * 64, "media_type": "image/jpeg", "size": 9}
VARIED: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "dispatch": st.fixed_dictionaries(
        {"unit": st.sampled_from(UNITS), "grade": st.sampled_from(["simple", "complex", "difficult"])}
    ),
    "refuse": st.fixed_dictionaries(
        {"reason": st.sampled_from(["litigation", "no_facts", "civil_dispute", "spam", "malicious"])}
    ),
    "merge": st.fixed_dictionaries({"head": st.sampled_from(["i-9", "i-8"])}),
    "handle": st.fixed_dictionaries({"outcome": st.sampled_from(["solved", "partly", "other_route"])}),
    "follow_up": st.fixed_dictionaries(
        {
            "of": st.sampled_from([None, None, "party", "office", "desk", "place"]),
            "resolved": st.sampled_from(["yes", "partly", "no", "unreachable", "declined"]),
            "satisfied": st.sampled_from([None, 1, 3, 5]),
            "evidence": st.sampled_from([[], [PHOTO]]),
        }
    ),
    "rate": st.fixed_dictionaries(
        {"resolved": st.sampled_from(["yes", "no"]), "satisfied": st.sampled_from([None, 1, 5])}
    ),
    "withdraw": st.fixed_dictionaries({"asked_to": st.booleans()}),
    "party_deceased": st.fixed_dictionaries({"mistaken": st.booleans()}),
    "return": st.fixed_dictionaries({"proposed_unit": st.sampled_from(UNITS)}),
    "ask_assist": st.fixed_dictionaries({"unit": st.sampled_from(UNITS), "mandatory": st.booleans()}),
    "cancel_assist": st.fixed_dictionaries({"number": st.sampled_from([None, 1, 2])}),
    "copy": st.fixed_dictionaries({"unit": st.sampled_from(UNITS)}),
    "end_copy": st.fixed_dictionaries({"unit": st.sampled_from(UNITS)}),
    "recuse": st.fixed_dictionaries(
        {"units": st.lists(st.sampled_from(UNITS), min_size=1, max_size=2), "to": st.sampled_from([None, *UNITS])}
    ),
    "offer_handover": st.fixed_dictionaries({"unit": st.sampled_from(UNITS)}),
    "decide_extension": st.fixed_dictionaries({"granted": st.booleans(), "reason": st.just("已核实")}),
    "ask_grade": st.fixed_dictionaries({"grade": st.sampled_from(["simple", "complex", "difficult"])}),
    "decide_grade": st.fixed_dictionaries({"granted": st.booleans()}),
    "exempt": st.fixed_dictionaries({"of": st.sampled_from(["contact", "follow_up"])}),
    "raise_urgency": st.fixed_dictionaries({"urgency": st.sampled_from(["urgent", "emergency"])}),
    "reopen": st.fixed_dictionaries({"grade": st.sampled_from([None, "simple", "difficult"])}),
    "raise_secrecy": st.fixed_dictionaries({"secrecy": st.sampled_from(["internal", "confidential", "sealed"])}),
    "close": st.fixed_dictionaries(
        {"kind": st.sampled_from(["resolved", "explained", "planned", "other_route", "unverifiable", "merged"])}
    ),
}
"""What people say where it makes a difference; else they say what the walk through the table has them say."""


class Doer(NamedTuple):
    """Somebody in a role, for a unit or none; `both`: the person who has several roles; `home`: their own unit."""

    role: str
    unit: str | None
    both: bool = False
    home: str | None = RULES.pack.office_unit

    def actor(self) -> tuple[Actor, Scope]:
        """Return who it is, and what they may see."""
        who = "both-hats" if self.both and self.role in ANYWHERE else f"{self.role}.{self.unit}"
        home = None if self.role == "party" else self.unit or self.home
        scope = (Clause(self.role, TREE.below[self.unit] if self.unit else None, None, None, None, LEVELS),)
        return Actor(who, self.role, home), scope


class Life(RuleBasedStateMachine):
    """One case, from its submission on."""

    def __init__(self) -> None:
        super().__init__()
        self.case: Mapping[str, Any] = {}
        self.read: Mapping[str, Any] = {}
        """The same case, made only of what a reader of the story gets."""
        self.now = MORNING
        self.story = Story("i-1")
        self.words = 0

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────

    @initialize(
        channel=st.sampled_from(
            ["hotline", "web", "enterprise_seat", "petition", "whistle", "checkup", "window", "media", "superior"]
        ),
        more=st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["issue", "consult"]),
                "urgency": st.sampled_from(["normal", "urgent", "emergency"]),
                "secrecy": st.sampled_from(["open", "internal", "internal", "confidential"]),
                "party_kind": st.sampled_from(["person", "person", "enterprise", "none"]),
            }
        ),
    )
    def is_submitted(self, channel: str, more: dict[str, Any]) -> None:
        secret = {"title": "保密件", "text": None} if more["secrecy"] == "confidential" else {}
        nobody = {"contact": "none"} if more["party_kind"] == "none" else {}
        self._tell("intake", names.ISSUE_SUBMITTED, submitted(channel=channel, **more, **secret, **nobody))

    @precondition(lambda self: self.case.get("state") in {"submitted", "in_review", "returned"})
    @rule(unit=st.sampled_from(UNITS), grade=st.sampled_from(["simple", "complex"]))
    def router_assigns(self, unit: str, grade: str) -> None:
        number = self.case["assignment"] + 1
        self._tell("router", names.ISSUE_ASSIGNED, assigned(unit, assignment=number, grade=grade))

    @precondition(lambda self: self.case.get("assignment"))
    @rule(unit=st.sampled_from(UNITS))
    def router_did_not_know_yet_what_desk_decided(self, unit: str) -> None:
        self._tell("router", names.ISSUE_ASSIGNED, assigned(unit, assignment=self.case["assignment"]))

    @precondition(lambda self: self.case.get("state") in {"submitted", "returned"})
    @rule()
    def router_is_unsure(self) -> None:
        self._tell("router", names.REVIEW_REQUESTED, review())

    @precondition(lambda self: self.case.get("rounds"))
    @rule(hours=st.integers(1, 400), level=st.sampled_from([None, "yellow", "red", "none"]))
    def sla_sets_a_limit_or_a_light(self, hours: int, level: str | None) -> None:
        clock = self.case["clocks"].get("handling")
        if clock is None or level is None:
            number, limit = clock["version"] + 1 if clock else 1, self.now + timedelta(hours=hours)
            self._tell("sla", names.DEADLINE_SET, deadline(limit, version=number, round=self.case["round"]))
        else:
            told = light(level, moment(clock["limit"]), version=clock["version"], round=clock["round"])
            self._tell("sla", names.LIGHT_CHANGED, told)

    @precondition(lambda self: self.case.get("state") in REGISTRABLE - UNLED and standing(self.case) not in UNLED)
    @rule()
    def a_meeting_puts_it_on_the_register(self) -> None:
        self._tell("desk", names.ISSUE_REGISTERED, REGISTERED)

    @precondition(lambda self: self.case)
    @rule(urgency=st.sampled_from([None, "urgent", "emergency"]))
    def its_party_adds_something(self, urgency: str | None) -> None:
        number = len(self.case["supplements"]) + 1
        body: Mapping[str, Any] = {"number": number, "text": None, "answers": {}, "attachments": [], "contact": "none",
                "answers_question": False, "reported_at": "2026-05-06T01:00:00.000Z", "urgency": urgency}  # fmt: skip
        self._tell("intake", names.ISSUE_SUPPLEMENTED, body)
        heard = self.story.event("intake", names.ISSUE_SUPPLEMENTED, body)
        self._do(RULES.decide(self.case, heard, self.now))
        nobodys = self.case["state"] == "petition_review" or not (self.case["open"] or self.case["unit"])
        assert urgency != "emergency" or nobodys or self.case["urgency"] == "emergency", "danger is never missed"
        assert not self.case.get("spoken"), "it is heeded at once"

    @precondition(lambda self: self.case.get("head"))
    @rule(type=st.sampled_from([names.ISSUE_HANDLED, *HEAD_TELLS]))
    def its_head_goes_on(self, type: str) -> None:
        by = {"id": "unit_head.urban-management", "role": "unit_head", "unit": "urban-management"}
        body = {"by": by, "concerns": ["i-1"], "unit": "urban-management", "reply": "已更换路灯。", "article": None,
                "kind": "refused", "what": "supporter_merged", "affair": "i-1"}  # fmt: skip
        told = Story("i-9")
        told.at = self.now
        ends = [type, names.ISSUE_CLOSED] if type == names.ISSUE_ANSWERED else [type]  # an answer closes its head
        for one in ends:
            self._do(RULES.decide(self.case, Concern(told.event("desk", one, body), "i-1"), self.now))
        if type != names.COMPLETION_VOIDED:
            assert self.case["state"] != "merged" or self.case["head_handled"], "nothing is stranded by its head"

    @rule(minutes=st.sampled_from([1, 20, 90, 300, 1440, 3 * 1440, 16 * 1440]))
    def time_goes_on(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        for _ in range(20):
            at = RULES.due(self.case)
            if at is None or at > until:
                break
            self.now = max(self.now, at)
            self._do(RULES.decide(self.case, Due(at), self.now))
        else:
            raise AssertionError(f"it waits for ever: {self.case['waits']}")
        self.now = until

    @rule(data=st.data(), both=st.sampled_from([True, True, False]))
    def the_loop_goes_on(self, data: st.DataObject, both: bool) -> None:
        self._offered(data, both, ONWARD)

    @rule(data=st.data(), both=st.sampled_from([True, True, False]))
    def or_a_new_round_is_asked_for(self, data: st.DataObject, both: bool) -> None:
        self._offered(data, both, BACK)

    @rule(data=st.data(), both=st.sampled_from([True, True, False]))
    def somebody_does_what_the_case_offers(self, data: st.DataObject, both: bool) -> None:
        self._offered(data, both, COMMANDS)

    def _offered(self, data: st.DataObject, both: bool, names: Sequence[str]) -> None:
        able: dict[str, list[Doer]] = {}
        for doer in (Doer(role, unit, both) for role, unit in ACTORS):
            actor, scope = doer.actor()
            for name in offered(self.case, scope, actor.id, RULES.pack):
                able.setdefault(name, []).append(doer)
        if not (mine := [name for name in names if name in able]):
            return
        name = data.draw(st.sampled_from(mine), label="what")
        doer = data.draw(st.sampled_from(able[name]), label="who")
        refusal = self._order(data, name, doer)
        assert refusal is None or refusal.slug != "not-now", f"{name} was offered to {doer}"

    @rule(
        data=st.data(),
        doer=st.sampled_from([Doer(role, unit) for role, unit in ACTORS]),
        name=st.sampled_from(COMMANDS),
    )
    def somebody_does_what_comes_to_their_mind(self, data: st.DataObject, doer: Doer, name: str) -> None:
        self._order(data, name, doer)

    @precondition(lambda self: self.case.get("rounds"))
    @rule(data=st.data(), name=st.sampled_from(JUDGING), home=st.sampled_from([*UNITS, None]), both=st.booleans())
    def who_handled_or_is_of_their_unit_judges(
        self, data: st.DataObject, name: str, home: str | None, both: bool
    ) -> None:
        self._order(data, name, Doer("coordination_office", None, both, home or RULES.pack.office_unit))

    def _order(self, data: st.DataObject, name: str, doer: Doer) -> Refusal | None:
        said = data.draw(self._said(name), label="saying")
        actor, scope = doer.actor()
        body = {"said": said, "scope": scope, "id": "i-1", "others": OTHERS}
        try:
            drafts = RULES.decide(self.case, Command(name, body, actor, "k"), self.now)
        except Refusal as refusal:
            assert 400 <= refusal.status < 500
            return refusal
        assert drafts, "a command that is done is told"
        self._do(drafts)
        return None

    def _said(self, name: str) -> st.SearchStrategy[dict[str, Any]]:
        self.words += 1
        fresh = {"reply": f"第{self.words}次答复：路灯已更换。"} if "reply" in BODIES[name].model_fields else {}
        varied = VARIED.get(name, st.just({}))
        return varied.map(
            lambda said: BODIES[name].model_validate({**SAID[name], **fresh, **said}).model_dump(mode="json")
        )

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, drafts: Any) -> None:
        for draft in drafts:
            if isinstance(draft, Draft):
                self._tell("desk", draft.type, draft.data)

    def _tell(self, source: str, type: str, data: Mapping[str, Any]) -> None:
        self.story.at = self.now
        event = self.story.event(source, type, data)
        before = self.case
        self.case = RULES.evolve(before, event)
        heard = codec.decode(type, codec.encode(type, data))
        self.read = RULES.evolve(self.read, event._replace(data=heard))
        assert self.read == self.case, f"{type} makes another case of who only reads it"
        if before:
            self._after(before, type, data)

    def _after(self, before: Mapping[str, Any], type: str, data: Mapping[str, Any]) -> None:
        after, by = self.case, data.get("by", {})
        assert after["open"] == (after["state"] != "closed")
        assert after["entries"] - before["entries"] in {0, 1}
        if after["entries"] > before["entries"]:
            assert after["history"][:-1] == before["history"][-(len(after["history"]) - 1) :] or not before["history"]
        else:
            assert after["history"] == before["history"], "history only grows"
        assert len(after["rounds"]) >= len(before["rounds"]), "no round is lost"
        if type != names.SECRECY_CHANGED:  # which leaves words out
            done = [{**one, "limit": None} for one in before["rounds"][:-1]]
            stands = [{**one, "limit": None} for one in after["rounds"][: len(done)]]
            assert stands == done, "a round that is over stands"
        assert before["round"] <= after["round"] <= before["round"] + 1
        if before["unit"] and after["open"] and after["head"] is None:
            assert after["unit"], "an issue is never without a lead"
        match type:
            case names.ISSUE_CLOSED:
                self._closed(before, data["kind"], by)
            case names.ISSUE_FOLLOWED_UP if by["role"] not in {"system", "party"}:
                assert by["id"] not in handlers(before), "nobody who handled follows up"
                assert len(asking.asked(before)) == 1 or not asking.missing(before), "all who are asked have answered"
                assert not any(related(RULES.pack.units, by["unit"], one) for one in handling_units(before))
            case names.ISSUE_WITHDRAWN:
                asked = before["withdrawal"]
                assert by["role"] == "party" or (asked and asked["by"]["role"] == "party"), "only the party withdraws"
            case names.ISSUE_MERGED:
                assert before["urgency"] != "emergency" or "contact" in before["rounds"][-1], "nobody has met it yet"
                assert before["channel"] != "petition" and before["secrecy"] != "sealed"
            case names.ISSUE_RESUMED:
                if before["suspension"]["left"]:
                    assert after["state"] == before["suspension"]["left"] == "in_review"
                else:
                    assert after["state"] in {"assigned", "acknowledged", "contacted"}, "it goes on from where it was"
                    assert (after["state"] == "assigned") == (after["rounds"][-1]["acknowledged_at"] is None)
            case names.ISSUE_HANDLED if by["role"] != "system":
                assert {"contact"} <= {*before["rounds"][-1], *before["rounds"][-1].get("exempt", {})}
            case names.ISSUE_REGISTERED:
                assert (
                    not {"resume"} & after["waits"].keys() and after["suspension"] is None and not after["completion"]
                )
            case names.ISSUE_REFUSED if data["reason"] in {"civil_dispute", "malicious"}:
                assert before["mediation"] if data["reason"] == "civil_dispute" else data["second"]
            case names.ISSUE_RETURNED | names.ISSUE_SUSPENDED | names.ISSUE_REFUSED:
                assert before["urgency"] != "emergency"

    def _closed(self, before: Mapping[str, Any], kind: str, by: Mapping[str, Any]) -> None:
        assert by["role"] in {"system", "coordination_office"}
        assert by["id"] not in handlers(before), "nobody who handled closes"
        round = before["rounds"][-1] if before["rounds"] else {}
        if kind not in WITHOUT_THEM and kind != "incomplete":
            assert {*THREE_ONES} <= {*round, *round.get("exempt", {})}, "none closes without the three ones"
        if kind == "resolved":
            assert round["follow_up"]["resolved"] in {"yes", "silent"} if "follow_up" in round else round["exempt"]

    @invariant()
    def it_stays_small(self) -> None:
        assert len(orjson.dumps(self.case)) < 64 * 1024


@pytest.mark.parametrize("lives", [250, pytest.param(5000, marks=pytest.mark.full)])
def test_whoever_does_whatever_in_whatever_order_the_loop_holds(lives: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    wanted = settings(max_examples=lives, stateful_step_count=60, deadline=None, suppress_health_check=quiet)
    run_state_machine_as_test(Life, settings=wanted)
