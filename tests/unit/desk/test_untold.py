"""Who sees what of those who could not be told: on a case, in lists, on the board, in exports."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.entrypoints.words import WORDS
from tests.support.cases import (
    HEAD,
    LEADER,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    Desk,
    Story,
    assigned,
    deadline,
    submitted,
)
from tests.support.following import handled, seen
from tests.unit.desk.test_board import login
from tests.unit.desk.test_telling import ASSIGNED, SUBMITTED, failed, informed


async def told(desk: Desk, *more: Any, subject: str = "i-1", **said: Any) -> None:
    limit = deadline(MORNING + timedelta(hours=5))
    body = submitted(title="路灯不亮", receipt=f"YW-{subject}", **said)
    begun = (("intake", names.ISSUE_SUBMITTED, body), ("router", names.ISSUE_ASSIGNED, assigned()))
    await desk.tell(Story(subject), *begun, ("sla", names.DEADLINE_SET, limit), *more)


async def test_who_could_not_be_told_is_shown_and_only_the_office_sees_by_what_it_is_looked_up(desk: Desk) -> None:
    theirs = failed("d2", ASSIGNED, "email", "unreachable: 5.1.1", recipient="unit", unit="urban-management")
    others = failed("d3", ASSIGNED, "email", "unreachable: 5.1.1", recipient="unit", unit="tax")
    await told(desk, failed("d1"), theirs, others)
    mine = await seen(desk, OFFICER)
    assert mine["party_untold"] is True
    assert [(one["recipient"], one["unit"]) for one in mine["untold"]] == [
        ("unit", "urban-management"),
        ("party", None),
    ]
    assert set(mine["untold"][0]) == {"recipient", "unit", "medium", "state", "why", "code", "since", "over"}
    office = await seen(desk, OFFICE)
    assert [one["delivery"] for one in office["untold"]] == ["d3", "d2", "d1"]
    assert office["untold"][2]["event"] == SUBMITTED
    assert len((await seen(desk, LEADER))["untold"]) == 3, "a leader keeps watch"
    assert "delivery" not in (await seen(desk, LEADER))["untold"][0]


async def test_who_made_up_for_it_is_named_to_the_office_by_its_delivery_alone(desk: Desk) -> None:
    await told(desk, failed("d1"), informed("d2"))
    assert (await seen(desk, OFFICE))["untold"][0]["over"]["delivery"] == "d2"
    assert set((await seen(desk, OFFICER))["untold"][0]["over"]) == {"at", "why", "medium"}
    assert (await seen(desk, OFFICER))["party_untold"] is False


async def test_a_filer_who_vouches_is_named_to_no_unit_by_a_message_that_did_not_reach_them(desk: Desk) -> None:
    filer = {"kind": "deputy", "id": "m-1", "unit": None, "named_to_unit": False}
    await told(desk, failed("d1", recipient="filer"), filer=filer)
    assert (await seen(desk, OFFICER))["untold"] == []
    assert len((await seen(desk, OFFICE))["untold"]) == 1


async def test_who_handled_it_does_not_hear_that_a_question_of_the_follow_up_reached_nobody(desk: Desk) -> None:
    story = await handled(desk)
    history = desk.documents.documents["i-1"]["history"]
    [planned] = [one["id"] for one in history if one["type"] == names.FOLLOW_UP_PLANNED]
    await desk.tell(story, failed("d1", planned))
    for user, shown in ((OFFICER, 0), (HEAD, 0), (OFFICE, 1)):
        found = await seen(desk, user)
        assert (len(found["untold"]), found["party_untold"]) == (shown, False)
    assert (await seen(desk, OFFICE))["untold"][0]["about"] == names.FOLLOW_UP_PLANNED


async def test_the_cases_whose_party_was_not_told_are_listed_counted_and_taken_out(desk: Desk) -> None:
    await told(desk, failed("d1"))
    await told(desk, informed("d1"), subject="i-2")
    for user, expected in ((OFFICE, ["i-1"]), (OFFICER, ["i-1"]), (OTHER, [])):
        answer = await desk.get(user, "/v1/cases", party_untold="true")
        assert [one["id"] for one in answer.json()["items"]] == expected
    assert (await desk.get(OFFICE, "/v1/cases", party_untold="perhaps")).status_code == 422
    lines = (await desk.get(OFFICE, "/v1/exports/cases.csv", lang="en")).text.splitlines()
    assert lines[0].endswith("Party not told")
    assert sorted(line.rpartition(",")[2] for line in lines[1:]) == ["no", "yes"]


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_board_says_beside_a_case_that_its_party_was_not_told(desk: Desk, lang: str) -> None:
    await told(desk, failed("d1"))
    await told(desk, subject="i-2")
    await login(desk, LEADER)
    page = (await desk.client.get(f"/board?lang={lang}")).text
    assert page.count(f'<b class="untold">{WORDS[lang]["party_untold"]}</b>') == 1
