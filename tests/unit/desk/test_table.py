"""The transition table, walked: every state, command and role."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from sanfu.city.calendar import Holidays
from sanfu.contracts import names
from sanfu.desk.domain import case as story
from sanfu.desk.domain.deeds.doing import DEEDS
from sanfu.desk.domain.deeds.ending import THREE_ONES
from sanfu.desk.domain.lots import Lots
from sanfu.desk.domain.parts import involved, standings
from sanfu.desk.domain.rules import GRANTED, NEEDS, DeskRules
from sanfu.desk.domain.scope import Clause
from sanfu.desk.domain.table import AFTER, COMMANDS, FOR_AGAIN, LEAD, OF_EMERGENCIES, STATES, TABLE, allowed
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.rules import Actor, Command, Concern, Draft, Refusal
from tests.support.cases import MORNING, Story, assigned, review, submitted
from tests.support.packs import shipped

PASSING = {"answered", "refused", "forwarded", "withdrawn"}
"""States that a case only passes through: it is closed in the same write."""
ROLES = (
    "officer", "unit_head", "duty_officer", "reviewer", "follow_up_caller", "coordination_office", "supervisor",
    "leader", "auditor", "discipline_liaison", "system_administrator", "system", "party", "hotline_operator",
    "window_agent", "monitor",
)  # fmt: skip
ALL = frozenset({"open", "internal", "confidential"})
RULES = DeskRules(shipped(), Holidays(), Lots(b"no ticket of this test is drawn"), lambda case, texts: {"box": "shut"})
PEOPLE = tuple(role for role in ROLES if role != "system")
SAID: Mapping[str, Mapping[str, Any]] = {
    "dispatch": {"unit": "urban-management", "grade": "simple", "reason": "归口"},
    "answer": {"reply": "请到便民服务中心办理。"},
    "refuse": {"reason": "litigation", "reply": "已进入诉讼程序，请向法院反映。"},
    "confirm_refusal": {},
    "decline_refusal": {"reason": "应当受理"},
    "forward": {
        "to": "金华市交通运输局",
        "reason": "outside_jurisdiction",
        "reply": "属金华市管辖，请拨打金华市12345。",
    },
    "ask_more": {"question": "路灯在哪一段？", "fields": ["place"]},
    "offer_mediation": {
        "mediator": "佛堂镇人民调解委员会",
        "reply": "可由佛堂镇人民调解委员会免费调解，请到便民服务中心登记。",
    },
    "object": {"reason": "没有回答我的问题"},
    "merge": {"head": "i-9", "reason": "同一处路灯", "reply": "已与先前的一件合并办理，办结后回访您。"},
    "instruct": {"text": "请三日内解决。"},
    "reach_milestone": {"milestone": 1, "text": "已完成权籍调查"},
    "report_register": {"report": "权籍调查已完成，正在分批办证。", "report_by": "2026-07-01T00:00:00.000Z"},
    "acknowledge": {},
    "contact": {"result": "reached"},
    "reach_scene": {},
    "report": {"text": "明火已扑灭，无人被困"},
    "handle": {"outcome": "solved", "reply": "三盏路灯已更换，今晚恢复照明。"},
    "sign": {},
    "send_back": {"reason": "附件缺少照片"},
    "follow_up": {"resolved": "no"},
    "attempt": {"result": "no_answer"},
    "rate": {"resolved": "yes", "satisfied": 3},
    "void": {"text": "现场三盏灯仍不亮"},
    "remind": {"text": "还没有人来", "issue": "i-9"},
    "support": {"issue": "i-2"},
    "request_reopen": {"reason": "又不亮了"},
    "withdraw": {},
    "confirm_withdrawal": {"reason": "已电话核实，确为本人意愿"},
    "decline_withdrawal": {"reason": "当事人希望继续办理"},
    "party_deceased": {},
    "flag": {"add": ["legacy"], "reason": "2009年征地遗留"},
    "correct_contact": {"phone": "13700000000", "because": "wrong_number"},
    "decline_reopen": {"reply": "该路段已列入下月改造计划。"},
    "return": {"ground": "duties", "proposed_unit": "transport", "text": "属交通局"},
    "ask_assist": {"unit": "transport", "task": "封闭一条车道"},
    "cancel_assist": {"text": "不再需要"},
    "assist_done": {"text": "已封闭"},
    "not_ours": {"text": "该路不归本局"},
    "copy": {"unit": "water", "reason": "知悉"},
    "end_copy": {"unit": "water"},
    "recuse": {"units": ["tax"], "reason": "来电人补充说明"},
    "offer_handover": {"unit": "emergency", "reason": "有倒塌危险"},
    "accept_handover": {},
    "withdraw_offer": {"reason": "险情已排除"},
    "decline_handover": {"reason": "现场无险情"},
    "plan_errand": {"steps": ["核对材料", "送审批科室"]},
    "step_errand": {"step": 1},
    "admit": {},
    "ask_review": {"reason": "认定的事实不对"},
    "decide_review": {"upheld": True, "reply": "经复查，原处理意见予以维持。"},
    "suspend": {"reason": "appraisal"},
    "resume": {},
    "ask_extension": {"reason": "等待配件"},
    "decide_extension": {"granted": True},
    "ask_grade": {"grade": "complex", "reason": "涉及两个部门"},
    "decide_grade": {"granted": True, "reason": "属实"},
    "exempt": {"of": "contact", "reason": "匿名"},
    "raise_urgency": {"urgency": "urgent", "reason": "路面积水"},
    "lower_urgency": {"urgency": "normal", "reason": "误报"},
    "raise_secrecy": {"secrecy": "confidential", "reason": "涉及未成年人"},
    "lower_secrecy": {"secrecy": "open", "reason": "经核实不涉密"},
    "reopen": {"reason": "仍不亮"},
    "close": {"kind": "explained", "reply": "该路段由村集体管护。"},
}


AGAIN = Clause("officer", None, None, None, None, ALL, need="again", apart=frozenset({"tax"}))
"""What an officer of another unit holds of a case that waits to be experienced again."""


def clause(role: str) -> Clause:
    units = frozenset({"urban-management"}) if role in LEAD else None
    return Clause(role, units, None, None, None, ALL)


WITHOUT_THEM = {"answered", "refused", "other_route", "withdrawn", "merged"}
"""Ways to end that come without the three ones of the case itself."""
HEAD = {
    "state": "assigned", "open": True, "channel": "hotline", "audience": "resident", "secrecy": "internal",
    "urgency": "normal", "merged": [],
}  # fmt: skip
OTHERS: Mapping[str, Any] = {"i-9": HEAD}


def order(case: Mapping[str, Any], name: str, role: str, who: str = "", **said: Any) -> Mapping[str, Any]:
    """Do a command; return the case after it. Raises Refusal."""
    due = {"of": "follow_up"} if name == "exempt" and case["state"] in {"handled", "merged"} else {}
    body = BODIES[name].model_validate({**SAID[name], **due, **said}).model_dump(mode="json")
    unit = "urban-management" if role in LEAD else None if role == "party" else "three-services-office"
    data = {"said": body, "scope": (clause(role),), "id": "i-1", "others": OTHERS}
    command = Command(name, data, Actor(who or role, role, unit), "k")
    for draft in RULES.decide(case, command, MORNING + timedelta(minutes=5)):
        if not isinstance(draft, Draft):
            continue
        event = Story("i-1").event("desk", draft.type, draft.data)
        case = RULES.evolve(case, event)
    return case


def within(case: Mapping[str, Any], role: str) -> tuple[str, ...]:
    """Name what somebody in a role may do who stands for urban-management, by its parts in the case."""
    units = frozenset({"urban-management"}) if role in LEAD else None
    mine = allowed(case, [(role, standing) for standing in standings(case, units)])
    useful = (name for name in mine if name not in NEEDS or NEEDS[name](case))
    return tuple(name for name in useful if name not in GRANTED or GRANTED[name](case, RULES.pack))


def fresh(**more: Any) -> Mapping[str, Any]:
    return RULES.evolve({}, Story("i-1").event("intake", names.ISSUE_SUBMITTED, submitted(**more)))


def led(case: Mapping[str, Any]) -> Mapping[str, Any]:
    return RULES.evolve(case, Story("i-1").event("router", names.ISSUE_ASSIGNED, assigned()))


REGISTERED = {
    "by": {"id": "office", "role": "coordination_office", "unit": "three-services-office"}, "meeting": "meeting-1",
    "owner": "urban-management", "sponsor": None, "cause": "产权历史遗留", "report_by": "2026-07-01T00:00:00.000Z",
    "plan": [{"text": "权籍调查", "limit": "2026-06-01T00:00:00.000Z", "unit": None}], "concerns": [],
    "milestone_by": "2026-06-01T00:00:00.000Z",
}  # fmt: skip


def head_handled(case: Mapping[str, Any]) -> Mapping[str, Any]:
    body = {"by": {"id": "another", "role": "officer", "unit": "urban-management"}, "concerns": ["i-1"],
            "outcome": "solved", "reply": "已更换路灯。", "unit": "urban-management", "round": 1}  # fmt: skip
    event = Story("i-9").event("desk", names.ISSUE_HANDLED, body)
    for draft in RULES.decide(case, Concern(event, "i-1"), MORNING):
        assert isinstance(draft, Draft)
        case = RULES.evolve(case, Story("i-1").event("desk", draft.type, draft.data))
    return case


def examples() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give a case in each state in which a person can find one."""
    yield "submitted", fresh(kind="consult")
    yield (
        "in_review",
        RULES.evolve(fresh(kind="consult"), Story("i-1").event("router", names.REVIEW_REQUESTED, review())),
    )
    yield "awaiting_party", order(fresh(kind="consult"), "ask_more", "reviewer")
    case = led(fresh())
    yield "assigned", case
    yield "returned", order(case, "return", "officer")
    resting = order(order(case, "acknowledge", "officer"), "contact", "officer")
    yield "suspended", order({**resting, "grade": "complex"}, "suspend", "officer")
    yield "unsigned", order({**resting, "grade": "difficult"}, "handle", "officer")
    for name, role in (("acknowledge", "officer"), ("contact", "officer"), ("handle", "officer")):
        case = order(case, name, role)
        yield case["state"], case
        if case["state"] == "contacted":
            yield "registered", RULES.evolve(case, Story("i-1").event("desk", names.ISSUE_REGISTERED, REGISTERED))
    yield "merged", head_handled(order(led(fresh()), "merge", "reviewer"))
    case = order(case, "follow_up", "follow_up_caller")
    yield "followed_up", case
    closed = order(case, "close", "coordination_office")
    yield "closed", closed
    yield "reopen_requested", order(closed, "request_reopen", "party")
    yield "petition_review", order({**closed, "channel": "petition"}, "ask_review", "party")


