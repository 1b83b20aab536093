"""Lists of visits, experience sheets and check-ups, and what was found on them."""

from typing import Any

from tests.flow.parts import ON_BOTH
from tests.support.city import City, local
from tests.support.people import Person

UNIT = "housing-construction"
PLACES = ("某饰品厂二期", "某学校项目", "某物流园", "某安置房项目", "某水厂扩建")
OFFICER = "tax-officer"
SHEET: dict[str, Any] = {"kind": "experience", "title": "排队办税体验清单"}
FINDINGS = ("窗口只开两个，排队两小时。", "取号机坏了没人管。", "要求重复提交复印件。")


def office(city: City) -> Person:
    return city.person("coordination_office", "three-services-office")


def visits(*places: str, due: str = "2026-05-08") -> dict[str, Any]:
    listed = [{"what": "project", "title": place, "purpose": "find", "town": "fotang"} for place in places]
    return {"kind": "visit", "title": "五月走访联系清单", "due": due, "entries": listed}


async def shown(person: Person, made: dict[str, Any]) -> dict[str, Any]:
    return await person.reads(f"lists/{made['id']}")


async def mark(person: Person, made: dict[str, Any], entry: int, result: str = "visited", **more: Any) -> None:
    await person.make(f"lists/{made['id']}/mark", {"entry": entry, "result": result, **more})


async def lights(city: City, made: dict[str, Any]) -> list[str]:
    told = await city.affair(made["id"])
    return [one.data["level"] for one in told if one.type == "light-changed"]


@ON_BOTH
async def test_a_leaders_list_shows_who_was_visited_who_was_not_and_how_its_findings_are_handled(city: City) -> None:
    """Three visited, one refused, one overdue; two findings become issues, and one of them is closed."""
    leader = city.staff("city-leader")
    made = await office(city).make("lists", {**visits(*PLACES), "holder": leader.id})
    first, second = [
        await city.report("visit", category="road-lamp", found_on={"affair": made["id"], "entry": entry}, text=text)
        for entry, text in ((1, "厂门口路灯不亮，夜班职工不敢走。"), (3, "园区外道路路灯全熄。"))
    ]
    for entry in (1, 2, 3):
        await mark(leader, made, entry, text="宣讲减税降费政策。")
    await mark(leader, made, 4, "refused", text="企业称无需走访。")
    await city.advance_to(local("2026-05-09 00:00"))
    assert await lights(city, made) == ["yellow", "red"], "a day before, and once the day of the fifth has passed"
    for issue in (first, second):
        if await city.state(issue) == "in_review":
            await city.person("reviewer").dispatch(issue, UNIT)
    await city.officer(UNIT).do_all(first)
    await city.person("follow_up_caller").follow_up(first, "yes", method="call")
    held = await shown(leader, made)
    assert held["progress"] == {
        "entries": 5, "visited": 3, "refused": 1, "closed": 0, "overdue": 1, "open": 0, "dropped": 0,
        "findings": 2, "under_way": 1, "handled": 0, "findings_closed": 1,
    }  # fmt: skip
    found = {one["number"]: [each["state"] for each in one["findings"]] for one in held["entries"]}
    assert found == {1: ["closed"], 2: [], 3: [await city.state(second)], 4: [], 5: []}, "a visit may have no finding"
    assert held["light"] == "red"
    [line] = (await leader.reads("lists?kind=visit&holder=city-leader"))["items"]
    assert line["progress"] == held["progress"]
    seen = await office(city).sees(first)
    assert seen is not None
    assert seen["found_on"] == {"affair": made["id"], "entry": 1}, "the link stands both ways"
    await mark(leader, made, 5, on="2026-05-08")
    assert (await lights(city, made))[-1] == "none"
    assert (await shown(leader, made))["state"] == "ended"


async def test_the_light_of_a_list_is_that_of_the_entry_that_is_due_next(city: City) -> None:
    holder = city.officer("tax")
    said = visits(*PLACES[:2], due="2026-05-12")
    said["entries"][0]["due"] = "2026-05-07"
    made = await holder.make("lists", said)
    await mark(holder, made, 1)
    await city.advance_to(local("2026-05-08 01:00"))
    assert await lights(city, made) == [], "the first was visited in time"
    await city.advance_to(local("2026-05-12 00:00"))
    assert await lights(city, made) == ["yellow"]
    await city.advance_to(local("2026-05-13 00:00"))
    assert await lights(city, made) == ["yellow", "red"]
    assert (await shown(holder, made))["progress"]["overdue"] == 1


