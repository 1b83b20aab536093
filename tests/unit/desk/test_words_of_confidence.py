"""What a party adds may be for few people only: so is all of the case from then on, until the office says no."""

from typing import Any

import pytest

from sanfu.contracts import names
from tests.support.cases import OFFICE, Desk, Story, submitted
from tests.unit.desk.test_assisting import does, seen
from tests.unit.desk.test_limits import contacted, told


def confided(number: int = 1, secrecy: str | None = "confidential", **more: Any) -> tuple[str, str, dict[str, Any]]:
    body = {"number": number, "text": None, "contact": number + 1, "reported_at": "2026-04-30T01:00:00.000Z"}
    return "intake", names.ISSUE_SUPPLEMENTED, {**body, "secrecy": secrecy, **more}


async def open_case(desk: Desk) -> Story:
    """A case on which people have written already."""
    story = await contacted(desk)
    await does(desk, OFFICE, "raise_urgency", urgency="urgent", reason="路口车多")
    return story


@pytest.mark.parametrize("level", ["confidential", "sealed"])
async def test_words_that_few_may_read_make_all_of_it_so_and_what_was_written_is_sealed(desk: Desk, level: str) -> None:
    story = await open_case(desk)
    await desk.tell(story, confided(secrecy=level))
    [changed] = told(desk, names.SECRECY_CHANGED)
    assert (changed["before"], changed["secrecy"], changed["supplement"]) == ("internal", level, 1)
    assert changed["by"]["role"] == "system"
    case = desk.documents.documents["i-1"]
    assert (case["secrecy"], case["text"]) == (level, None)
    assert "路口车多" not in str(case)
    assert desk.documents.others["sealed_texts"], "the desk still has it, for a purpose"


async def test_the_office_says_no_and_only_new_words_raise_it_again(desk: Desk) -> None:
    story = await open_case(desk)
    await desk.tell(story, confided())
    await does(desk, OFFICE, "lower_secrecy", secrecy="open", reason="并无涉密内容")
    await desk.tell(story, confided(2, None, text="下午在家"))
    assert (await seen(desk))["secrecy"] == "open"
    await desk.tell(story, confided(3))
    assert [one["supplement"] for one in told(desk, names.SECRECY_CHANGED)] == [1, None, 3]


async def test_what_is_for_few_people_already_stays_as_it_is(desk: Desk) -> None:
    story = Story("i-1")
    handed_over = submitted(secrecy="sealed", text=None, title="已移交")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, handed_over), confided())
    assert told(desk, names.SECRECY_CHANGED) == []


async def test_danger_and_confidence_at_once_are_both_heeded(desk: Desk) -> None:
    story = await open_case(desk)
    await desk.tell(story, confided(urgency="emergency"))
    case = desk.documents.documents["i-1"]
    assert (case["urgency"], case["secrecy"]) == ("emergency", "confidential")
