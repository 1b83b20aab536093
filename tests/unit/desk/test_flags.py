"""Flags at the desk: set and taken off by who reviews, with a reason, on record; lists filter by them."""

import pytest

from sanfu.contracts import names
from tests.support.cases import LEADER, OFFICE, OFFICER, REVIEWER, Desk
from tests.unit.desk.test_assisting import does, refuses, seen
from tests.unit.desk.test_levels import in_review
from tests.unit.desk.test_limits import contacted, told

WHY = "2009年征地遗留问题"


async def flagged(desk: Desk, flag: str) -> list[str]:
    answer = await desk.get(OFFICE, "/v1/cases", flag=flag)
    return [case["id"] for case in answer.json()["items"]]


async def test_who_reviews_sets_flags_and_takes_them_off_with_a_reason_on_record(desk: Desk) -> None:
    await in_review(desk, flags=["foreign"])
    await does(desk, REVIEWER, "flag", add=["legacy"], drop=["foreign"], reason=WHY)
    [event] = told(desk, names.FLAGS_CHANGED)
    assert (event["flags"], event["added"], event["dropped"], event["reason"]) == (
        ["legacy"], ["legacy"], ["foreign"], WHY,
    )  # fmt: skip
    assert (await seen(desk))["flags"] == ["legacy"]
    assert (await flagged(desk, "legacy"), await flagged(desk, "foreign")) == (["i-1"], [])
    entry = (await seen(desk))["history"][-1]
    assert (entry["by"]["id"], entry["added"], entry["dropped"]) == (REVIEWER, ["legacy"], ["foreign"])
    await does(desk, OFFICE, "flag", drop=["legacy"], reason="核实并非遗留")
    assert (await seen(desk))["flags"] == []


@pytest.mark.parametrize("user", [OFFICER, LEADER])
async def test_nobody_else_says_what_it_is_marked_by(desk: Desk, user: str) -> None:
    await contacted(desk)
    assert await refuses(desk, user, "flag", add=["leader"], reason=WHY) == "not-now"


async def test_a_flag_is_changed_by_a_reason_and_only_where_it_changes_something(desk: Desk) -> None:
    await in_review(desk, flags=["superior", "group"])
    assert await refuses(desk, OFFICE, "flag", add=["superior"], reason=WHY) == "known-already"
    assert await refuses(desk, OFFICE, "flag", drop=["leader"], reason=WHY) == "known-already"
    for said in ({"add": ["leader"]}, {"reason": WHY}, {"add": ["leader"], "drop": ["leader"], "reason": WHY},
                 {"drop": ["group"], "reason": WHY}):  # fmt: skip
        assert await refuses(desk, OFFICE, "flag", **said) == "invalid-input", said


async def test_what_turns_out_to_be_of_the_media_is_confidential_and_stays_so(desk: Desk) -> None:
    await in_review(desk)
    await does(desk, REVIEWER, "flag", add=["media"], reason="记者来电")
    after = await seen(desk)
    assert (after["secrecy"], after["flags"], after["text"]) == ("confidential", ["media"], None)
    assert "记者来电" not in str(desk.published()), "of what is confidential no event holds a word"
    await does(desk, OFFICE, "flag", drop=["media"], reason="并非媒体")
    assert (await seen(desk))["secrecy"] == "confidential"
