"""A category ends and another goes on in its place: open issues are of that one from the day on, by one event each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from tests.support import assembling
from tests.support import city as cities
from tests.support.city import City, in_memory, local
from tests.support.packs import A_DAY, copied, edited, lasting
from tests.support.people import Issue

FORMER, HEIR = "road-lamp", "street-works"
FIRST_DAY = "2026-05-08"
"""A Friday; from that day on the former is no more, and the heir is there."""
LED_BY, LED_THEN = "housing-construction", "urban-management"


def renamed(folder: Path) -> Path:
    """Copy the shipped pack into a folder; in it a category goes on as another that day, at another bureau."""
    return recast(copied(folder))


def recast(root: Path) -> Path:
    edited(
        root, "categories.csv", "drainage,",
        f"{HEIR},市政设施,Street works,resident,{LED_THEN},complex,井盖,issue,normal,open,"
        "resident|grassroots,,井盖+松动\ndrainage,",
    )  # fmt: skip
    lasting(root, "categories.csv", road_lamp=("", FIRST_DAY, HEIR), street_works=(FIRST_DAY, "", ""))
    return root


@pytest.fixture
async def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    holder = PackHolder(renamed(tmp_path), today=lambda: A_DAY)
    for module in (assembling, cities):
        monkeypatch.setattr(module, "packs", lambda: holder)
    async with in_memory() as city:
        yield city


async def lamp(city: City, **more: object) -> Issue:
    return await city.report("hotline", category=FORMER, external_id=None, **more)


async def category(city: City, issue: Issue) -> tuple[str, str]:
    """The category as desk and router have it."""
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    kept = await city.services["router"].parts.documents.read([issue.id])
    return seen["category"], kept[issue.id]["standing"]["category"]


async def test_a_category_that_ends_with_40_open_issues_has_each_go_on_as_its_successors_with_its_deadline(
    city: City,
) -> None:
    await city.advance_to(local("2026-05-07 17:00"))  # past the cut-off: the same day is the next one
    *issues, done = [await lamp(city) for _ in range(40)]
    secret = await lamp(city, secrecy="confidential")
    issues.append(secret)
    reviewer = city.person("reviewer")
    for issue in [*issues[:20], secret, done]:
        if (await reviewer.reads(f"cases/{issue.id}"))["unit"] is None:
            await reviewer.dispatch(issue, LED_BY, "complex")
    await city.officer(LED_BY).do_all(done)
    await city.person("follow_up_caller").follow_up(done, "yes")
    limits = {issue.id: (await city.limit(issue), await city.limit(issue, "handling")) for issue in issues}
    before = {issue.id: (await reviewer.reads(f"cases/{issue.id}")) for issue in issues}
    told = {issue.id: len(await city.of(issue, "deadline-set")) for issue in issues}

    await city.advance_to(local(f"{FIRST_DAY} 00:01"))

    for issue in issues:
        [moved] = await city.of(issue, "category-succeeded")
        assert (moved.data["from_category"], moved.data["category"]) == (FORMER, HEIR)
        assert await category(city, issue) == (HEIR, HEIR)
        assert (await city.limit(issue), await city.limit(issue, "handling")) == limits[issue.id]
        assert len(await city.of(issue, "deadline-set")) == told[issue.id], "no limit was set anew"
        seen = await reviewer.reads(f"cases/{issue.id}")
        same = ("unit", "state", "assignment", "grade", "round")
        assert {name: seen[name] for name in same} == {name: before[issue.id][name] for name in same}
        if seen["unit"]:
            assert (await city.unit_topic(LED_BY, issue))[-1].type == "category-succeeded"
    assert await city.of(done, "category-succeeded") == [], "what is closed stays what it was"
    found = await reviewer.reads(f"cases?category={FORMER}")
    assert found["items"] == []
    assert len((await reviewer.reads(f"cases?category={HEIR}&limit=100"))["items"]) == 40
    one = issues[0]
    officer = city.officer(LED_BY)
    await officer.acknowledge(one)
    await officer.contact(one)
    await officer.handle(one)


async def test_what_comes_under_the_old_name_is_told_the_new_one_and_no_rule_says_the_old_one(city: City) -> None:
    early, _ = await city.post("hotline", category=HEIR, external_id=None)
    assert early.status_code == 422, "it is not there yet"
    [fault] = early.json()["errors"]
    assert (fault["field"], fault["problem"]) == ("$.category", "not_allowed")
    assert HEIR not in fault["expected"]
    await city.advance_to(local(f"{FIRST_DAY} 00:00"))
    late, _ = await city.post("hotline", category=FORMER, external_id=None)
    assert late.status_code == 422
    [fault] = late.json()["errors"]
    assert (fault["field"], fault["problem"]) == ("$.category", "gone")
    assert fault["expected"].startswith(HEIR)
    taken = await city.report("hotline", category=HEIR, external_id=None)
    [assigned] = await city.of(taken, "assigned")
    assert (assigned.data["unit"], assigned.data["grade"], assigned.data["category"]) == (LED_THEN, "complex", HEIR)


async def test_a_reviewer_who_says_the_old_name_is_told_the_new_one(city: City) -> None:
    unsaid = await city.report("hotline", external_id=None)
    reviewer = city.person("reviewer")
    said = {"unit": LED_THEN, "grade": "simple", "reason": "按职责交办。"}
    early = await reviewer.order(unsaid, "dispatch", {**said, "category": HEIR}, refused="invalid-input")
    assert early["errors"][0]["problem"] == "unknown_category", "it is not there yet"
    await city.advance_to(local(f"{FIRST_DAY} 00:01"))
    late = await reviewer.order(unsaid, "dispatch", {**said, "category": FORMER}, refused="invalid-input")
    assert (late["errors"][0]["problem"], late["errors"][0]["expected"][: len(HEIR)]) == ("gone", HEIR)
    await reviewer.order(unsaid, "dispatch", {**said, "category": HEIR})


async def test_what_came_before_the_day_and_was_not_routed_yet_goes_where_the_successor_goes(city: City) -> None:
    await city.advance_to(local("2026-05-07 23:50"))
    await city.stop("router")
    waiting, _ = await city.post("hotline", category=FORMER, external_id=None)
    issue = city.taken(waiting)
    city.clock.set(local(f"{FIRST_DAY} 00:01"))
    await city.start("router")
    assigned = (await city.of(issue, "assigned"))[-1]
    assert (assigned.data["unit"], assigned.data["category"]) == (LED_THEN, HEIR)
    assert len(await city.of(issue, "category-succeeded")) <= 1
    assert await category(city, issue) == (HEIR, HEIR)


async def test_a_desk_that_was_down_at_midnight_does_it_when_it_is_back_and_says_it_once(city: City) -> None:
    issues = [await lamp(city) for _ in range(3)]
    await city.stop("desk")
    city.clock.set(local(f"{FIRST_DAY} 00:01"))
    await city.start("desk")
    for issue in issues:
        assert len(await city.of(issue, "category-succeeded")) == 1
    await city.stop("desk")
    await city.start("desk")
    for issue in issues:
        assert len(await city.of(issue, "category-succeeded")) == 1
        assert await category(city, issue) == (HEIR, HEIR)


async def test_a_pack_that_would_leave_open_issues_without_a_category_is_not_taken_until_there_are_none(
    city: City, tmp_path: Path
) -> None:
    issue = await city.report("hotline", category="funeral", external_id=None)
    if await city.of(issue, "assigned") == []:
        await city.person("reviewer").dispatch(issue, "urban-management")
    unit = (await city.person("reviewer").reads(f"cases/{issue.id}"))["unit"]
    root = tmp_path / "pack"
    lasting(root, "categories.csv", funeral=("", "2026-05-01", ""))
    desk = city.services["desk"]
    before, look = desk.machine.rules, desk._watch
    assert look is not None
    assert await look() is None
    assert desk.machine.rules is before
    await city.officer(unit).do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    if await city.state(issue) != "closed":
        await city.person("coordination_office").close(issue, "unverifiable")
    assert await look() is not None, "now it can be taken"