def with_plan(case: Mapping[str, Any], need: str) -> Mapping[str, Any]:
    of = {"again": "officer", "monitor": "monitor"}[need]
    plan = {**case["rounds"][-1]["plan"], "asked": [{"of": of, "need": need, "because": "channel"}]}
    return {**case, "rounds": [*case["rounds"][:-1], {**case["rounds"][-1], "plan": plan}]}


EXAMPLES = dict(examples())
TASK = {"number": 1, "unit": "urban-management", "mandatory": True, "done": None}
CLOCKS = {"handling": {"limit": "2026-05-09T01:00:00.000Z", "version": 1, "round": 1, "level": "none"}}
ASKED = {
    "by": {"id": "another"}, "clock": "handling", "until": "2026-05-10T01:00:00.000Z", "number": 1, "round": 1,
}  # fmt: skip
OFFER = {"unit": "urban-management", "from_unit": "transport", "reason": "有倒塌危险"}
ERRAND = {"agent": "another", "steps": [{"what": {"zh": "核对材料"}, "state": "open"}]}
NEEDED: Mapping[str, Mapping[str, Any]] = {
    **{
        name: {"refusal": {"by": {"id": "another"}, "reason": "litigation", "reply": "已进入诉讼程序。"}}
        for name in ("confirm_refusal", "decline_refusal")
    },
    **{
        name: {"withdrawal": {"by": {"id": "party", "role": "party", "unit": None}, "reason": None, "asked_to": True}}
        for name in ("confirm_withdrawal", "decline_withdrawal")
    },
    **{name: {"urgency": "emergency"} for name in OF_EMERGENCIES},
    **{name: {"assists": [TASK]} for name in ("cancel_assist", "assist_done", "not_ours")},
    **{name: {"offer": OFFER} for name in ("accept_handover", "decline_handover", "withdraw_offer")},
    "end_copy": {"copies": ["water"]},
    "object": {"settled": {"what": "answer", "until": "2027-01-01T00:00:00.000Z", "people": []}},
    **{name: {"channel": "petition"} for name in ("admit", "ask_review", "decide_review")},
    "plan_errand": {"channel": "window"},
    "step_errand": {"channel": "window", "errand": ERRAND},
    "monitor": {"channel": "checkup"},
    "suspend": {"grade": "complex"},
    "ask_extension": {"grade": "complex", "clocks": CLOCKS},
    "decide_extension": {"extension": ASKED, "clocks": CLOCKS},
    "decide_grade": {"grade_asked": {"by": {"id": "another"}, "grade": "complex"}},
    "lower_urgency": {"urgency": "urgent"},
}
"""What a case must have, beside its state, for a command, or somebody in a role, to do anything."""


