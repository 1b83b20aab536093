"""What Open311 shows: only what is open to all, filtered and written as its clients expect it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from tests.unit.intake.open311 import LAMP, V2, get, post, taken, tree, wrong
from tests.unit.intake.world import HOTLINE, NOW, World, pack, report, running

BY = {"id": "reviewer-1", "role": "reviewer"}
DISPATCHED = {
    "by": BY, "unit": "housing-construction", "grade": "simple", "urgency": "normal", "audience": "resident",
    "assignment": 1, "decided_by": "reviewer", "reason": "路灯归其管理。", "pack": "x",
}  # fmt: skip


def two_towns() -> Pack:
    city = pack()
    assert city.open311 is not None
    return replace(city, open311=replace(city.open311, jurisdictions={"city": None, "fotang.city": "fotang"}))


async def test_where_there_are_several_jurisdictions_each_shows_its_own_and_one_has_to_be_named() -> None:
    async with running(two_towns) as world:
        assert "was not provided" in wrong(await world.client.get(f"{V2}/requests.json"))[0]
        assert "was not provided" in wrong(await post(world))[0]
        town = taken(await post(world, jurisdiction_id="fotang.city"))
        city = taken(await post(world, jurisdiction_id="city"))
        assert world.documents.documents[town]["submission"]["place"]["town"] == "fotang"
        assert {one["service_request_id"] for one in await get(world, "requests.json", jurisdiction_id="city")} == {
            town, city,
        }  # fmt: skip
        [one] = await get(world, "requests.json", jurisdiction_id="fotang.city")
        assert (one["service_request_id"], one["address"]) == (town, "佛堂镇")
        assert wrong(await world.client.get(f"{V2}/requests/{city}.json?jurisdiction_id=fotang.city"), 404)


async def test_only_what_is_open_is_shown_and_of_homes_neither_house_nor_number(world: World) -> None:
    lamp = taken(await post(world, address_string="寺前街60号", lat="29.306812", long="120.075912"))
    noise = taken(
        await post(world, service_code="noise", address_string="绣湖西路9幢301", lat="29.306812", long="120.075912")
    )
    secret = taken(await post(world, description="请为我保密，不要透露我的姓名。路灯坏了。"))
    assert world.documents.documents[secret]["secrecy"] in ("confidential", "sealed")
    await world.post(report(external_id="1"), HOTLINE)
    found = {one["service_request_id"]: one for one in await get(world, "requests.json")}
    assert found.keys() == {lamp, noise}
    unread = found[lamp]
    assert (unread["description"], unread["address"], unread["lat"]) == (None, None, 29.306812), (
        "nobody has read it yet"
    )
    for one in (lamp, noise):
        await world.hear(one, names.ISSUE_DISPATCHED, DISPATCHED)
    found = {one["service_request_id"]: one for one in await get(world, "requests.json")}
    assert found[lamp]["description"] == LAMP["description"]
    assert (found[lamp]["address"], found[lamp]["lat"], found[lamp]["long"]) == ("寺前街60号", 29.306812, 120.075912)
    assert (found[noise]["address"], found[noise]["lat"], found[noise]["long"]) == ("稠城街道", 29.307, 120.076)
    assert wrong(await world.client.get(f"{V2}/requests/{secret}.json"), 404)
    assert [
        one["service_request_id"] for one in await get(world, "requests.json", service_request_id=f"{secret},{lamp}")
    ] == [lamp]


async def test_filters_narrow_it_ids_override_them_all_and_empty_ones_are_none(world: World) -> None:
    first = taken(await post(world))
    world.clock.set(NOW + timedelta(hours=1))
    second = taken(await post(world, service_code="noise"))

    async def ids(**query: Any) -> list[str]:
        return [one["service_request_id"] for one in await get(world, "requests.json", **query)]

    assert await ids() == await ids(status="", service_code="", start_date="", page="") == [second, first]
    assert await ids(service_code="road-lamp") == [first]
    assert await ids(service_code=["road-lamp", "noise,gas"]) == [second, first]
    assert await ids(status="closed") == []
    assert await ids(status="open,closed") == [second, first]
    assert await ids(start_date="2026-03-02T09:30:00+08:00") == [second]
    assert await ids(end_date="2026-03-02T09:30:00+08:00") == [first]
    assert await ids(page_size=1, page=2) == [first]
    assert await ids(service_request_id=f"{first}, {second}", status="closed", page_size=1) == [first, second]
    assert await ids(updated_after="2026-03-02T01:30:00Z") == [second]
    assert await ids(updated_before="2026-03-02T01:30:00Z") == [first]


QUESTIONS = [
    ("status=fixed", "status: not allowed"),
    ("start_date=2026-01-01T00:00:00Z&end_date=2026-12-01T00:00:00Z", "start_date: too long a span"),
    ("start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", "start_date: after its end"),
    ("start_date=2026-02-01", "start_date: instant"),
    ("start_date=0001-01-01T00:00:00Z", "start_date: too old"),
    ("end_date=0001-01-01T00:00:00Z", "start_date: too old"),
    ("updated_before=0001-01-01T00:00:00Z", "updated_after: too old"),
    ("page_size=1001", "page_size: less than equal"),
    ("page=0", "page: greater than equal"),
    ("page=1000", "page: too far"),
    ("statsu=open", "statsu: unknown"),
    ("page=1&page=2", "page: repeated"),
    ("service_code=" + "a," * 1001, "service_code: too long"),
]


async def test_a_question_that_can_not_be_answered_says_why(world: World) -> None:
    for query, told in QUESTIONS:
        for format in ("xml", "json"):
            assert wrong(await world.client.get(f"{V2}/requests.{format}?{query}")) == [told], query


async def test_a_receipt_number_is_a_token_of_its_request(world: World) -> None:
    id = taken(await post(world))
    receipt = world.documents.documents[id]["receipt"]
    for token in (receipt, receipt.replace("-", "").lower(), id):
        assert await get(world, f"tokens/{token}.json") == [{"service_request_id": id, "token": token}]
    assert wrong(await world.client.get(f"{V2}/tokens/12345.xml"), 404)


@pytest.mark.parametrize("path", ["requests.html", "services.rss", "requests/x.", "discovery.txt", "tokens/x.XML"])
async def test_another_format_is_refused_in_xml(world: World, path: str) -> None:
    answer = await world.client.get(f"{V2}/{path}")
    assert "format" in wrong(answer, answer.status_code)[0] or answer.status_code == 404
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize("path", ["/open311", "/open311/v2/", "/open311/v1/requests.xml", "/open311/v2/requests"])
async def test_a_path_that_is_none_is_an_error_of_the_standard(world: World, path: str) -> None:
    answer = await world.client.get(path, follow_redirects=True)
    assert answer.status_code == 404


async def test_while_the_store_is_away_clients_are_told_to_come_again(world: World) -> None:
    world.documents.down = True
    for answer in (await post(world), await world.client.get(f"{V2}/requests.xml")):
        assert wrong(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    world.documents.down = False
    assert taken(await post(world))


async def test_what_xml_can_not_write_does_not_break_it(world: World) -> None:
    id = taken(await post(world, description='<script>alert("x")</script> & ]]> \U0001f4a1'))
    await world.told()
    await world.hear(id, names.ISSUE_ANSWERED, {"by": BY, "reply": "已 \x00\x1b\ufffe 答复 & <b>"})
    answer = await world.client.get(f"{V2}/requests.xml")
    [request] = tree(answer.content)
    assert request.findtext("description") == '<script>alert("x")</script> & ]]> \U0001f4a1'
    assert request.findtext("status") == "closed"
    assert (request.findtext("status_notes") or "").endswith("答复 & <b>")


async def test_it_speaks_the_language_that_the_client_understands(world: World) -> None:
    for languages, name in (
        ("en-GB,en;q=0.8", "Noise"),
        ("fr,zh;q=0.5", "噪音扰民"),
        ("fr", "噪音扰民"),
        ("", "噪音扰民"),
    ):
        answer = await world.client.get(f"{V2}/services.json", headers={"Accept-Language": languages})
        [found] = [one["service_name"] for one in answer.json() if one["service_code"] == "noise"]
        assert found.startswith(name), languages


async def test_a_city_that_offers_nothing_says_so() -> None:
    async with running(lambda: replace(pack(), open311=None)) as world:
        for path in ("discovery", "services", "requests", "servicerequestupdates", "services/noise", "requests/x"):
            assert "offers nothing" in wrong(await world.client.get(f"{V2}/{path}.xml"), 404)[0]
        assert wrong(await post(world), 404)
