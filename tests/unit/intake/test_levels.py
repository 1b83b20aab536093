"""Urgency and secrecy: the highest of what asks for it."""

from typing import Any

import pytest

from sanfu.intake.domain import secrecy, submission, urgency
from tests.unit.intake.world import NOW, pack, report


def full(**more: Any) -> dict[str, Any]:
    from sanfu.intake.entrypoints.reports import Report  # noqa: PLC0415 (the rules' tests need it here only)

    return Report.model_validate(report(**more)).plain()


def told(channel: str = "hotline", **more: Any) -> dict[str, Any]:
    return submission.drafted(full(**more), pack().channels[channel], pack(), NOW).data


@pytest.mark.parametrize(
    ("text", "chosen", "level"),
    [
        ("路灯不亮", None, "normal"),
        ("路灯不亮", "urgent", "urgent"),
        ("小区停水两天", None, "urgent"),
        ("楼道里有煤气味", None, "emergency"),
        ("楼道里有煤气味", "normal", "emergency"),
        ("We smell GAS in the corridor", None, "emergency"),
        ("冲锋舟漏气，船坞旁有味道", None, "normal"),
    ],
)
def test_in_doubt_it_is_an_emergency_and_a_choice_only_raises(text: str, chosen: str | None, level: str) -> None:
    assert urgency.decided(pack(), text=text, category=None, chosen=chosen) == level


def test_a_category_may_be_urgent_by_itself() -> None:
    category = pack().categories["fire-safety"]
    assert urgency.decided(pack(), text="问一下", category=category, chosen=None) == "urgent"


@pytest.mark.parametrize(
    ("channel", "more", "level"),
    [
        ("web", {}, "open"),
        ("web", {"party_kind": "enterprise"}, "internal"),
        ("hotline", {}, "internal"),
        ("petition", {}, "confidential"),
        ("petition", {"secrecy": "open"}, "confidential"),
        ("web", {"secrecy": "confidential"}, "confidential"),
        ("web", {"text": "请替我保密，楼上太吵"}, "confidential"),
        ("web", {"flags": ["minor"]}, "confidential"),
        ("web", {"text": "某主任索贿"}, "sealed"),
        ("web", {"complains_of": ["three-services-office"]}, "sealed"),
    ],
)
def test_the_highest_secrecy_wins(channel: str, more: dict[str, Any], level: str) -> None:
    assert told(channel, **more)["secrecy"] == level


@pytest.mark.parametrize(
    ("channel", "given", "flags"),
    [
        ("leader_note", [], ["leader"]), ("superior", ["legacy"], ["legacy", "superior"]), ("media", [], ["media"]),
        ("superior", ["superior"], ["superior"]), ("hotline", [], []), ("web", ["minor"], ["minor"]),
    ],
)  # fmt: skip
def test_a_channel_marks_what_comes_by_it(channel: str, given: list[str], flags: list[str]) -> None:
    assert told(channel, flags=given)["flags"] == flags


def test_a_confidential_text_is_not_told_and_its_home_is_rounded() -> None:
    place = {"town": "fotang", "address": "寺前街60号", "lon": 120.020961, "lat": 29.212912, "may_be_home": True}
    drafted = submission.drafted(
        full(secrecy="confidential", place=place, answers={"q": "a"}), pack().channels["web"], pack(), NOW
    )
    assert drafted.altered
    data = drafted.data
    assert (data["title"], data["text"], data["answers"]) == ("保密事项", None, {})
    assert data["place"] == {
        "town": "fotang", "town_by": "said", "town_in_text": None, "address": None,
        "lon": 120.021, "lat": 29.213, "may_be_home": True,
    }  # fmt: skip
    assert data["category"] is None
    assert secrecy.LEVELS.index(data["secrecy"]) >= 2


def test_audience_and_kind_follow_the_category_where_nothing_is_said() -> None:
    data = told("hotline", audience=None, category="enterprise-loan", text="想问问", party=None)
    assert (data["audience"], data["kind"]) == ("enterprise", "issue")


def test_who_vouches_is_not_named_to_the_unit() -> None:
    data = told(
        "experience", party=None, filer={"id": "tax-officer", "unit": "tax", "name": "赵甲子"}, text="赵甲子到窗口办事"
    )
    assert data["filer"] == {"kind": "officer", "id": "tax-officer", "unit": "tax", "named_to_unit": False}
    assert data["text"] == "***到窗口办事"
    assert data["party_kind"] == "none"


@pytest.mark.parametrize(
    ("earlier", "text", "level"),
    [
        ("路灯不亮", "还有，灯杆上在打火花", "emergency"),
        ("路灯不亮", "现在整个小区停水了", "urgent"),
        ("路灯不亮", "就在桥头", None),
        ("楼道里煤气表坏了", "有股怪味", "emergency"),
        ("楼道里有煤气味", "就在三号楼", None),
        ("咨询火灾保险怎么办", "附上身份证复印件", None),
        ("咨询火灾保险怎么办", "隔壁真的起火了", "emergency"),
        ("路灯不亮", "", None),
    ],
)
def test_what_is_added_is_judged_by_the_words_it_brings_alone_or_with_those_before(
    earlier: str, text: str, level: str | None
) -> None:
    assert urgency.added(pack(), text, earlier) == level
