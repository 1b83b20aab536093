"""Whom a follow-up asks, by the channel an issue came by: it is followed up when all of them have answered."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.domain.asking import together
from tests.support import cases
from tests.support.assembling import RING
from tests.support.cases import CALLER, OFFICE, OFFICER, Desk
from tests.support.eventually import eventually
from tests.support.following import DRAWN, PICTURE, handled, seen, told

MEDIUM: dict[str, Any] = {"channel": "media", "party_kind": "organisation", "contact_of": ["party"]}
SENT: dict[str, Any] = {"channel": "superior", "filer": {"id": "superior", "kind": "superior_office"}}
FILER_ONLY: dict[str, Any] = {"contact_of": ["filer"]}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def says(desk: Desk, of: str | None, resolved: str, **more: Any) -> Any:
    said = {"resolved": resolved, **({"of": of} if of else {}), **more}
    return (await desk.order(CALLER, "i-1", "follow_up", said)).json()


async def looks(desk: Desk, resolved: str, **more: Any) -> Any:
    photo = (await desk.keep(CALLER, "i-1", PICTURE)).json()
    return await says(desk, "place", resolved, evidence=[photo], **more)


async def waiting(desk: Desk, need: str) -> list[str]:
    return [one["id"] for one in (await desk.get(CALLER, "/v1/cases", need=need)).json()["items"]]


@pytest.mark.parametrize(
    ("how", "asked"),
    [
        ({"channel": "web"}, [("party", "link")]),
        (MEDIUM, [("desk", "link"), ("place", "site")]),
        ({**MEDIUM, "number": DRAWN}, [("desk", "call"), ("place", "site")]),
        ({**MEDIUM, "contact": "none", "contact_of": []}, [("place", "site")]),
        *(
            ({**SENT, "channel": channel}, [("party", "link"), ("office", "call")])
            for channel in ("superior", "leader_note", "deputies", "onsite", "inspection")
        ),
        ({**SENT, "party_kind": "none"}, [("office", "call")]),
        ({**SENT, **FILER_ONLY, "grade": "complex"}, [("place", "site"), ("office", "call")]),
        ({"channel": "whistle", "party_kind": "village"}, [("committee", "link")]),
        ({"channel": "grid", "party_kind": "village", **FILER_ONLY}, [("committee", "call")]),
        ({"channel": "hotline", **FILER_ONLY, "grade": "complex"}, [("place", "site")]),
    ],
)
async def test_whom_it_asks_follows_from_the_channel(
    desk: Desk, how: dict[str, Any], asked: list[tuple[str, str]]
) -> None:
    await handled(desk, **how)
    [plan] = told(desk, names.FOLLOW_UP_PLANNED)
    everybody = [plan, *plan["beside"]]
    assert [(one["of"], one["need"]) for one in everybody] == asked
    asked_by_link = everybody[0]["of"] in {"party", "desk", "committee"} and how.get("contact_of") != ["filer"]
    assert (plan["link"] == "new") is asked_by_link
    assert [(one["of"], one["need"]) for one in (await seen(desk))["missing"]] == asked


async def test_a_medium_is_asked_and_the_place_is_looked_at_and_only_both_together_close_it(desk: Desk) -> None:
    await handled(desk, **MEDIUM, number=DRAWN)
    assert (await waiting(desk, "call"), await waiting(desk, "site")) == (["i-1"], ["i-1"])
    assert (await says(desk, "desk", "yes", satisfied=5))["state"] == "handled"
    assert (await desk.order(OFFICE, "i-1", "close", {"kind": "resolved"})).status_code == 409
    assert (await waiting(desk, "call"), await waiting(desk, "site")) == ([], ["i-1"])
    found = await seen(desk)
    assert [one["of"] for one in found["missing"]] == ["place"]
    assert [(one["of"], one["resolved"]) for one in found["rounds"][0]["answers"]] == [("desk", "yes")]
    done = await looks(desk, "yes")
    assert (done["state"], done["case"]["closed_as"]) == ("closed", "resolved")
    [followed] = told(desk, names.ISSUE_FOLLOWED_UP)
    assert (followed["resolved"], followed["satisfied"], len(followed["evidence"])) == ("yes", 5, 1)
    assert [one["missing"] for one in told(desk, names.FOLLOW_UP_ANSWERED)] == [["place"], []]


@pytest.mark.parametrize(
    ("party", "office", "outcome"), [("yes", "no", "no"), ("partly", "yes", "partly"), ("declined", "yes", "declined")]
)
async def test_what_one_of_them_does_not_call_resolved_is_not(
    desk: Desk, party: str, office: str, outcome: str
) -> None:
    await handled(desk, **SENT, number=DRAWN)
    assert (await says(desk, "office", office))["state"] == "handled"
    assert (await says(desk, "party", party))["state"] == "followed_up"
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["resolved"] == outcome
    assert (await seen(desk))["unsatisfied"] == ([1] if outcome in {"no", "partly"} else [])


async def test_of_several_who_are_asked_an_answer_says_whose_it_is(desk: Desk) -> None:
    await handled(desk, **SENT, number=DRAWN)
    for of, problem in ((None, "missing"), ("committee", "not_asked")):
        answer = await says(desk, of, "yes")
        assert (answer["errors"][0]["field"], answer["errors"][0]["problem"]) == ("$.of", problem)
        assert "party, office" in answer["errors"][0]["expected"]
    await says(desk, "office", "yes")
    assert (await says(desk, "office", "yes"))["errors"][0]["problem"] == "not_asked", "once"
    assert (await says(desk, None, "yes"))["state"] == "closed", "one is left"


async def test_who_handled_it_sees_neither_who_is_asked_nor_what_was_answered(desk: Desk) -> None:
    await handled(desk, **SENT, number=DRAWN)
    await says(desk, "office", "no", reason="局里说没有修")
    mine = await seen(desk, OFFICER)
    assert {"need", "missing"}.isdisjoint(mine)
    assert "answers" not in mine["rounds"][0]
    assert "局里说没有修" not in str(mine)


async def test_somebodys_attempts_do_not_count_for_another(desk: Desk) -> None:
    await handled(desk, **SENT, number=DRAWN)
    for of in ("party", "party", "office"):
        await desk.order(CALLER, "i-1", "attempt", {"of": of, "result": "no_answer"})
        desk.advance(hours=15)
    assert "tried-too-little" in (await says(desk, "office", "unreachable"))["type"]
    assert (await says(desk, "party", "unreachable"))["state"] == "handled"


async def test_a_silent_party_is_no_answer_of_the_office_and_the_list_of_callers_keeps_it(desk: Desk) -> None:
    await handled(desk, **SENT)
    desk.advance(days=5, minutes=1)
    await eventually(lambda: told(desk, names.FOLLOW_UP_ANSWERED))
    [silent] = told(desk, names.FOLLOW_UP_ANSWERED)
    assert (silent["of"], silent["resolved"], silent["missing"]) == ("party", "silent", ["office"])
    assert await waiting(desk, "call") == ["i-1"]
    assert (await says(desk, None, "yes"))["state"] == "followed_up"
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["resolved"] == "silent"


async def test_a_party_that_died_is_not_asked_but_the_office_still_is(desk: Desk) -> None:
    await handled(desk, **SENT, number=DRAWN)
    await desk.order(OFFICE, "i-1", "party_deceased")
    assert [(one["of"], one["need"]) for one in (await seen(desk))["missing"]] == [
        ("place", "site"),
        ("office", "call"),
    ]
    await desk.order(OFFICE, "i-1", "party_deceased", {"mistaken": True})
    assert [(one["of"], one["need"]) for one in (await seen(desk))["missing"]] == [
        ("party", "call"),
        ("office", "call"),
    ]
    await says(desk, "party", "yes")
    await desk.order(OFFICE, "i-1", "party_deceased")
    assert [one["of"] for one in (await seen(desk))["missing"]] == ["office"], "it has answered before"


async def test_what_was_answered_about_a_false_completion_is_asked_again(desk: Desk) -> None:
    await handled(desk, **SENT, number=DRAWN)
    await says(desk, "office", "yes")
    await desk.order(CALLER, "i-1", "void", {"text": "现场三盏灯仍不亮。"})
    found = await seen(desk)
    assert (found["missing"], found["need"], "answers" in found["rounds"][0]) == ([], None, False)
    assert found["rounds"][0]["voided"][0]["undone"]["answers"][0]["of"] == "office"


async def test_an_exemption_ends_the_waiting_for_all_of_them(desk: Desk) -> None:
    await handled(desk, **SENT)
    await desk.order(OFFICE, "i-1", "exempt", {"of": "follow_up", "reason": "已由督查组当面核实"})
    desk.advance(days=6)
    found = await seen(desk)
    assert (found["state"], found["missing"], await waiting(desk, "call")) == ("followed_up", [], [])
    assert told(desk, names.ISSUE_FOLLOWED_UP) == told(desk, names.FOLLOW_UP_ANSWERED) == []


def test_several_answers_come_to_the_least_of_them() -> None:
    def said(resolved: str, satisfied: int | None = None) -> dict[str, Any]:
        return {"resolved": resolved, "satisfied": satisfied, "reason": resolved, "method": "call", "evidence": []}

    found = together([said("yes", 5), said("no", 4), said("partly", 2), said("declined")])
    assert (found["resolved"], found["reason"], found["satisfied"]) == ("no", "no", 2)
    assert together([said("yes"), said("silent")])["resolved"] == "silent"