ASIDE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("merged", "rate"): ("followed_up",),  # the same, of what was merged
    ("handled", "rate"): ("followed_up",),  # the party is content: closed in the same write
    ("awaiting_party", "party_deceased"): ("awaiting_party",),  # nobody waits for the dead: it is in review again
}
"""Where a command leads past what its row says, and why."""


def test_every_state_that_a_person_can_find_has_an_example() -> None:
    assert set(EXAMPLES) == set(STATES) - PASSING
    assert all(case["state"] == state for state, case in EXAMPLES.items())


@pytest.mark.parametrize("state", EXAMPLES)
def test_a_command_does_what_the_table_says_and_else_names_what_is_allowed(state: str) -> None:
    for name, role in product(DEEDS, PEOPLE):
        step = TABLE.get((state, name, role))
        if step is not None and step.standing == FOR_AGAIN:
            step = None  # not for who stands for urban-management, which led it: see the next test
        case: Mapping[str, Any] = {**EXAMPLES[state], **NEEDED.get(name, {}), **NEEDED.get(role, {})}
        if role == "monitor" and state in {"handled", "merged"}:
            case = with_plan(case, "monitor")
        if name == "acknowledge":
            case = {**case, "rounds": [{**round, "acknowledged_at": None} for round in case["rounds"]]}
        case = {**case, "units": involved(case)}
        try:
            after = order(case, name, role)
        except Refusal as refusal:
            if role in LEAD and "urban-management" not in case["units"]:
                assert refusal.status == 404, "a unit sees nothing of what it has no part in"
            elif step is None:
                assert (refusal.status, refusal.slug) == (409, "not-now"), (name, role)
                assert refusal.more["allowed"] == list(within(case, role))
            else:
                raise AssertionError((state, name, role, refusal.detail)) from refusal
            continue
        assert step is not None, (state, name, role)
        assert (step.to or state) in {after["state"], *PASSING, *ASIDE.get((state, name), ())}


