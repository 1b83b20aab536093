"""A post ends and another goes on with its work: what was addressed to it passes over, and what it held is held."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts.envelope import instant
from tests.support import assembling
from tests.support import city as cities
from tests.support.city import City, in_memory, local
from tests.support.packs import A_DAY, copied, edited, lasting
from tests.support.people import Issue

AGENT, DEPUTY = "fotang-window-officer", "service-centre-officer"
SPONSOR, NEXT = "city-leader", "city-leader-2"
DUTY, OFFICER = "fotang-duty", "fotang-officer"
FIRST_DAY = "2026-05-08"
"""From that day on the former are no more."""
UNIT = "housing-construction"


def reorganised(folder: Path) -> Path:
    """Copy the shipped pack into a folder; in it three posts end that day. Return its root."""
    root = copied(folder)
    edited(
        root, "staff.csv", "city-leader,",
        f"{NEXT},戚癸巳,leading-group,leader,13800002009,{NEXT}@yiwu.example,zh,yes\ncity-leader,",
    )  # fmt: skip
    lasting(
        root, "staff.csv", fotang_window_officer=("", FIRST_DAY, DEPUTY), city_leader=("", FIRST_DAY, NEXT),
        fotang_duty=("", FIRST_DAY, OFFICER), city_leader_2=(FIRST_DAY, "", ""),
    )  # fmt: skip
    return root


@pytest.fixture
async def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    holder = PackHolder(reorganised(tmp_path), today=lambda: A_DAY)
    for module in (assembling, cities):
        monkeypatch.setattr(module, "packs", lambda: holder)
    async with in_memory() as city:
        yield city


async def errand(city: City) -> Issue:
    filer = {"id": AGENT, "unit": "fotang-window"}
    issue = await city.report(
        "window", audience="enterprise", title="代办营业执照变更", text="请代办。", category="business-registration",
        filer=filer,
    )  # fmt: skip
    agent = city.staff(AGENT)
    await agent.order(issue, "plan_errand", {})
    await agent.order(issue, "step_errand", {"step": 1})
    return issue


async def registered(city: City) -> Issue:
    """An issue that a meeting put on the register, with a leader who sponsors it."""
    issue, office = await city.report("hotline", flags=["legacy"]), city.person("coordination_office")
    reviewer, officer = city.person("reviewer"), city.officer(UNIT)
    if (await city.state(issue)) == "in_review":
        await reviewer.dispatch(issue, UNIT, "difficult")
    await officer.acknowledge(issue)
    await officer.contact(issue)
    called = {"kind": "coordination", "title": "协调会", "at": in_days(city, 0.1), "issues": [issue.id]}
    meeting = (await office.make("meetings", called))["id"]
    await city.advance(hours=3)
    plan = {
        "owner": UNIT, "sponsor": SPONSOR, "cause": "产权历史遗留", "report_by": in_days(city, 60),
        "plan": [{"text": "权籍调查", "limit": in_days(city, 10)}],
    }  # fmt: skip
    decided = {"issue": issue.id, "decision": "register", "text": "列入挂账管理。", "unit": UNIT, "plan": plan}
    await office.make(f"meetings/{meeting}/hold", {"held_at": in_days(city, 0), "decisions": [decided]})
    return issue


def in_days(city: City, days: float) -> str:
    return instant(city.clock.now() + timedelta(days=days))


async def test_errands_and_what_a_leader_sponsors_pass_over_by_one_event_each_with_their_limits(city: City) -> None:
    errands, kept = [await errand(city) for _ in range(3)], await registered(city)
    limit = await city.limit(kept, "register_milestone")
    limits = [await city.limit(issue, "handling") for issue in errands]
    deputy, agent, successor = city.staff(DEPUTY), city.staff(AGENT), city.staff(NEXT)
    assert [await deputy.sees(issue) for issue in errands] == [None, None, None]
    assert (await successor.get("/v1/cases")).status_code == 401, "the post is not there yet"

    await city.advance_to(local(f"{FIRST_DAY} 00:01"))

    for issue in errands:
        [told] = await city.of(issue, "post-succeeded")
        assert (told.data["from_user"], told.data["user"]) == (AGENT, DEPUTY)
        seen = await deputy.sees(issue)
        assert seen is not None
        assert seen["errand"]["agent"] == DEPUTY
        assert seen["errand"]["steps"][0]["by"] == AGENT, "what it did it did"
        await deputy.order(issue, "step_errand", {"step": 2})
    assert [await city.limit(issue, "handling") for issue in errands] == limits
    assert (await agent.get("/v1/cases")).status_code == 401, "its token opens nothing any more"
    [told] = await city.of(kept, "post-succeeded")
    assert (told.data["from_user"], told.data["user"]) == (SPONSOR, NEXT)
    [sponsored] = (await successor.reads(f"cases?sponsor={NEXT}"))["items"]
    assert sponsored["id"] == kept.id
    assert await city.limit(kept, "register_milestone") == limit
    office = city.person("coordination_office")
    seen = await office.sees(kept)
    assert seen is not None
    assert (seen["sponsor"], seen["register"]["sponsor"]) == (NEXT, NEXT)
    assert (await office.reads(f"cases?sponsor={SPONSOR}"))["items"] == []


async def test_a_desk_that_was_down_that_night_says_it_once_when_it_is_back(city: City) -> None:
    issue = await errand(city)
    await city.stop("desk")
    city.clock.set(local(f"{FIRST_DAY} 00:01"))
    await city.start("desk")
    assert len(await city.of(issue, "post-succeeded")) == 1
    await city.stop("desk")
    await city.start("desk")
    assert len(await city.of(issue, "post-succeeded")) == 1


async def test_whoever_succeeds_a_duty_post_is_rung_in_an_emergency_and_who_left_is_not(city: City) -> None:
    await city.advance_to(local(f"{FIRST_DAY} 00:01"))
    await city.report("hotline", urgency="emergency", title="井盖塌陷", text="有人坠落，快来人。")
    rung = {posted.to.removeprefix("+86") for posted in city.sms.got}
    phones = {post: city.pack.staff[post].phone for post in (DUTY, OFFICER)}
    assert phones[OFFICER] in rung
    assert phones[DUTY] not in rung


async def test_a_pack_that_would_leave_what_is_addressed_to_a_post_to_nobody_is_not_taken(
    city: City, tmp_path: Path
) -> None:
    issue = await errand(city)
    root = tmp_path / "pack"
    lasting(root, "staff.csv", fotang_window_officer=("", "2026-05-01", ""))
    desk = city.services["desk"]
    before, look = desk.machine.rules, desk._watch
    assert look is not None
    assert await look() is None
    assert desk.machine.rules is before
    await city.staff(AGENT).order(issue, "step_errand", {"step": 2})
    lasting(root, "staff.csv", fotang_window_officer=("", "2026-05-01", DEPUTY))
    assert await look() is not None, "now somebody goes on with it"


async def held_by(city: City, post: str) -> str:
    """Make a list of two visits that a post holds, of which one is done. Return its id."""
    visit = {"what": "project", "title": "某学校项目", "purpose": "find"}
    said = {"kind": "visit", "title": "走访联系清单", "holder": post, "due": "2026-05-12", "entries": [visit, visit]}
    held = str((await city.person("coordination_office").make("lists", said))["id"])
    await city.staff(post).make(f"lists/{held}/mark", {"entry": 1, "result": "visited"})
    return held


async def test_lists_that_a_post_holds_pass_over_by_one_event_each_with_the_dates_of_their_entries(city: City) -> None:
    held = [await held_by(city, AGENT) for _ in range(2)]
    over = await held_by(city, AGENT)
    await city.staff(AGENT).make(f"lists/{over}/end", {"reason": "另行安排"})
    deputy = city.staff(DEPUTY)
    assert (await deputy.reads("lists"))["items"] == []

    await city.advance_to(local(f"{FIRST_DAY} 00:01"))

    for id in held:
        told = await city.affair(id)
        [passed] = [one.data for one in told if one.type == "post-succeeded"]
        assert (passed["from_user"], passed["user"], passed["unit"]) == (AGENT, DEPUTY, "service-centre")
        first, *_, last = [one.data for one in told if one.type == "deadline-set"]
        assert (first["unit"], last["unit"]) == ("fotang-window", "service-centre")
        assert first["limit"] == last["limit"], "the entry is due when it was"
        shown = await deputy.reads(f"lists/{id}")
        assert (shown["holder"], shown["unit"]) == (DEPUTY, "service-centre")
        assert [one["result"] for one in shown["entries"]] == ["visited", None], "what was done stays"
        await deputy.make(f"lists/{id}/mark", {"entry": 2, "result": "closed"})
    assert [one for one in await city.affair(over) if one.type == "post-succeeded"] == [], "what is over stays"
    mails = [one.subject for one in city.mail.to(city.pack.staff[DEPUTY].email) if "清单" in (one.subject or "")]
    assert mails == ["一份走访清单转由您承接"] * len(held), "and the successor is told of each"
    assert len((await deputy.reads("lists?ended=true"))["items"]) == len(held)


async def test_a_pack_that_would_leave_a_list_to_nobody_is_not_taken(city: City, tmp_path: Path) -> None:
    await held_by(city, AGENT)
    lasting(tmp_path / "pack", "staff.csv", fotang_window_officer=("", "2026-05-01", ""))
    look = city.services["desk"]._watch
    assert look is not None
    assert await look() is None


async def test_a_post_that_holds_nothing_may_end_without_a_successor(city: City, tmp_path: Path) -> None:
    lasting(tmp_path / "pack", "staff.csv", fotang_window_officer=("", "2026-05-01", ""))
    look = city.services["desk"]._watch
    assert look is not None
    assert await look() is not None, "there is nothing that would be nobody's"
