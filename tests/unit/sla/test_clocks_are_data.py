"""A clock that nobody has thought of, added by the policy's text alone."""

from pathlib import Path
from typing import Any

import pytest

from sanfu.city.loading import load
from sanfu.contracts import names
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import A_DAY, copied, edited, shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling, at, climbed, deadlines, lights, open_clocks

INVENTED = """clocks:
  heritage_visit:
    name: {zh: 文物会看, en: heritage visit}
    applies: {channel: [web, hotline]}
    starts: [{event: IssueContacted, where: {result: [reached]}, grades: [difficult]}]
    restarts: each_round
    stops: [SceneReached, {event: AssistDone, where: {unit: [culture-tourism]}}]
    stopped_by: all
    pauses: [suspended]
    in_charge: audience_group
    limits:
      - {unit: police, limit: 8 service hours}
      - {urgency: urgent, limit: 90 minutes}
      - {audience: resident, limit: 2 working days}
    yellow: {days: 1, short: 30 minutes}
    ladder: [{after: 2 service hours, unit: "@office", role: supervisor}]

"""


@pytest.fixture
def told(tmp_path: Path) -> Telling:
    root = copied(tmp_path)
    edited(root, "policy.yaml", "clocks:\n", INVENTED)
    loaded = load(root, A_DAY)
    assert loaded.pack is not None, loaded.problems
    told = Telling(SlaRules(loaded.pack, holidays()))
    told.submitted("2026-03-09 09:00")
    return told


def contacted(told: Telling, grade: str = "difficult", result: str = "reached") -> list[tuple[object, ...]]:
    told.assigned("2026-03-10 09:15", grade=grade)
    return deadlines(told.tell(names.ISSUE_CONTACTED, "2026-03-10 10:00", result=result), "heritage_visit")


def test_an_invented_clock_starts_turns_yellow_and_red_and_climbs(told: Telling) -> None:
    assert contacted(told) == [(1, "started", "2026-03-12 17:30")]
    assert told.state["clocks"]["heritage_visit"]["unit"] == shipped().audience_groups["resident"]
    assert lights(told.wait("2026-03-12 17:30"), "heritage_visit") == [
        (1, "yellow", "yellow_due", False), (1, "red", "limit_passed", False),
    ]  # fmt: skip
    assert climbed(told.wait("2026-03-13 10:30"), "heritage_visit") == [
        (1, 1, f"{shipped().office_unit} supervisor", False)
    ]


def test_an_invented_clock_stops_when_all_it_waits_for_has_come(told: Telling) -> None:
    contacted(told)
    told.tell(names.SCENE_REACHED, "2026-03-10 11:00", unit="tax")
    told.tell(names.ASSIST_DONE, "2026-03-10 12:00", unit="police")
    assert "heritage_visit" in open_clocks(told.state)
    told.tell(names.ASSIST_DONE, "2026-03-10 15:00", unit="culture-tourism")
    assert "heritage_visit" not in open_clocks(told.state)


def test_an_invented_clock_rests_and_is_extended_like_any_other(told: Telling) -> None:
    contacted(told)
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 08:30", reason="rain")
    said = told.tell(names.ISSUE_RESUMED, "2026-03-11 10:30")
    assert deadlines(said, "heritage_visit") == [(2, "resumed", "2026-03-13 10:30")]
    said = told.tell(names.EXTENSION_DECIDED, "2026-03-11 11:00", clock="heritage_visit", granted=True,
                     until=at("2026-03-16 10:30"))  # fmt: skip
    assert deadlines(said, "heritage_visit") == [(3, "extended", "2026-03-16 10:30")]


def test_an_invented_clock_is_there_only_for_whom_the_policy_says(told: Telling) -> None:
    assert contacted(told, grade="complex") == []
    assert contacted(told, result="failed") == []


def test_every_clock_and_window_of_the_design_is_in_the_shipped_pack() -> None:
    policy = shipped().policy
    assert {
        "handling", "unit_handling", "review", "acknowledge", "contact", "adjudication", "follow_up", "whistle",
        "meeting_task", "supervision_reply", "emergency_acknowledge", "emergency_on_scene", "emergency_report",
        "petition_admit", "petition_handle", "petition_review", "enterprise_first_call",
    } <= policy.clocks.keys()  # fmt: skip
    assert {
        "return", "extension", "extension_decision", "suspension", "reopen", "follow_up_link", "answer_objection",
        "refusal_appeal", "petition_extension", "petition_review",
    } <= policy.windows.keys()  # fmt: skip


# ── clocks of affairs ────────────────────────────────────────────────────────────────────────────────────────────────


def ordered(level: str = "yellow", **more: Any) -> tuple[Telling, list[tuple[object, ...]]]:
    told = Telling(SlaRules(shipped(), holidays()))
    said = told.tell(names.ORDER_RAISED, "2026-03-10 09:15", level=level, unit="tax", issuer="three-services-office",
                     cause="person", **more)  # fmt: skip
    return told, deadlines(said, "supervision_reply")


def test_a_superiors_order_is_due_when_it_says_else_by_its_level() -> None:
    assert ordered(reply_by=at("2026-03-11 12:00"))[1] == [(1, "started", "2026-03-11 12:00")]
    assert [ordered(level)[1][0][2] for level in ("normal", "yellow", "red")] == [
        "2026-03-17 17:30", "2026-03-13 17:30", "2026-03-11 17:30",
    ]  # fmt: skip


def test_an_order_that_nobody_replies_to_turns_red_and_one_whose_reply_is_not_enough_runs_again() -> None:
    told, _ = ordered(reply_by=at("2026-03-13 17:30"))
    told.tell(names.ORDER_REPLIED, "2026-03-12 10:00", unit="tax", number=1)
    assert open_clocks(told.state) == {}
    said = told.tell(names.ORDER_REPLY_DECLINED, "2026-03-12 11:00", unit="tax", reply_by=at("2026-03-16 12:00"))
    assert deadlines(said, "supervision_reply") == [(2, "started", "2026-03-16 12:00")]
    assert [level for _, level, *_ in lights(told.wait("2026-03-16 12:00"), "supervision_reply")] == ["yellow", "red"]
    assert told.state["clocks"]["supervision_reply"]["unit"] == "tax"


def test_a_meetings_task_is_due_as_it_was_decided() -> None:
    told = Telling(SlaRules(shipped(), holidays()))
    said = told.tell(names.TASK_SET, "2026-03-10 09:15", unit="water", limit=at("2026-03-20 17:30"))
    assert deadlines(said, "meeting_task") == [(1, "started", "2026-03-20 17:30")]
    told.tell(names.TASK_DONE, "2026-03-19 17:30", unit="water", result="done")
    assert [level for _, level, *_ in lights(told.wait("2026-04-01 00:00"), "meeting_task")] == []