@ON_BOTH
async def test_an_incognito_sheet_has_no_finding_or_three_and_no_unit_learns_whose_it_is(city: City) -> None:
    officer = city.staff(OFFICER)
    done = {"theme": "c01-t01", "town": "fotang", "on": "2026-05-06"}
    none = await officer.make("lists", {**SHEET, "entries": [{**done, "text": "一切正常。"}]})
    assert none["state"] == "ended", "handed in whole"
    three = await officer.make("lists", {**SHEET, "entries": [done]})
    filer = {"id": OFFICER, "unit": "tax", "name": "李暗访", "phone": "13922220001"}
    found_on = {"affair": three["id"], "entry": 1}
    issues = [
        await city.report("experience", category="road-lamp", text=text, filer=filer, found_on=found_on)
        for text in FINDINGS
    ]
    assert [(await shown(officer, one))["progress"]["findings"] for one in (none, three)] == [0, 3]
    for issue in issues:
        if await city.state(issue) != "assigned":
            await city.person("reviewer").dispatch(issue, UNIT)
        await city.officer(UNIT).acknowledge(issue)
        told = str([(one.headers, one.data) for one in await city.unit_topic(UNIT, issue)])
        seen = await city.head(UNIT).sees(issue)
        assert seen is not None
        handled = f"{told} {seen}"
        assert [word for word in (*map(str, filer.values()), three["id"]) if word in handled] == []
        page = await city.head(UNIT).get("/v1/exports/cases.csv")
        assert [word for word in (*map(str, filer.values()), three["id"]) if word in page.text] == []
    for unit in (UNIT, "tax"):
        assert (await city.head(unit).reads("lists?ended=true"))["items"] == [], "not even its own head"
        assert (await city.head(unit).get(f"/v1/lists/{three['id']}")).status_code == 404
    assert len((await office(city).reads("lists?kind=experience&ended=true"))["items"]) == 2


async def test_a_monitors_check_up_is_theirs_and_names_no_one_to_the_unit(city: City) -> None:
    keeper = city.person("system_administrator")
    await keeper.make("users", {"id": "monitor-7", "name": "陈体验", "unit": "three-services-office"})
    await keeper.make("grants", {"user": "monitor-7", "role": "monitor"})
    listed = [{"title": "夜间急诊缴费窗口", "town": "choucheng"}]
    said = {"kind": "checkup", "title": "医院体检", "group": "journalist", "holder": "monitor-7", "due": "2026-05-12"}
    made = await office(city).make("lists", {**said, "entries": listed})
    found_on = {"affair": made["id"], "entry": 1}
    theirs = await city.report("checkup", filer={"id": "monitor-7"}, found_on=found_on)
    others = await city.report("checkup", filer={"id": "monitor-8"}, found_on=found_on, key="another-key-of-a-monitor")
    held = await shown(office(city), made)
    assert [one["receipt"] for one in held["entries"][0]["findings"]] == [theirs.receipt]
    seen = await office(city).sees(others)
    assert seen is not None
    assert seen["found_on"] is None, "what somebody else says of it is found on no list"


async def test_a_finding_that_becomes_confidential_takes_what_was_written_of_its_entry_with_it(city: City) -> None:
    holder = city.officer("tax")
    made = await holder.make("lists", visits(*PLACES[:2]))
    issue = await city.report("visit", found_on={"affair": made["id"], "entry": 1})
    await city.person("reviewer").dispatch(issue, UNIT)
    await mark(holder, made, 1, text="老板说孩子生病。")
    await mark(holder, made, 2, text="宣讲政策。")
    await office(city).order(issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及病情"})
    first, second = (await shown(holder, made))["entries"]
    assert (first["text"], second["text"]) == ("[withheld]", "宣讲政策。")
    told = [one for one in await city.unit_topic(UNIT, issue) if one.type == "secrecy-changed"]
    assert [one.data["concerns"] for one in told] == [[]], "no unit hears on which list it was found"
    [finding] = first["findings"]
    assert (finding["receipt"], finding["title"], finding["unit"]) == (issue.receipt, None, None)


async def test_what_was_found_while_the_desk_was_away_is_on_the_list_once_it_is_back(city: City) -> None:
    holder = city.officer("tax")
    made = await holder.make("lists", visits(*PLACES[:1]))
    await city.stop("desk")
    issue = await city.report("visit", found_on={"affair": made["id"], "entry": 1})
    await city.start("desk")
    [entry] = (await shown(holder, made))["entries"]
    assert [one["receipt"] for one in entry["findings"]] == [issue.receipt]


async def test_a_report_that_names_a_list_which_does_not_know_it_says_so_to_the_reviewer_and_to_no_unit(
    city: City,
) -> None:
    made = await office(city).make("lists", {**visits(*PLACES[:1]), "holder": "city-leader"})
    misspelt = {"affair": f"{made['id'][:-1]}{'0' if made['id'][-1] != '0' else '1'}", "entry": 1}
    other = {"affair": made["id"], "entry": 2}
    right = await city.report("visit", found_on={"affair": made["id"], "entry": 1})
    for named in (misspelt, other):
        issue = await city.report("visit", found_on=named, text=f"另一处：{named}", external_id=None)
        seen = await city.person("reviewer").reads(f"cases/{issue.id}")
        assert (seen["found_on"], seen["found_on_no_list"]) == (None, named)
        if await city.state(issue) == "in_review":
            await city.person("reviewer").dispatch(issue, UNIT)
    known = await city.person("reviewer").reads(f"cases/{right.id}")
    assert (known["found_on"]["entry"], known["found_on_no_list"]) == (1, None)