def experienced(who: str, unit: str, held: Clause = AGAIN, command: str = "follow_up", **more: Any) -> Any:
    """Have an officer tell of a handled case that waits to be experienced again that it is resolved."""
    case = {**with_plan(EXAMPLES["handled"], "again"), "need": ["again"], "channel": "experience", **more}
    said = BODIES[command].model_validate(
        {**SAID[command], "resolved": "yes"} if command == "follow_up" else SAID[command]
    )
    data = {"said": said.model_dump(mode="json"), "scope": (held,), "id": "i-1", "others": {}}
    return RULES.decide(case, Command(command, data, Actor(who, "officer", unit), "k"), MORNING)


FOUND_BY = {"id": "finder", "unit": "water", "kind": "officer", "named_to_unit": False}


@pytest.mark.parametrize(
    ("who", "unit", "more", "slug"),
    [
        ("another", "water", {"filer": FOUND_BY}, None),
        ("finder", "water", {"filer": FOUND_BY}, "filed-it"),
        ("officer", "water", {}, "handled-it"),
        ("another", "tax", {"units": ["tax"]}, "case-unknown"),
        ("another", "water", {"need": ["site"]}, "case-unknown"),
        ("another", "water", {"secrecy": "sealed"}, "case-unknown"),
    ],
)
def test_an_officer_who_neither_found_nor_handled_it_experiences_it_again(
    who: str, unit: str, more: dict[str, Any], slug: str | None
) -> None:
    if slug is None:
        told, closed = experienced(who, unit, **more)
        assert (told.data["by"]["role"], told.data["method"], closed.data["kind"]) == ("officer", "visit", "resolved")
        return
    with pytest.raises(Refusal) as refusal:
        experienced(who, unit, **more)
    assert refusal.value.slug == slug


