"""The rules of affairs: what a supervision order, a meeting and a task do, and to whom."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sanfu.city.calendar import Holidays
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.desk.domain.affairs.rules import AffairRules
from sanfu.desk.domain.affairs.table import TABLE
from sanfu.desk.domain.rules import DeskRules
from sanfu.desk.domain.scope import Clause
from sanfu.desk.entrypoints.commands import affairs as bodies
from sanfu.runtime.rules import Actor, Command, Concern, Draft, Refusal, Rules
from tests.support.cases import MORNING, Story, assigned, light, submitted
from tests.support.packs import shipped

RULES, CASES = AffairRules(shipped(), Holidays()), DeskRules(shipped(), Holidays())
ALL = frozenset({"open", "internal", "confidential"})
UNIT = "urban-management"
OFFICE = Clause("coordination_office", None, None, None, None, ALL)
OFFICER = Clause("officer", frozenset({UNIT}), None, None, None, ALL)
OF_WHAT = [*bodies.BODIES.values(), dict(bodies.MAKING.values())]
BODIES = {name: model for of in OF_WHAT for name, model in of.items()}
LATER = instant(MORNING + timedelta(days=20))


def event(subject: str, number: int, draft: Draft, source: str = "desk") -> Event:
    data = codec.decode(draft.type, codec.encode(draft.type, draft.data))
    return Event(event_id(source, subject, number), draft.type, source, subject, number, MORNING, data)


def drafted(rules: Rules, state: Mapping[str, Any], given: Any) -> list[Draft]:
    return [one for one in rules.decide(state, given, MORNING) if isinstance(one, Draft)]


def order(
    affair: Mapping[str, Any],
    name: str,
    clause: Any = OFFICE,
    *,
    others: Any = None,
    **said: Any,
) -> list[Draft]:
    body = BODIES[name].model_validate(said).model_dump(mode="json")
    data = {"said": body, "scope": (clause,), "id": "meeting-1", "others": others or {}, "secret": ()}
    return drafted(RULES, affair, Command(name, data, Actor("someone", "", UNIT), "k"))


def after(affair: Mapping[str, Any], drafts: Sequence[Draft], subject: str = "order-1") -> Mapping[str, Any]:
    for draft in drafts:
        affair = RULES.evolve(affair, event(subject, len(affair.get("history", ())) + 1, draft))
    return affair


def raised() -> Mapping[str, Any]:
    return after({}, order({}, "raise", level="red", unit=UNIT, issues=["i-1"], text="请书面说明原因。"))


def case(**more: Any) -> Mapping[str, Any]:
    story = Story("i-1")
    told = CASES.evolve({}, story.event("intake", names.ISSUE_SUBMITTED, submitted(**more)))
    return CASES.evolve(told, story.event("router", names.ISSUE_ASSIGNED, assigned()))


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_is_answered_declined_answered_again_and_lifted() -> None:
    affair = raised()
    assert (affair["state"], affair["unit"], affair["concerns"]) == ("raised", UNIT, ["i-1"])
    affair = after(affair, order(affair, "reply", OFFICER, text="车辆调度延误，已清运。"))
    assert affair["limit"] > "9999", "nothing is due of the unit now"
    affair = after(affair, order(affair, "decline_reply", reason="未说明整改期限"))
    assert (affair["state"], affair["limit"]) == ("raised", affair["reply_by"])
    affair = after(affair, order(affair, "reply", OFFICER, text="今后每周巡查一次。"))
    affair = after(affair, order(affair, "lift", reason="现场复核属实"))
    assert (affair["state"], affair["open"], affair["replies"]) == ("lifted", False, 2)


def test_an_order_nobody_answered_is_lifted_only_by_who_says_so() -> None:
    affair = raised()
    with pytest.raises(Refusal, match="unanswered"):
        order(affair, "lift", reason="不再需要")
    assert order(affair, "lift", reason="不再需要", unanswered=True)[0].type == names.ORDER_LIFTED


def test_only_people_of_the_unit_answer_its_order_and_only_the_office_lifts_it() -> None:
    other = Clause("officer", frozenset({"tax"}), None, None, None, ALL)
    for name, clause, said in (("reply", OFFICE, {"text": "已办"}), ("lift", OFFICER, {"reason": "可以了"})):
        with pytest.raises(Refusal) as refusal:
            order(raised(), name, clause, **said)
        assert refusal.value.status == 409
    with pytest.raises(Refusal) as refusal:
        order(raised(), "reply", other, text="已办结")
    assert refusal.value.status == 404, "it is none of theirs"


RED = light("red", MORNING, clock="unit_handling")
BY = {"by": {"id": "x", "role": "supervisor", "unit": None}}
CAUSES = {
    "red_light": ("sla", Draft(names.LIGHT_CHANGED, RED), "normal", "1"),
    "two_unsatisfied": ("desk", Draft(names.ISSUE_FOLLOWED_UP, {
        **BY, "round": 2, "unit": UNIT, "resolved": "no", "method": "call"}), "yellow", "2"),
    "false_completion": ("desk", Draft(names.COMPLETION_VOIDED, {
        **BY, "unit": UNIT, "text": "没有更换", "round": 2}), "yellow", "2"),
    "instruction": ("desk", Draft(names.INSTRUCTION_GIVEN, {
        **BY, "unit": UNIT, "text": "请三日内解决", "number": 4}), "red", "4"),
}  # fmt: skip


def test_whoever_asks_for_a_third_round_brings_the_same_order_as_the_second_that_did_not_satisfy() -> None:
    said = {**BY, "round": 3, "unit": UNIT, "reason": "仍不亮", "because": "requested"}
    (named,) = CASES.concerned(event("i-1", 1, Draft(names.ISSUE_REOPENED, said)))
    assert named.subject == "order:i-1:two_unsatisfied:2"


@pytest.mark.parametrize("cause", CAUSES)
def test_a_rule_raises_an_order_of_its_own_once_for_each_occasion(cause: str) -> None:
    source, draft, level, number = CAUSES[cause]
    told = event("i-1", 1, draft, source)
    (named,) = CASES.concerned(told)
    assert tuple(named) == (f"order:i-1:{cause}:{number}", names.AFFAIRS)
    (raised,) = drafted(RULES, {}, Concern(told, named.subject))
    affair = after({}, [raised], named.subject)
    assert (affair["level"], affair["cause"], affair["unit"], affair["concerns"]) == (level, cause, UNIT, ["i-1"])
    assert not drafted(RULES, affair, Concern(told, named.subject)), "a repeat makes none"


@pytest.mark.parametrize(
    "draft",
    [
        Draft(names.LIGHT_CHANGED, light("yellow", MORNING, clock="unit_handling")),
        Draft(names.LIGHT_CHANGED, light("red", MORNING, clock="acknowledge")),
        Draft(names.ISSUE_REOPENED, {**BY, "round": 2, "unit": UNIT, "reason": "仍不亮", "because": "follow_up"}),
        Draft(names.ISSUE_REOPENED, {**BY, "round": 3, "unit": UNIT, "reason": "复燃", "because": "emergency"}),
        Draft(names.ISSUE_FOLLOWED_UP, {**BY, "round": 1, "unit": UNIT, "resolved": "no", "method": "call"}),
        Draft(names.ISSUE_FOLLOWED_UP, {**BY, "round": 2, "unit": UNIT, "resolved": "silent", "method": "link"}),
        Draft(names.ISSUE_FOLLOWED_UP, {**BY, "round": 2, "unit": UNIT, "resolved": "yes", "method": "call"}),
    ],
)
def test_other_lights_and_a_first_unsatisfied_round_raise_none(draft: Draft) -> None:
    assert not CASES.concerned(event("i-1", 1, draft, "sla"))


def test_an_issue_notes_the_orders_that_bear_upon_it() -> None:
    affair, issue = raised(), case()
    told = event("order-1", 1, order({}, "raise", level="red", unit=UNIT, issues=["i-1"], text="请说明原因。")[0])
    assert [named.subject for named in RULES.concerned(told)] == ["i-1"]
    (noted,) = drafted(CASES, issue, Concern(told, "i-1"))
    issue = CASES.evolve(issue, event("i-1", 1, noted))
    assert issue["affairs"]["order-1"]["level"] == affair["level"]
    assert issue["affairs"]["order-1"]["open"]
    lifted = event("order-1", 2, order(affair, "lift", reason="不再需要", unanswered=True)[0])
    issue = CASES.evolve(issue, event("i-1", 2, drafted(CASES, issue, Concern(lifted, "i-1"))[0]))
    assert not issue["affairs"]["order-1"]["open"]
    assert not drafted(CASES, {}, Concern(told, "i-1")), "an issue that is not there is concerned by nothing"


def test_an_order_that_an_issue_hears_of_when_it_is_confidential_already_loses_its_words() -> None:
    told = event("order-1", 1, order({}, "raise", level="red", unit=UNIT, issues=["i-1"], text="请核查某厂。")[0])
    affair = RULES.evolve({}, told)
    (noted,) = drafted(CASES, case(secrecy="confidential", text=None), Concern(told, "i-1"))
    heard = event("i-1", 1, noted)
    (named,) = CASES.concerned(heard)
    assert tuple(named) == ("order-1", names.AFFAIRS)
    affair = after(affair, drafted(RULES, affair, Concern(heard, "order-1")))
    assert affair["text"] == "[withheld]"
    assert not drafted(RULES, affair, Concern(heard, "order-1")), "there is nothing more to lose"


def test_an_order_about_an_open_issue_keeps_its_words() -> None:
    told = event("order-1", 1, order({}, "raise", level="red", unit=UNIT, issues=["i-1"], text="请说明原因。")[0])
    (noted,) = drafted(CASES, case(), Concern(told, "i-1"))
    assert not CASES.concerned(event("i-1", 1, noted))


# ── meetings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def called(*issues: str) -> Mapping[str, Any]:
    said = {"kind": "weekly_joint", "title": "第 19 周联席会商", "at": LATER, "units": [UNIT], "issues": issues}
    return after({}, order({}, "call", **said), "meeting-1")


def decision(issue: str, kind: str = "note", **more: Any) -> dict[str, Any]:
    return {"issue": issue, "decision": kind, "text": "由综合执法局牵头研究。", **more}


def test_no_meeting_is_held_with_an_undecided_issue_on_its_agenda() -> None:
    meeting = called("i-1", "i-2")
    with pytest.raises(Refusal) as refusal:
        order(meeting, "hold", held_at=instant(MORNING), decisions=[decision("i-1")])
    assert (refusal.value.slug, refusal.value.more["undecided"]) == ("undecided", ["i-2"])
    meeting = after(meeting, order(meeting, "change_agenda", drop=["i-2"]), "meeting-1")
    (held,) = order(meeting, "hold", held_at=instant(MORNING), decisions=[decision("i-1")])
    assert (held.type, held.data["concerns"]) == (names.MEETING_HELD, ["i-1"])
    with pytest.raises(Refusal, match="agenda"):
        order(meeting, "hold", held_at=instant(MORNING), decisions=[decision("i-1"), decision("i-2")])


def test_a_decision_becomes_a_task_with_a_unit_and_a_limit() -> None:
    meeting = called("i-1")
    decided = decision("i-1", "task", unit=UNIT)
    (held,) = order(meeting, "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": case()})
    told = event("meeting-1", 2, held)
    assert [(one.subject, one.story) for one in RULES.concerned(told)] == [("i-1", names.ISSUES), ("task-1-1", None)]
    (set_,) = drafted(RULES, {}, Concern(told, "task-1-1"))
    task = after({}, [set_], "task-1-1")
    assert (task["unit"], task["issue"], task["state"]) == (UNIT, "i-1", "set")
    assert task["limit"] > instant(MORNING + timedelta(days=10)), "ten working days, if the meeting said nothing"
    task = after(task, order(task, "finish", OFFICER, text="监控点已建成。"), "task-1-1")
    assert (task["state"], task["result"], task["open"]) == ("done", "done", False)


PLAN = {
    "owner": UNIT, "cause": "产权历史遗留", "report_by": instant(MORNING + timedelta(days=80)),
    "plan": [{"text": "权籍调查", "limit": LATER}],
}  # fmt: skip


def difficult(state: str = "contacted") -> Mapping[str, Any]:
    return {**case(), "grade": "difficult", "state": state}


def test_only_a_meeting_puts_a_difficult_issue_on_the_register() -> None:
    meeting, issue = called("i-1"), difficult()
    decided = decision("i-1", "register", unit=UNIT, plan=PLAN)
    (held,) = order(meeting, "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": issue})
    noted, registered = drafted(CASES, issue, Concern(event("meeting-1", 2, held), "i-1"))
    assert (noted.type, registered.type) == (names.AFFAIR_NOTED, names.ISSUE_REGISTERED)
    for number, draft in enumerate((noted, registered), 1):
        issue = CASES.evolve(issue, event("i-1", number, draft))
    assert (issue["state"], issue["register"]["meeting"]) == ("registered", "meeting-1")
    assert not any(command == "register" for _, _, command, _ in TABLE)


@pytest.mark.parametrize(
    "issue", [difficult("awaiting_party"), difficult("handled"), {**difficult(), "grade": "complex"}]
)
def test_what_is_not_difficult_or_nobody_works_on_goes_on_no_register(issue: Mapping[str, Any]) -> None:
    decided = decision("i-1", "register", unit=UNIT, plan=PLAN)
    with pytest.raises(Refusal) as refusal:
        order(called("i-1"), "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": issue})
    assert refusal.value.slug == "not-for-the-register"


@pytest.mark.parametrize("state", ["returned", "in_review", "suspended"])
def test_put_on_the_register_while_it_is_open_who_leads_it_is_led_by_whom_the_decision_binds(state: str) -> None:
    left = {"at": instant(MORNING), "left": "in_review", "until": LATER}
    open_: Mapping[str, Any] = {**difficult(state), "suspension": left if state == "suspended" else None}
    issue = open_
    decided = decision("i-1", "register", unit="transport", plan={**PLAN, "owner": "transport"})
    (held,) = order(called("i-1"), "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": issue})
    drafts = drafted(CASES, issue, Concern(event("meeting-1", 2, held), "i-1"))
    assert [one.type for one in drafts] == [names.AFFAIR_NOTED, names.ISSUE_DISPATCHED, names.ISSUE_REGISTERED]
    for number, draft in enumerate(drafts, 1):
        issue = CASES.evolve(issue, event("i-1", number, draft))
    assert (issue["state"], issue["unit"], issue["suspension"]) == ("registered", "transport", None)
    villages = decision("i-1", "register", unit="fotang-beilei", plan=PLAN)
    with pytest.raises(Refusal):
        order(called("i-1"), "hold", held_at=instant(MORNING), decisions=[villages], others={"i-1": open_})


def test_a_meeting_closes_what_was_followed_up() -> None:
    issue = {**case(), "state": "followed_up", "round": 1, "merged": ["i-2"]}
    decided = decision("i-1", "close", text="已依法说明理由。")
    (held,) = order(called("i-1"), "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": issue})
    _, closed = drafted(CASES, issue, Concern(event("meeting-1", 2, held), "i-1"))
    assert (closed.type, closed.data["kind"], closed.data["concerns"]) == (names.ISSUE_CLOSED, "explained", ["i-2"])


def test_a_meeting_gives_the_lead_to_another_unit_by_its_own_assignment() -> None:
    issue = case()
    decided = decision("i-1", "lead", unit="transport")
    (held,) = order(called("i-1"), "hold", held_at=instant(MORNING), decisions=[decided], others={"i-1": issue})
    _, led = drafted(CASES, issue, Concern(event("meeting-1", 2, held), "i-1"))
    assert (led.data["unit"], led.data["assignment"], led.data["decided_by"]) == ("transport", 2, "group")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "weekly_joint", "place": "fotang"}, "$.place"),
        ({"kind": "onsite_city", "place": "tax"}, "$.place"),
        ({"kind": "onsite_city"}, "$.place"),
        ({"kind": "weekly_joint", "at": instant(MORNING)}, "$.at"),
        ({"kind": "weekly_joint", "units": ["no-such-unit"]}, "$.units"),
    ],
)
def test_a_meeting_that_does_not_fit_is_refused_by_field(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        order({}, "call", **{"title": "会商", "at": LATER, **said})
    assert refusal.value.more["errors"][0]["field"] == field


# ── merging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_head_of_a_merged_issue_learns_of_it_and_its_handling_brings_the_other_partys_follow_up() -> None:
    body = {**BY, "head": "i-1", "reason": "同一处", "concerns": ["i-1"], "reply": None}
    merging = event("i-2", 1, Draft(names.ISSUE_MERGED, body))
    assert [named.subject for named in CASES.concerned(merging)] == ["i-1"]
    head = case()
    noted, supported = drafted(CASES, head, Concern(merging, "i-1"))
    head = CASES.evolve(CASES.evolve(head, event("i-1", 1, noted)), event("i-1", 2, supported))
    assert (head["merged"], head["supporters"]) == (["i-2"], ["i-2"])
    merged = CASES.evolve(case(), merging)
    handled = event("i-1", 3, Draft(names.ISSUE_HANDLED, {
        **BY, "unit": UNIT, "outcome": "solved", "reply": "已更换路灯。", "received_at": instant(MORNING),
        "assignment": 1, "concerns": head["merged"]}))  # fmt: skip
    assert [named.subject for named in CASES.concerned(handled)] == ["i-2"]
    asked, planned = drafted(CASES, merged, Concern(handled, "i-2"))
    assert (asked.type, asked.data["reply"]) == (names.HEAD_HANDLED, "已更换路灯。")
    assert (planned.type, planned.data["link"]) == (names.FOLLOW_UP_PLANNED, "new"), "by a plan, as any other"
