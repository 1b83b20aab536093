"""Residents on the public form: from the page to the unit's topic, and what becomes of one who joins."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from sanfu.intake.domain import ids
from tests.flow.parts import ON_BOTH
from tests.support.city import City
from tests.support.files import photo
from tests.support.people import Issue

UNIT = "housing-construction"
LAMP = {
    "text": "稠州北路的路灯坏了三天，晚上很黑", "category": "road-lamp", "town": "choucheng",
    "address": "稠州北路60号", "lon": "120.0751", "lat": "29.3102", "audience": "resident", "named": "yes",
    "name": "王小明", "phone": "13911112222", "home": "义乌市某小区8幢302", "answers.told_before": "no",
}  # fmt: skip


async def fill_in(city: City, key: str, files: tuple[bytes, ...] = (), **more: str) -> Issue:
    """Send the form as a browser does; it must be taken."""
    given = {**LAMP, "key": key, "seen": "1", **more}
    city.heard += [given[name] for name in ("name", "phone", "home") if given["named"] == "yes"]
    parts = [("files", ("IMG_0001.jpg", one, "image/jpeg")) for one in files] or None
    answer = await city.client("intake").post("/report?lang=zh", data=given, files=parts)
    assert answer.status_code == 303, answer.text
    await city.quiet()
    number = parse_qs(urlsplit(answer.headers["location"]).query)["number"][0]
    return Issue(ids.keyed("web", "key", f"form:{key}"), number, {})


async def shown(city: City, issue: Issue) -> str:
    return (await city.client("intake").get("/receipt", params={"number": issue.receipt})).text


@ON_BOTH
async def test_what_a_resident_fills_in_reaches_the_units_topic_and_its_page_follows_it(city: City) -> None:
    issue = await fill_in(city, "form-of-a-resident-1", files=(photo(),))
    assert "正在审核由谁办理" in await shown(city, issue), "a category that residents choose is no more than a hint"
    await city.person("reviewer").dispatch(issue, UNIT, "simple")
    first, *_ = await city.unit_topic(UNIT, issue)
    told: dict[str, Any] = first.data["issue"]
    assert (told["text"], told["answers"]) == (LAMP["text"], {"told_before": False})
    assert told["attachments"][0]["media_type"] == "image/jpeg"
    assert "已交给承办单位" in await shown(city, issue)
    officer = city.person("officer", UNIT)
    await officer.acknowledge(issue)
    await officer.contact(issue)
    await officer.handle(issue)
    assert "已办结" in await shown(city, issue)


async def test_a_second_who_joins_is_shown_to_the_reviewer_and_becomes_a_supporter(city: City) -> None:
    head = await fill_in(city, "form-of-a-resident-1")
    await city.person("reviewer").dispatch(head, UNIT, "simple")
    offered = await city.client("intake").post("/report/near", data={n: LAMP[n] for n in ("category", "lon", "lat")})
    assert head.id in offered.text
    other = await fill_in(
        city, "form-of-a-resident-2", text="回家的那一段看不清楚", phone="13922223333", name="李红", joins=head.id,
        category="", answers="",
    )  # fmt: skip
    case = await city.person("reviewer").reads(f"cases/{other.id}")
    [suspected] = [one for one in case["suspected"] if one["other"] == head.id]
    assert suspected["score"] == 1
    assert "诉求人称是同一件事" in suspected["reason"]
    await city.person("reviewer").order(other, "merge", {"head": head.id, "reason": "同一处路灯"})
    assert len(await city.of(head, "supporter-added")) == 1
    assert "合并办理" in await shown(city, other)


async def test_danger_is_with_the_emergency_unit_at_once(city: City) -> None:
    issue = await fill_in(city, "form-of-a-resident-1", text="稠州北路60号厨房煤气味很重，快来人", seen="")
    [led] = await city.of(issue, "assigned")
    assert led.data["urgency"] == "emergency"
    assert led.data["unit"] == city.pack.emergency_unit