def test_who_may_experience_it_again_does_nothing_else_and_not_if_it_complains_of_their_unit() -> None:
    for command in COMMANDS:
        if command != "follow_up":
            with pytest.raises(Refusal, match="you may do: follow_up"):
                experienced("another", "water", command=command)
    blamed = replace(AGAIN, blamed_with=frozenset({"water"}))
    with pytest.raises(Refusal) as refusal:
        experienced("another", "water", blamed, complains_of=["water"])
    assert refusal.value.slug == "recused"


def test_the_table_the_deeds_and_the_bodies_know_the_same_commands() -> None:
    assert set(COMMANDS) == set(DEEDS) == set(BODIES)
    assert set(AFTER) <= story.KNOWN


def steps(state: str) -> Iterator[tuple[str, str]]:
    """Give each command that the table has in a state, in one role for each way of acting: all others are refused."""
    ways = {(name, step): role for (at, name, role), step in TABLE.items() if at == state}
    yield from ((name, role) for (name, _), role in ways.items() if name in DEEDS)


def test_no_command_leads_to_closed_without_the_three_ones() -> None:
    """Walk every path of commands, as deep as the life of two rounds, over what cases come to look like."""
    seen, todo = set(), [fresh(), led(fresh())]
    closed = 0
    while todo:
        case = todo.pop()
        key = (case["state"], case["round"], tuple(tuple(sorted(one)) for one in case["rounds"]), case["returns"])
        if key in seen or case["round"] > 2:
            continue
        seen.add(key)
        if case["state"] == "closed" and case["closed"]["kind"] not in WITHOUT_THEM:
            closed += 1
            round = case["rounds"][-1]
            assert set(THREE_ONES) <= {*round, *round.get("exempt", {})}, key
        for name, role in steps(case["state"]):
            for said in ({}, {"resolved": "yes"}) if name == "follow_up" else ({},):
                try:
                    todo.append(order(case, name, role, **said))
                except Refusal:
                    continue
    assert closed > 2
    assert len(seen) > 15


def test_even_past_the_table_nothing_closes_without_the_three_ones() -> None:
    whole = EXAMPLES["followed_up"]
    case = {**whole, "rounds": [{k: v for k, v in whole["rounds"][0].items() if k != "contact"}]}
    with pytest.raises(Refusal, match="contact") as refusal:
        order(case, "close", "coordination_office")
    assert refusal.value.slug == "three-ones-missing"


