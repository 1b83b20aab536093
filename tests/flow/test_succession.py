"""Units end, and others go on with their work: open issues, tasks and orders pass over by one event each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from tests.support import assembling
from tests.support import city as cities
from tests.support.city import City, in_memory, local
from tests.support.packs import A_DAY, copied, edited
from tests.support.people import Issue

FORMER, HEIR = "housing-construction", "building"
LAST_DAY = "2026-05-08"
"""A Friday; from that day on the former is no more."""


def renamed(folder: Path) -> Path:
    """Copy the shipped pack into a folder; in it a bureau gets another name that day. Return its root."""
    root = copied(folder)
    edited(
        root, "units.csv", "Housing and Urban-Rural Development Bureau,department,,,,",
        f"Housing and Urban-Rural Development Bureau,department,,,{LAST_DAY},{HEIR}",
    )  # fmt: skip
    edited(
        root, "units.csv", "urban-management,",
        f"{HEIR},住房和建设局,Building Bureau,department,,{LAST_DAY},,,000-0000-0003,building@yiwu.example\n"
        "urban-management,",
    )  # fmt: skip
    edited(
        root, "staff.csv", "tax-officer,",
        f"building-officer,潘庚午,{HEIR},officer,13800002007,building-officer@yiwu.example,zh,yes\n"
        f"building-head,韦辛未,{HEIR},unit_head,13800002008,building-head@yiwu.example,zh,yes\n"
        "tax-officer,",
    )  # fmt: skip
    return root


@pytest.fixture
async def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    """A city whose pack says that on that day a bureau gets another name."""
    holder = PackHolder(renamed(tmp_path), today=lambda: A_DAY)
    for module in (assembling, cities):
        monkeypatch.setattr(module, "packs", lambda: holder)
    async with in_memory() as city:
        yield city


async def lamps(city: City, many: int) -> list[Issue]:
    return [await city.report("hotline", category="road-lamp", external_id=None) for _ in range(many)]


async def test_a_unit_renamed_with_40_open_issues_passes_each_on_by_one_event_with_its_deadline(city: City) -> None:
    await city.advance_to(local("2026-05-07 17:00"))  # past the cut-off: the same day is the next one
    *issues, done = await lamps(city, 41)
    reviewer = city.person("reviewer")
    for issue in issues:
        if (await reviewer.reads(f"cases/{issue.id}"))["unit"] is None:
            await reviewer.dispatch(issue, FORMER, "complex")
    await city.officer(FORMER).do_all(done)
    await city.person("follow_up_caller").follow_up(done, "yes")
    limits = {issue.id: (await city.limit(issue), await city.limit(issue, "handling")) for issue in issues}
    await city.advance_to(local(f"{LAST_DAY} 00:01"))
    for issue in issues:
        [told] = await city.of(issue, "unit-succeeded")
        assert (told.data["from_unit"], told.data["unit"]) == (FORMER, HEIR)
        assert (await city.limit(issue), await city.limit(issue, "handling")) == limits[issue.id]
        carried = await city.unit_topic(HEIR, issue)
        assert (carried[0].type, carried[0].data["issue"]["unit"]) == ("unit-succeeded", HEIR)
        assert (await city.unit_topic(FORMER, issue))[-1].type == "unit-succeeded"
    assert await city.of(done, "unit-succeeded") == [], "what is closed stays where it was"
    former, heir = city.officer(FORMER), city.officer(HEIR)
    assert (await former.reads("cases"))["items"] == []
    assert await former.sees(done) is not None
    assert await former.sees(issues[0]) is None
    assert len((await heir.reads("cases?limit=100"))["items"]) == 40
    one = issues[0]
    await heir.acknowledge(one)
    await city.advance_to(limits[one.id][0])
    red = [each for each in await city.of(one, "light-changed") if each.data["clock"] == "unit_handling"][-1]
    assert (red.data["level"], red.data["unit"]) == ("red", HEIR)
    assert city.email("unit_head", HEIR) in {each.to for each in city.mail.got}
    await heir.contact(one)
    await heir.handle(one)


async def test_tasks_orders_and_copies_of_a_unit_that_is_no_more_are_its_successors(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    office, reviewer = city.person("coordination_office"), city.person("reviewer")
    if (await reviewer.reads(f"cases/{issue.id}"))["unit"] is not None:
        await city.officer(FORMER).give_back(issue, "transport")
    else:
        await reviewer.dispatch(issue, "transport", "complex")
    lead = city.officer("transport")
    await lead.acknowledge(issue)
    await lead.order(issue, "ask_assist", {"unit": FORMER, "task": "提供图纸"})
    along = await city.report("hotline", title="咨询一件事", text="想问一件事该找谁。")
    await reviewer.dispatch(along, "transport")
    await lead.order(along, "copy", {"unit": FORMER, "reason": "知悉"})
    order = await office.make("orders", {"level": "red", "unit": FORMER, "issues": [issue.id], "text": "请书面说明。"})
    await city.advance_to(local(f"{LAST_DAY} 00:01"))
    heir = city.officer(HEIR)
    seen, read = await office.sees(issue), await heir.sees(along)
    assert seen is not None and read is not None, "the heir reads along"
    assert (read["copies"], [task["unit"] for task in seen["assists"]]) == ([HEIR], [HEIR])
    assert await city.officer(FORMER).sees(along) is None
    await heir.order(issue, "assist_done", {"text": "图纸已提供"})
    assert [told.type for told in await city.unit_topic(HEIR, issue)][:1] == ["unit-succeeded"]
    clocks = [told.data["unit"] for told in await city.affair(order["id"]) if told.type == "deadline-set"]
    assert clocks == [FORMER, HEIR]
    await city.head(HEIR).make(f"orders/{order['id']}/reply", {"text": "已说明。"})
    seen = await office.sees(issue)
    assert seen is not None
    assert seen["unit"] == "transport", "who leads is nobody's who ended"


async def test_a_desk_that_was_down_at_midnight_does_it_when_it_is_back(city: City) -> None:
    issues = await lamps(city, 3)
    await city.stop("desk")
    city.clock.set(local(f"{LAST_DAY} 00:01"))
    await city.start("desk")
    for issue in issues:
        assert len(await city.of(issue, "unit-succeeded")) == 1
    late = await city.report("hotline", title="咨询一件事", text="想问一件事该找谁。")
    reviewer = city.person("reviewer")
    await reviewer.dispatch(late, FORMER, refused="invalid-input")  # it is the day after, by the city's clock
    await reviewer.dispatch(late, HEIR)


async def test_a_pack_that_would_leave_open_issues_to_nobody_is_not_taken_until_nobody_has_any(
    city: City, tmp_path: Path
) -> None:
    issue = await city.report("hotline", title="占道经营", text="有人占道经营。")
    assert (await city.of(issue, "assigned"))[-1].data["unit"] == "urban-management"
    root = tmp_path / "pack"
    row = next(line for line in (root / "units.csv").read_text().splitlines() if line.startswith("urban-management,"))
    parts = row.split(",")
    edited(root, "units.csv", row, ",".join([*parts[:6], "2026-05-01", "", *parts[8:]]))
    desk = city.services["desk"]
    before, look = desk.machine.rules, desk._watch
    assert look is not None
    assert await look() is None
    assert desk.machine.rules is before
    assert await city.officer("urban-management").sees(issue), "its work goes on"
    await city.officer("urban-management").do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    if await city.state(issue) != "closed":
        await city.person("coordination_office").close(issue, "unverifiable")
    assert await look() is not None, "now it can be taken"


async def test_a_list_that_a_units_officer_holds_goes_on_under_the_units_successor(city: City) -> None:
    visit = {"what": "project", "title": "某学校项目", "purpose": "find"}
    said = {"kind": "visit", "title": "走访联系清单", "holder": f"{FORMER}-officer", "due": "2026-05-12"}
    held = (await city.person("coordination_office").make("lists", {**said, "entries": [visit]}))["id"]
    await city.advance_to(local(f"{LAST_DAY} 00:01"))
    told = await city.affair(held)
    [passed] = [one.data for one in told if one.type == "unit-succeeded"]
    assert (passed["from_unit"], passed["unit"]) == (FORMER, HEIR)
    limits = {one.data["unit"]: one.data["limit"] for one in told if one.type == "deadline-set"}
    assert set(limits) == {FORMER, HEIR}
    assert len({*limits.values()}) == 1, "the entry is due when it was"
    assert (await city.head(HEIR).reads(f"lists/{held}"))["unit"] == HEIR
