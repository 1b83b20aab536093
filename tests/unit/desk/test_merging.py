"""What becomes of what was merged when its head ends, however it ends; and of the head when that came too late."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.runtime.rules import Actor, Command, Concern, Draft, Due
from tests.support.cases import MORNING, Story
from tests.unit.desk.test_table import HEAD, RULES, clause, fresh, head_handled, led, order

OFFICER = {"id": "another", "role": "officer", "unit": "urban-management"}
INTO: Mapping[str, Any] = {
    "by": OFFICER, "head": "i-9", "reason": "同一处", "reply": None, "same_party": False, "party_code": None,
    "party_marks": [],
}  # fmt: skip
Case = Mapping[str, Any]


def merged(case: Case) -> Case:
    return order(case, "merge", "reviewer")


def head_tells(case: Case, type: str, **more: Any) -> Case:
    """Let the head tell something; return the merged case after what follows."""
    event = Story("i-9").event("desk", type, {"by": OFFICER, "concerns": ["i-1"], **more})
    assert "i-1" in [named.subject for named in RULES.concerned(event)]
    return after(case, RULES.decide(case, Concern(event, "i-1"), MORNING))


def after(case: Case, drafts: Any) -> Case:
    for draft in drafts:
        assert isinstance(draft, Draft)
        case = RULES.evolve(case, Story("i-1").event("desk", draft.type, draft.data))
    return case


@pytest.mark.parametrize("kind", ["refused", "other_route", "withdrawn", "incomplete", "answered"])
def test_what_was_merged_into_a_head_that_nobody_handled_is_in_review_again(kind: str) -> None:
    case = head_tells(merged(fresh()), names.ISSUE_CLOSED, kind=kind)
    assert (case["state"], case["head"], case["open"]) == ("in_review", None, True)
    again = order(case, "dispatch", "reviewer", unit="urban-management", grade="simple")
    assert again["rounds"][-1]["dispatched_at"], "its round begins with its first lead"
    assert order(order(again, "acknowledge", "officer"), "contact", "officer")["state"] == "contacted"


def test_a_report_that_asked_to_have_a_closed_issue_handled_again_is_looked_at_itself_if_that_is_declined() -> None:
    case = head_tells(merged(fresh()), names.REOPEN_DECLINED, reply="已两次核实。", round=1)
    assert (case["state"], case["head"], case["open"]) == ("in_review", None, True)
    handled = head_handled(merged(fresh()))
    assert head_tells(handled, names.REOPEN_DECLINED, reply="已两次核实。", round=1) == handled


def test_that_is_told_once() -> None:
    case = head_tells(merged(fresh()), names.ISSUE_CLOSED, kind="refused")
    assert head_tells(case, names.ISSUE_CLOSED, kind="refused") == case


def test_what_was_led_before_it_was_merged_keeps_its_lead_of_record_until_somebody_says_who_leads() -> None:
    case = head_tells(merged(led(fresh())), names.ISSUE_CLOSED, kind="withdrawn")
    assert (case["state"], case["unit"]) == ("in_review", "urban-management")


def test_the_closing_of_a_head_that_was_handled_changes_nothing() -> None:
    case = head_handled(merged(fresh()))
    assert head_tells(case, names.ISSUE_CLOSED, kind="resolved") == case


def test_a_question_that_was_merged_into_an_answered_one_is_answered_too_and_may_object() -> None:
    case = merged(fresh(kind="consult"))
    case = head_tells(case, names.ISSUE_ANSWERED, reply="请到市民中心三楼办理。", article=None)
    assert (case["state"], case["closed"]["kind"]) == ("closed", "answered")
    assert (case["settled"]["reply"], bool(case["settled"]["until"])) == ("请到市民中心三楼办理。", True)
    assert order(case, "object", "party")["state"] == "in_review"


def test_what_is_no_question_is_not_answered_by_its_heads_answer() -> None:
    case = head_tells(merged(fresh()), names.ISSUE_ANSWERED, reply="请到市民中心三楼办理。", article=None)
    assert case["state"] == "merged"
    assert head_tells(case, names.ISSUE_CLOSED, kind="answered")["state"] == "in_review"


def test_a_heads_false_completion_undoes_what_the_merged_were_asked_about() -> None:
    asked = order(head_handled(merged(fresh())), "attempt", "follow_up_caller")
    case = head_tells(asked, names.COMPLETION_VOIDED, unit="urban-management")
    assert (case["state"], case["head_handled"], case["need"], case["waits"]) == ("merged", None, None, {})
    assert "plan" not in case["rounds"][-1] and case["rounds"][-1]["at_head"][0]["attempts"], "it stays on the record"
    again = head_handled(case)
    assert (again["need"], again["head_handled"]["reply"]) == (asked["need"], "已更换路灯。")


@pytest.mark.parametrize("closed", [False, True])
def test_who_was_not_content_waits_for_the_head_again_when_that_was_not_handled(closed: bool) -> None:
    case = order(head_handled(merged(fresh())), "follow_up", "follow_up_caller", resolved="no")
    case = order(case, "close", "coordination_office", kind="merged") if closed else case
    void = head_tells(case, names.COMPLETION_VOIDED, unit="urban-management")
    assert (void["state"], void["open"], void["closed"]) == ("merged", True, None)


def test_who_said_that_it_is_resolved_is_not_asked_again() -> None:
    case = order(head_handled(merged(fresh())), "follow_up", "follow_up_caller", resolved="yes")
    assert head_tells(case, names.COMPLETION_VOIDED, unit="urban-management") == case


@pytest.mark.parametrize("state", ["handled", "followed_up", "closed", "merged"])
def test_what_was_merged_while_its_head_was_handled_is_told_that_it_was_too_late(state: str) -> None:
    head = {**led(fresh()), "state": state, "open": state != "closed"}
    merging = Story("i-1").event("desk", names.ISSUE_MERGED, {**INTO, "concerns": ["i-9"]})
    [noted] = RULES.decide(head, Concern(merging, "i-9"), MORNING)
    assert isinstance(noted, Draft) and noted.data["concerns"] == ["i-1"]
    case = head_tells(merged(fresh()), noted.type, what="supporter_merged", affair="i-1")
    assert case["state"] == "in_review"
    assert RULES.evolve(head, Story("i-9").event("desk", noted.type, noted.data))["merged"] == []


def test_a_merged_party_that_says_nothing_is_called_unless_it_is_simple() -> None:
    for grade, state in (("simple", "followed_up"), ("complex", "merged")):
        case = led(fresh())
        case = head_handled(merged({**case, "grade": grade}))
        case = {**case, "waits": case["waits"] or {"silence": "2026-05-08T02:00:00.000Z"}}
        case = after(case, RULES.decide(case, Due(MORNING), MORNING + timedelta(days=6)))
        assert (case["state"], case["waits"]) == (state, {})


def test_where_the_head_took_in_all_it_may_nothing_more_is_merged_into_it() -> None:
    full = {**led(fresh()), **HEAD, "merged": [f"m-{n}" for n in range(500)]}
    merging = Story("i-1").event("desk", names.ISSUE_MERGED, {**INTO, "concerns": ["i-9"]})
    [noted] = RULES.decide(full, Concern(merging, "i-9"), MORNING)
    assert isinstance(noted, Draft) and noted.data["concerns"] == ["i-1"]


def test_a_merged_party_asks_to_have_it_handled_again_inside_the_window_takes_it_back_and_reminds() -> None:
    case = order(head_handled(merged(fresh())), "follow_up", "follow_up_caller", resolved="yes")
    asked = order(case, "request_reopen", "party")
    assert asked["state"] == "reopen_requested"
    again = order(asked, "reopen", "coordination_office", grade="simple")
    assert (again["state"], again["unit"], again["head"]) == ("assigned", "urban-management", None)
    assert order(asked, "decline_reopen", "coordination_office")["state"] == "closed"
    assert order(merged(fresh()), "withdraw", "party")["closed"]["kind"] == "withdrawn"
    assert order(merged(fresh()), "remind", "party")["reminders"]["count"] == 1


def test_a_merged_party_that_has_died_is_looked_for_on_site() -> None:
    case = order(head_handled(merged(fresh())), "party_deceased", "follow_up_caller")
    assert (case["state"], case["need"]) == ("merged", ["site"])


# ── danger ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def alarmed(case: Case, by_words: bool) -> tuple[Case, list[Draft]]:
    """Let a person call it an emergency, or what its party adds; return it after that, and what was told."""
    if by_words:
        at: Mapping[str, Any] = {"reported_at": "2026-04-30T01:00:00.000Z", "attachments": [], "contact": "none"}
        body = {"number": 1, "text": "冒烟了", "urgency": "emergency", **at}
        event = Story("i-1").event("intake", names.ISSUE_SUPPLEMENTED, body)
        case = RULES.evolve(case, event)
        given: Any = event
    else:
        data = {"said": {"urgency": "emergency", "reason": "冒烟了"}, "scope": (clause("reviewer"),), "id": "i-1"}
        given = Command("raise_urgency", data, Actor("r", "reviewer", "three-services-office"), "k")
    told = [draft for draft in RULES.decide(case, given, MORNING) if isinstance(draft, Draft)]
    return after(case, told), told


@pytest.mark.parametrize("by_words", [False, True])
@pytest.mark.parametrize("stood", ["merged", "head_handled", "followed_up", "led"])
def test_what_was_merged_and_turns_out_an_emergency_goes_on_by_itself_and_its_head_hears_of_it(
    stood: str, by_words: bool
) -> None:
    case = merged(led(fresh()) if stood == "led" else fresh())
    if stood in {"head_handled", "followed_up"}:
        case = order(head_handled(case), "attempt", "follow_up_caller")
    if stood == "followed_up":
        case = order(case, "follow_up", "follow_up_caller", resolved="no")
    case, told = alarmed(case, by_words)
    assert [draft.type for draft in told] == [names.ISSUE_SEPARATED, names.URGENCY_CHANGED], "apart, then the alarm"
    assert (told[0].data["because"], told[0].data["head"]) == ("emergency", "i-9")
    assert (case["state"], case["head"], case["urgency"], case["open"]) == ("in_review", None, "emergency", True)
    assert (case["waits"], case["need"], case["head_handled"]) == ({}, None, None), "nobody asks how it went"
    assert {"plan", "attempts", "follow_up"}.isdisjoint(case["rounds"][-1])
    raised = Story("i-1").event("desk", told[1].type, told[1].data)
    assert [named.subject for named in RULES.concerned(raised)] == ["i-9"]
    head = {**led(fresh()), "merged": ["i-1"]}
    [noted] = RULES.decide(head, Concern(raised, "i-9"), MORNING)
    assert isinstance(noted, Draft) and (noted.type, noted.data["what"]) == (names.AFFAIR_NOTED, "merged_urgency")
    heard = RULES.evolve(head, Story("i-9").event("desk", noted.type, noted.data))
    assert (heard["urgency"], heard["affairs"], len(heard["history"])) == ("normal", {}, 3)
    assert head_tells(case, names.ISSUE_CLOSED, kind="withdrawn") == case, "its head's end is its own no more"


def test_what_was_merged_and_is_more_urgent_but_no_emergency_stays_where_it_is() -> None:
    case = order(merged(fresh()), "raise_urgency", "reviewer", urgency="urgent")
    assert (case["state"], case["urgency"], case["head"]) == ("merged", "urgent", "i-9")


def test_what_was_merged_and_had_closed_while_its_party_still_wrote_of_danger_is_open_again() -> None:
    case = order(head_handled(merged(fresh())), "follow_up", "follow_up_caller", resolved="yes")
    assert case["state"] == "closed"
    case, _ = alarmed(case, by_words=True)
    assert (case["state"], case["open"], case["closed"]) == ("in_review", True, None)