@pytest.mark.parametrize(("name", "state"), [("close", "followed_up")])
def test_who_handled_cannot_close(name: str, state: str) -> None:
    case = led(fresh())
    for step in ("acknowledge", "contact", "handle"):
        case = order(case, step, "officer", who="both-hats")
    case = order(case, "follow_up", "follow_up_caller")
    assert case["state"] == state
    with pytest.raises(Refusal) as refusal:
        order(case, name, "coordination_office", who="both-hats")
    assert refusal.value.slug == "handled-it"
    assert order(case, name, "coordination_office", who="another")["state"] == "closed"


def handled_by_both_hats() -> Mapping[str, Any]:
    case = led(fresh())
    for step in ("acknowledge", "contact", "handle"):
        case = order(case, step, "officer", who="both-hats")
    return case


@pytest.mark.parametrize(("name", "said"), [("follow_up", {"resolved": "yes"}), ("attempt", {}), ("void", {})])
def test_who_handled_does_not_judge_it_either_whatever_unit_they_are_of_by_now(name: str, said: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        order(handled_by_both_hats(), name, "follow_up_caller", who="both-hats", **said)
    assert refusal.value.slug == "handled-it"


def test_who_handled_does_not_confirm_that_the_party_withdrew_it() -> None:
    case = {**handled_by_both_hats(), **NEEDED["confirm_withdrawal"]}
    with pytest.raises(Refusal) as refusal:
        order(case, "confirm_withdrawal", "coordination_office", who="both-hats")
    assert refusal.value.slug == "handled-it"
    assert order(case, "confirm_withdrawal", "coordination_office", who="another")["state"] == "closed"


def test_what_was_merged_before_anybody_led_it_gets_its_grade_when_it_is_handled_again() -> None:
    case = head_handled(order(fresh(), "merge", "reviewer"))
    case = order(case, "follow_up", "follow_up_caller")
    with pytest.raises(Refusal) as refusal:
        order(case, "reopen", "coordination_office")
    assert refusal.value.more["errors"][0]["field"] == "$.grade"
    again = order(case, "reopen", "coordination_office", grade="simple")
    assert (again["state"], again["unit"], again["grade"]) == ("assigned", "urban-management", "simple")
    assert (again["round"], again["assignment"], len(again["rounds"])) == (2, 1, 2)
    assert order(again, "acknowledge", "officer")["state"] == "acknowledged"


@pytest.mark.parametrize("unit", ["urban-management", "police", "traffic-police"])
def test_nobody_of_the_unit_that_handled_or_above_or_below_it_follows_up(unit: str) -> None:
    case = led(fresh())
    case = {**case, "unit": unit, "units": [unit]}
    case = {**case, "state": "handled", "rounds": [{**case["rounds"][0], "unit": unit, "handle": {"by": {"id": "x"}}}]}
    home = {"urban-management": "urban-management", "police": "traffic-police", "traffic-police": "police"}[unit]
    said = BODIES["follow_up"].model_validate({"resolved": "yes"}).model_dump(mode="json")
    data = {"said": said, "scope": (clause("follow_up_caller"),), "id": "i-1", "others": {}}
    with pytest.raises(Refusal) as refusal:
        RULES.decide(case, Command("follow_up", data, Actor("c", "", home), "k"), MORNING)
    assert refusal.value.slug == "not-impartial"


def test_a_case_out_of_scope_is_as_unknown_as_one_that_does_not_exist() -> None:
    other = Clause("officer", frozenset({"tax"}), None, None, None, ALL)
    data = {"said": {}, "scope": (other,), "id": "i-1", "others": {}}
    for case in (EXAMPLES["assigned"], {}):
        with pytest.raises(Refusal) as refusal:
            RULES.decide(case, Command("acknowledge", data, Actor("x", "", "tax"), "k"), MORNING)
        assert (refusal.value.status, refusal.value.slug) == (404, "case-unknown")
