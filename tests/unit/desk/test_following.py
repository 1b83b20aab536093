"""Follow-up over HTTP: by which method, by whom, how often; lots that nobody can steer; what was not done after all."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from sanfu.contracts import names
from tests.support import cases
from tests.support.assembling import RING
from tests.support.cases import CALLER, HEAD, HELPER, LEADER, OFFICE, OFFICER, OTHER, Desk, Story, submitted
from tests.support.eventually import eventually
from tests.support.following import DRAWN, LOTS, PICTURE, REPLY, SHARE, again, handled, seen, told


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def refused(desk: Desk, said: Mapping[str, Any], by: str = CALLER, command: str = "follow_up") -> str:
    answer = (await desk.order(by, "i-1", command, said)).json()
    return str(answer["errors"][0]["problem"] if "errors" in answer else answer["type"].rpartition(":")[2])


# ── which method ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("how", "need", "because"),
    [
        ({}, "link", "all"),
        ({"number": DRAWN}, "call", "drawn"),
        ({"grade": "difficult"}, "call", "policy"),
        ({"audience": "enterprise"}, "call", "policy"),
        ({"channel": "petition"}, "writing", "channel"),
        ({"contact": "none", "grade": "complex"}, "site", "nobody_to_ask"),
        ({"contact": "none", "number": DRAWN}, "site", "nobody_to_ask"),
        ({"channel": "experience", "party_kind": "none"}, "again", "channel"),
        ({"channel": "checkup", "party_kind": "none"}, "monitor", "channel"),
    ],
)
async def test_how_it_is_followed_up_is_planned_when_it_is_handled(
    desk: Desk, how: dict[str, Any], need: str, because: str
) -> None:
    await handled(desk, **how)
    [plan] = told(desk, names.FOLLOW_UP_PLANNED)
    assert (plan["need"], plan["because"]) == (need, because)
    assert (plan["link"] == "new") is (need in {"link", "call", "writing"})
    assert (await seen(desk))["need"] == need


async def test_an_anonymous_simple_issue_that_the_lot_spares_asks_nobody_and_the_office_closes_it(desk: Desk) -> None:
    await handled(desk, contact="none")
    assert (await seen(desk))["state"] == "followed_up"
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["resolved"] == "silent"
    assert (await desk.order(OFFICE, "i-1", "close", {"kind": "unverifiable"})).json()["state"] == "closed"


async def test_who_handled_it_does_not_see_whether_it_was_drawn_nor_who_was_called(desk: Desk) -> None:
    await handled(desk, DRAWN)
    await desk.order(CALLER, "i-1", "attempt", {"result": "no_answer"})
    for user in (OFFICER, HEAD):
        mine = await seen(desk, user)
        assert "need" not in mine
        assert "draw" not in str(mine)
        assert "follow-up" not in str(mine)
    assert (await seen(desk))["rounds"][0]["plan"]["draw"]["drawn"] is True


async def test_a_draw_can_be_checked_by_anybody_once_the_month_is_over(desk: Desk) -> None:
    await handled(desk)
    draw = told(desk, names.FOLLOW_UP_PLANNED)[0]["draw"]
    sealed = (await desk.get(LEADER, "/v1/lots/2026-05")).json()
    assert sealed == {"period": "2026-05", "seal": draw["seal"], "seed": None}
    assert (await desk.get(LEADER, "/v1/lots/2026-06")).json()["seed"] is None, "nobody foresees the next month's"
    desk.advance(days=26)  # the first of June
    seed = bytes.fromhex((await desk.get(LEADER, "/v1/lots/2026-05")).json()["seed"])
    assert hashlib.sha256(seed).hexdigest() == draw["seal"]
    number = int(hmac.new(seed, draw["ticket"].encode(), "sha256").hexdigest()[:16], 16)
    assert (number / 2**64 < draw["share"]) is draw["drawn"]


def test_the_lot_draws_about_its_share_and_each_month_anew() -> None:
    may, june = (
        {n for n in range(20_000) if LOTS.draw(f"YW-{n}/1", month, SHARE)["drawn"]}  # type: ignore[index]
        for month in ("2026-05", "2026-06")
    )
    assert 1800 < len(may) < 2200
    assert len(may & june) < 300, "the same tickets would be foreseen"


# ── by whom, how ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_is_not_replaced_by_a_look_nor_a_look_by_a_call(desk: Desk) -> None:
    await handled(desk, DRAWN)
    assert await refused(desk, {"resolved": "yes", "method": "site"}) == "not_enough"
    assert (await desk.order(CALLER, "i-1", "follow_up", {"resolved": "yes"})).json()["state"] == "closed"


async def test_on_site_somebody_looks_and_takes_a_photo(desk: Desk) -> None:
    await handled(desk, contact="none", grade="complex")
    photo = (await desk.keep(CALLER, "i-1", PICTURE)).json()
    assert await refused(desk, {"resolved": "yes", "method": "call"}) == "not_enough"
    assert await refused(desk, {"resolved": "yes"}) == "no_photo"
    assert await refused(desk, {"resolved": "yes", "satisfied": 5, "evidence": [photo]}) == "nobody_asked"
    assert await refused(desk, {"resolved": "declined", "evidence": [photo]}) == "not_seen"
    assert await refused(desk, {"result": "no_answer"}, command="attempt") == "nobody-to-ask"
    answer = await desk.order(CALLER, "i-1", "follow_up", {"resolved": "yes", "evidence": [photo]})
    assert answer.json()["state"] == "closed"


async def test_unreachable_is_who_was_tried_three_times_on_two_days_with_hours_between(desk: Desk) -> None:
    await handled(desk, DRAWN)
    unreachable = {"resolved": "unreachable"}
    assert await refused(desk, unreachable) == "tried-too-little"
    for hours in (0, 1, 4):
        desk.advance(hours=hours)
        await desk.order(CALLER, "i-1", "attempt", {"result": "no_answer"})
    desk.advance(hours=4)
    assert await refused(desk, unreachable) == "tried-too-little", "four attempts, three far enough apart, on one day"
    desk.advance(hours=15)
    assert (await desk.order(CALLER, "i-1", "follow_up", unreachable)).json()["state"] == "followed_up"
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["attempts"] == 4
    assert (await desk.order(OFFICE, "i-1", "close", {"kind": "unverifiable"})).json()["state"] == "closed"


@pytest.mark.parametrize(("grade", "state", "need"), [("simple", "followed_up", None), ("complex", "handled", "call")])
async def test_who_does_not_answer_the_link_in_five_days_is_silent_which_lets_only_a_simple_issue_close(
    desk: Desk, grade: str, state: str, need: str | None
) -> None:
    await handled(desk, grade=grade)
    desk.advance(days=4, hours=23)
    assert (await seen(desk))["need"] == "link"
    desk.advance(hours=1)
    await eventually(lambda: len(told(desk, names.FOLLOW_UP_PLANNED) + told(desk, names.ISSUE_FOLLOWED_UP)) == 2)
    found = await seen(desk)
    assert (found["state"], found["need"]) == (state, need)
    desk.advance(days=30)
    assert (await seen(desk))["state"] == state, "nothing more happens by itself"


async def test_nobody_says_in_the_partys_place_that_it_was_silent_or_answered_by_link(desk: Desk) -> None:
    await handled(desk)
    for said in ({"resolved": "silent"}, {"resolved": "yes", "method": "link"}):
        assert (await desk.order(CALLER, "i-1", "follow_up", said)).status_code == 422


# ── what was not done after all ──────────────────────────────────────────────────────────────────────────────────────

FOUND = {"text": "现场三盏灯仍不亮，灯头未更换。"}


@pytest.mark.parametrize("until", ["handled", "followed_up", "closed"])
async def test_a_false_completion_is_void_and_the_lead_handles_again_in_the_same_round(desk: Desk, until: str) -> None:
    await handled(desk)
    if until != "handled":
        said = {"resolved": "partly"} if until == "followed_up" else {"resolved": "yes"}
        assert (await desk.order(CALLER, "i-1", "follow_up", said)).json()["state"] == until
    assert await refused(desk, FOUND, OFFICER, "void") == "not-now"
    voided = (await desk.order(CALLER, "i-1", "void", FOUND)).json()
    assert (voided["state"], voided["case"]["round"], voided["case"]["closed_as"]) == ("contacted", 1, None)
    round = voided["case"]["rounds"][0]
    assert "handle" not in round
    assert (round["voided"][0]["reply"], round["voided"][0]["found"]) == (REPLY, FOUND["text"])
    copied = await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": REPLY})
    assert copied.json()["errors"][0]["problem"] == "copy_of_the_last"

    async def ordered() -> bool:
        return bool((await seen(desk))["affairs"])

    await eventually(ordered)
    await again(desk, "已实际更换三盏灯头并夜间试亮，附照片。")
    assert (await seen(desk))["state"] == "handled"
    [first, second] = told(desk, names.FOLLOW_UP_PLANNED)[:2]
    assert first["draw"]["ticket"] == f"{submitted()['receipt']}/1", "of the round: no second try at the lot in it"
    assert (second["need"], second["because"]) == ("call", "supervised"), "an order came of it: its party is called"


async def test_what_was_never_handled_cannot_be_void(desk: Desk) -> None:
    story = Story("i-1")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted(kind="consult")))
    await desk.order(OFFICE, "i-1", "answer", {"reply": "办理居住证请到镇便民服务中心。"})
    assert await refused(desk, FOUND, CALLER, "void") == "nothing-handled"
    assert "void" not in (await seen(desk))["allowed"]


async def test_an_issue_handled_at_the_turn_of_a_month_is_drawn_by_the_citys_own_date(desk: Desk) -> None:
    desk.advance(days=25, hours=15, minutes=30)  # 31 May, 16:30 UTC
    await handled(desk)
    assert told(desk, names.FOLLOW_UP_PLANNED)[0]["draw"]["period"] == "2026-06"


async def test_who_visited_does_not_ask_how_it_was_handled_by_whatever_method(desk: Desk) -> None:
    await handled(desk, channel="visit", filer={"id": CALLER, "unit": "fotang", "kind": "officer"})
    for command, said in (("follow_up", {"resolved": "yes"}), ("attempt", {"result": "no_answer"})):
        answer = await desk.order(CALLER, "i-1", command, said)
        assert answer.json()["type"].endswith("filed-it"), command
    assert (await desk.order(OFFICE, "i-1", "follow_up", {"resolved": "yes"})).json()["state"] == "closed"


async def test_an_officer_of_another_unit_finds_what_waits_to_be_experienced_again_and_the_units_own_do_not(
    desk: Desk,
) -> None:
    found = {"id": OTHER, "unit": "tax", "kind": "officer", "named_to_unit": False}
    await handled(desk, channel="experience", party_kind="none", filer=found)

    async def listed(user: str, **query: str) -> list[str]:
        return [one["id"] for one in (await desk.get(user, "/v1/cases", **query)).json()["items"]]

    assert await listed(HELPER, need="again") == ["i-1"]
    assert await listed(HELPER) == [], "it is none of their unit's work"
    assert (await desk.get(HELPER, "/v1/counts")).json()["open"] == 0
    assert await listed(OFFICER, need="again") == [], "who handled it does not learn how it is followed up"
    mine = await seen(desk, HELPER)
    assert (mine["allowed"], mine["filer"], "need" in mine) == (["follow_up"], None, False)
    assert "follow_up" not in (await seen(desk, OTHER))["allowed"], "who found it is not who experiences it again"
    assert await refused(desk, {"resolved": "yes"}, OTHER) == "filed-it"
    assert (await desk.get(HELPER, "/v1/cases/i-1/contact", purpose="看看")).status_code == 403
    assert (await desk.order(HELPER, "i-1", "follow_up", {"resolved": "yes"})).json()["state"] == "closed"
    assert told(desk, names.ISSUE_FOLLOWED_UP)[0]["by"] == {"id": HELPER, "role": "officer", "unit": "transport"}
    assert (await desk.get(HELPER, "/v1/cases/i-1")).status_code == 404, "and has no more to do with it"
