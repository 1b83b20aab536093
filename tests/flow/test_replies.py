"""A department answers by its topic: its own system reads what is for it, and does what it has to do."""

from pathlib import Path
from typing import Any

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing
from tests.flow.parts import ON_BOTH
from tests.flow.test_succession import FORMER, HEIR, LAST_DAY, renamed
from tests.support import assembling
from tests.support import city as cities
from tests.support.city import City, in_memory, local
from tests.support.packs import A_DAY
from tests.support.people import Issue
from tests.unit.desk.test_replies import reply

UNIT, HELPER = "housing-construction", "tax"
HANDLED = {"outcome": "solved", "reply": "路灯已修复，今晚恢复照明。"}


async def answer(city: City, issue: Issue, command: str, said: Any = None, unit: str = UNIT) -> Outgoing:
    sent = reply(command, said, issue=issue.id, unit=unit)
    assert all(await city.broker.publish([sent]))
    await city.quiet()
    return sent


async def heard(city: City, issue: Issue, unit: str = UNIT) -> list[str]:
    told = await city.unit_topic(unit, issue)
    assert [one.headers["ce_unitsequence"] for one in told] == [str(n + 1) for n in range(len(told))]
    return [one.type for one in told]


@ON_BOTH
async def test_a_department_does_its_part_by_topic_alone_and_hears_of_each_step(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    sent = await answer(city, issue, "acknowledge")
    await answer(city, issue, "contact", {"result": "reached", "method": "visit"})
    await answer(city, issue, "handle", HANDLED)
    if await city.state(issue) == "unsigned":
        await city.head(UNIT).sign(issue)
    own = [one for one in await city.unit_topic(UNIT, issue) if one.source == "desk"]
    assert [one.type for one in own][:3] == ["acknowledged", "contacted", "handled"]
    assert own[0].data["by"] == {"id": UNIT, "role": "unit_system", "unit": UNIT}
    assert own[0].headers["ce_causationid"] == f"command:{UNIT}:reply:{dict(sent.headers)['ce_id'].decode()}"
    await city.person("follow_up_caller").follow_up(issue, satisfied=5)
    assert await city.state(issue) == "closed"


@ON_BOTH
async def test_what_is_refused_its_own_unit_hears_in_its_place_and_no_other(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).order(issue, "ask_assist", {"unit": HELPER, "task": "核对缴费情况"})
    before = await heard(city, issue), await heard(city, issue, HELPER)
    sent = await answer(city, issue, "acknowledge")
    await answer(city, issue, "assist_done", unit=HELPER)
    assert (await heard(city, issue))[len(before[0]) :] == ["reply-refused", "assist-done"]
    assert (await heard(city, issue, HELPER))[len(before[1]) :] == ["assist-done"]
    [refused] = [one for one in await city.unit_topic(UNIT, issue) if one.type == "reply-refused"]
    assert refused.data["reply"] == dict(sent.headers)["ce_id"].decode()
    assert (refused.data["command"], refused.data["problem"]) == ("acknowledge", "urn:sanfu:problem:not-now")
    assert {"contact", "return"} <= set(refused.data["allowed"])
    assert refused.data["reason"].startswith("acknowledge is not for you")


async def test_why_a_reply_about_what_is_confidential_was_refused_its_unit_hears_all_the_same(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.person("coordination_office").order(
        issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及举报人"}
    )
    await answer(city, issue, "contact", {"result": "reached", "summary": "与举报人见面"})
    refused = (await city.unit_topic(UNIT, issue))[-1]
    assert (refused.type, refused.data["command"]) == ("reply-refused", "contact")
    assert "not for you" in refused.data["reason"]
    assert "见面" not in await city.everything()


async def test_what_is_sent_while_the_desk_is_away_is_done_when_it_is_back(city: City) -> None:
    await city.stop("desk")
    issue = await city.report("hotline", category="road-lamp")
    await answer(city, issue, "acknowledge")
    await answer(city, issue, "contact", {"result": "failed"})
    await city.start("desk")
    await city.quiet()
    assert [one.type for one in await city.story(issue) if one.source == "desk"][:2] == ["acknowledged", "contacted"]


async def test_a_desk_that_lost_its_store_takes_no_reply_again(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    early = await answer(city, issue, "contact", {"result": "reached"})
    done = await answer(city, issue, "acknowledge")
    told = [one.headers["ce_id"] for one in await city.story(issue)]
    await city.stop("desk")
    await city.parts("desk").documents.wipe()
    await city.start("desk")
    assert all(await city.broker.publish([early, done]))
    await city.quiet()
    assert [one.headers["ce_id"] for one in await city.story(issue)] == told


async def test_a_unit_that_is_no_more_is_told_who_goes_on_with_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = PackHolder(renamed(tmp_path), today=lambda: A_DAY)
    for module in (assembling, cities):
        monkeypatch.setattr(module, "packs", lambda: holder)
    async with in_memory("2026-05-07 17:00") as city:
        issue = await city.report("hotline", category="road-lamp")
        await answer(city, issue, "acknowledge", unit=FORMER)
        await city.advance_to(local(f"{LAST_DAY} 00:01"))
        await answer(city, issue, "contact", {"result": "reached"}, unit=FORMER)
        [letter] = await city.broker.read(names.refused_replies_topic(FORMER))
        heads = dict(letter.headers)
        assert heads["sanfu_problem"] == b"urn:sanfu:problem:unit-ended"
        assert HEIR in heads["sanfu_reason"].decode()
        assert next(one.type for one in await city.story(issue) if one.source == "desk") == "acknowledged"
