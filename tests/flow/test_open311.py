"""Somebody reports by an app of their own, follows it there, and sees it closed."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sanfu.stack.places import checkout
from tests.flow.parts import ON_BOTH
from tests.support.assembling import channel_key
from tests.support.city import City
from tests.support.files import photo
from tests.support.fixmystreet import FixMyStreet
from tests.support.people import Issue

PLACE = {"lat": "29.306800", "long": "120.075000"}
PERSON = {"name": "Ann Li", "email": "ann.li@mail.example"}
UNIT, REPLY = "housing-construction", "已派人到现场更换灯头，今晚恢复照明。"


@pytest.fixture
def app(city: City) -> FixMyStreet:
    return FixMyStreet(city.client("intake"), channel_key("open311"), "yiwu.example")


async def lamp(city: City, app: FixMyStreet, detail: str = "路灯坏了三天，晚上很黑。", **more: str) -> Issue:
    id = await app.send("road-lamp", "路灯不亮", detail, **PERSON, **PLACE, **more)
    assert id is not None, app.error
    await city.quiet()
    [told] = await city.of(Issue(id, "", {}), "submitted")
    return Issue(id, told.data["receipt"], dict(told.data))


async def listed(city: City, **query: str) -> list[dict[str, Any]]:
    answer = await city.client("intake").get("/open311/v2/requests.json", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@ON_BOTH
async def test_a_client_like_fixmystreet_reports_follows_and_sees_it_closed(city: City, app: FixMyStreet) -> None:
    assert "road-lamp" in [one["service_code"] for one in await app.services()]
    issue = await lamp(city, app)
    if await city.state(issue) != "assigned":
        await city.person("reviewer").dispatch(issue, UNIT, "simple")
    [shown] = await listed(city)
    assert (shown["service_request_id"], shown["status"], shown["service_code"]) == (issue.id, "open", "road-lamp")
    assert shown["agency_responsible"] == city.pack.units[UNIT].name_zh
    assert shown["expected_datetime"] == "2026-05-06T17:30:00+08:00", "the same day, by the end of service"
    assert "路灯坏了三天" in shown["description"]
    await city.advance(minutes=1)
    assert await app.fetch(city.clock.now()) > 0
    assert app.state[issue.id] == "investigating"

    officer = city.officer(UNIT)
    await officer.acknowledge(issue)
    await officer.contact(issue)
    await city.advance(minutes=1)
    await app.fetch(city.clock.now())
    assert app.state[issue.id] == "in progress"
    await officer.handle(issue, REPLY)
    assert await app.comment(issue.id, 17, "谢谢，等晚上看看。", "Ann Li", city.clock.now())
    await city.quiet()
    await city.person("follow_up_caller").follow_up(issue, satisfied=5)
    await city.advance(minutes=1)
    await app.fetch(city.clock.now())

    assert await city.state(issue) == "closed"
    assert app.state[issue.id] == "fixed - council"
    texts = [one.text for one in app.comments[issue.id]]
    assert texts.count(REPLY) == 1
    assert await app.fetch(city.clock.now()) == 0, "nothing is told twice"
    [shown] = await listed(city, status="closed")
    assert (shown["status"], shown["status_notes"]) == ("closed", REPLY)
    assert await listed(city, status="open") == []
    answers = (await city.client("intake").get("/open311/v2/servicerequestupdates.xml")).text
    assert [word for word in ("Ann", "ann.li", "issue:", "officer") if word in answers + json.dumps(shown)] == []


async def test_what_could_not_be_sent_is_sent_again_and_stands_there_once(city: City, app: FixMyStreet) -> None:
    issue = await lamp(city, app)
    again = await lamp(city, app)
    assert again.id == issue.id
    assert await app.send("no-such-service", "x", "y", **PERSON, **PLACE) is None
    assert app.error.startswith("404: service_code no-such-service was not found")
    app.key = "x" * 40
    assert await app.send("road-lamp", "x", "y", **PERSON, **PLACE) is None
    assert app.error.startswith("403: api_key")
    assert len(await listed(city)) == 1


async def test_what_turns_out_to_be_confidential_is_gone_from_the_list_and_stays_gone(
    city: City, app: FixMyStreet
) -> None:
    issue = await lamp(city, app)
    office = city.person("coordination_office")
    assert len(await listed(city)) == 1
    await office.order(issue, "raise_secrecy", {"secrecy": "confidential", "reason": "涉及未成年人，按规定保密。"})
    assert await listed(city) == []
    assert (await city.client("intake").get(f"/open311/v2/requests/{issue.id}.xml")).status_code == 404
    await office.order(issue, "lower_secrecy", {"secrecy": "open", "reason": "核实后不涉及未成年人。"})
    assert await listed(city) == []


async def test_a_rebuild_shows_the_same_under_the_same_ids(city: City, app: FixMyStreet) -> None:
    issue = await lamp(city, app)
    if await city.state(issue) != "assigned":
        await city.person("reviewer").dispatch(issue, UNIT, "simple")
    await city.officer(UNIT).do_all(issue)
    updates = "/open311/v2/servicerequestupdates.json"
    before = (await listed(city), (await city.client("intake").get(updates)).json())
    await city.stop("intake")
    documents = city.parts("intake").documents
    await documents.wipe()
    await city.start("intake")
    assert (await listed(city), (await city.client("intake").get(updates)).json()) == before


PAGE = (checkout() / "docs" / "open311.md").read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, str, dict[str, str], dict[str, str], list[str]]]:
    """Read the commands of the page: method, address, headers, form and files of each."""
    for line in re.findall(r"^curl .*$", PAGE, re.M):
        _, _, url, *options = shlex.split(line)
        pairs = list(zip(options[::2], options[1::2], strict=True))
        headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
        said = [value.split("=", 1) for option, value in pairs if option in ("-d", "--data-urlencode", "-F")]
        form = {name: value for name, value in said if not value.startswith("@")}
        files = [name for name, value in said if value.startswith("@")]
        yield "POST" if form else "GET", url.removeprefix("http://127.0.0.1:8701"), headers, form, files


async def test_every_command_of_the_page_does_what_it_says(city: City) -> None:
    known = {"$KEY": channel_key("open311"), "$ID": ""}

    def filled(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    asked = list(commands())
    assert len(asked) > 6
    for method, path, headers, form, files in asked:
        said = {name: filled(value) for name, value in form.items()} or None
        sent = {name: ("photo.jpg", photo()) for name in files} or None
        client = city.client("intake")
        answer: httpx.Response = await client.request(method, filled(path), headers=headers, data=said, files=sent)
        assert answer.is_success, (path, answer.text)
        if "/requests.json" in path:
            known["$ID"] = answer.json()[0]["service_request_id"]
        await city.quiet()
