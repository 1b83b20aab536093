"""Open311 GeoReport v2 as a client meets it: in both formats, once each, and with errors as the standard has them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from sanfu.city.form import Form, Question
from sanfu.city.model import Bounds, Pack
from sanfu.contracts import names
from tests.unit.intake.world import APP, HOTLINE, NOW, World, opened, pack, report, running

V2 = "/open311/v2"
LAMP = {
    "api_key": APP,
    "service_code": "road-lamp",
    "lat": "29.3068",
    "long": "120.075",
    "description": "路灯坏了三天。",
}
BY = {"id": "reviewer-1", "role": "reviewer"}
DISPATCHED = {
    "by": BY, "unit": "housing-construction", "grade": "simple", "urgency": "normal", "audience": "resident",
    "assignment": 1, "decided_by": "reviewer", "reason": "路灯归其管理。", "pack": "x",
}  # fmt: skip
SPECIFICATION = (
    "api_key={key}&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&long=-122.4212043"
    "&address_string=1234+5th+street&email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&first_name=john"
    "&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street"
    "&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
    "&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"
)
"""The example request of the standard itself."""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as world:
        yield world


async def post(world: World, path: str = "requests.json", **fields: Any) -> httpx.Response:
    form = {name: value for name, value in {**LAMP, **fields}.items() if value is not None}
    return await world.client.post(f"{V2}/{path}", data=form)


async def get(world: World, path: str, **query: Any) -> Any:
    answer = await world.client.get(f"{V2}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def taken(answer: httpx.Response, status: int = 201) -> str:
    assert answer.status_code == status, answer.text
    id: str = answer.json()[0]["service_request_id"]
    return id


def tree(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 (it is our own answer)


def wrong(answer: httpx.Response, status: int = 400) -> list[str]:
    """Return what the errors say, up to the cure; each has the answer's own status for a code."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"].startswith("text/xml"):
        root = tree(answer.content)
        found = [{one.tag: one.text for one in error} for error in root]
        assert (root.tag, {error.tag for error in root}) == ("errors", {"error"})
    else:
        found = answer.json()
    assert [str(error["code"]) for error in found] == [str(status)] * len(found)
    return [str(error["description"]).partition("; expected")[0] for error in found]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def san_francisco() -> Pack:
    """A city as the standard's example takes it for granted."""
    city = pack()
    assert city.open311 is not None
    questions = {
        code: Question(code, {"zh": code, "en": code}, "text", False, 80, {}, {}, (), "x")
        for code in ("WHISPAWN", "WHISDORN", "media_url")
    }
    return replace(
        city,
        bounds=Bounds(-123.2, 37.6, -122.2, 37.9),
        categories={**city.categories, "001": replace(city.categories["road-lamp"], code="001")},
        forms={**city.forms, "open311": Form("open311", city.name, questions=questions)},
        open311=replace(city.open311, jurisdictions={"city.gov": None, "fotang": "fotang"}, services=("001",)),
    )


@pytest.mark.parametrize("format", ["xml", "json"])
async def test_the_example_of_the_standard_is_taken_in_and_all_of_it_is_where_it_belongs(format: str) -> None:
    async with running(san_francisco) as world:
        answer = await world.client.post(
            f"{V2}/requests.{format}",
            content=SPECIFICATION.format(key=APP),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        )
        assert answer.status_code == 201, answer.text
        if format == "xml":
            assert answer.headers["content-type"] == "text/xml; charset=utf-8"
            [request] = tree(answer.content)
            assert (request.tag, [one.tag for one in request]) == (
                "request",
                ["service_request_id", "service_notice", "account_id"],
            )
            id = request.findtext("service_request_id")
        else:
            [one] = answer.json()
            id = one["service_request_id"]
        [told] = await world.told()
        place = {
            "town": None,
            "address": "1234 5th street",
            "lon": -122.4212043,
            "lat": 37.76524078,
            "may_be_home": False,
        }
        assert told["place"] | place == told["place"]
        assert (told["category"], told["text"]) == ("001", "A large sinkhole is destroying the street")
        picture = "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg"
        assert told["answers"] == {"WHISPAWN": "123456", "WHISDORN": "COISL001", "media_url": picture}
        [(key, record)] = await world.contacts()
        assert key == f"{id}/intake" and record is not None
        party = opened(record, "party")
        assert (party["name"], party["email"], party["phone"]) == ("john smith", "smit333@sfgov.edu", "111111111")
        everything = str(world.documents.documents[id or ""])
        assert "tt222111" not in everything and "smith" not in everything.replace("smit333", "")


async def test_the_answer_holds_the_receipt_number_and_in_an_emergency_first_whom_to_call(world: World) -> None:
    answer = await post(world)
    receipt = world.documents.documents[taken(answer)]["receipt"]
    assert answer.json()[0]["service_notice"].endswith(receipt)
    burning = await post(world, description="楼道着火，有人被困！")
    assert burning.json()[0]["service_notice"].startswith("如有生命危险，请立即拨打")


async def test_the_same_again_is_the_same_request_also_across_midnight_and_after_a_day_it_happened_again(
    world: World,
) -> None:
    world.clock.set(NOW.replace(hour=23, minute=59))
    first = taken(await post(world))
    assert taken(await post(world), 200) == first
    world.clock.set(NOW + timedelta(days=1))
    assert taken(await post(world), 200) == first, "the client did not hear our answer before midnight"
    assert taken(await post(world, description="另一处的路灯。")) != first
    assert taken(await post(world, email="b@mail.example")) != first, "somebody else has the same to say"
    world.clock.set(NOW.replace(hour=23, minute=59) + timedelta(days=1))
    assert taken(await post(world)) != first
    assert len(await world.told()) == 4


async def test_a_client_with_keys_of_its_own_is_known_by_them(world: World) -> None:
    async def sent(key: str, **fields: str) -> httpx.Response:
        return await world.client.post(f"{V2}/requests.json", data=LAMP | fields, headers={"Idempotency-Key": key})

    first = taken(await sent("a"))
    assert taken(await sent("a"), 200) == first
    assert taken(await sent("b")) != first
    assert wrong(await sent("a", description="别的")) == ["header.Idempotency-Key: key-reused"]


async def test_a_key_is_needed_one_of_this_channel_and_never_shown_again(world: World) -> None:
    assert wrong(await post(world, api_key=None), 403) == ["api_key: missing"]
    assert wrong(await post(world, api_key="x" * 40), 403) == ["api_key: unknown"]
    assert wrong(await post(world, "requests.xml", api_key=HOTLINE["X-Api-Key"]), 403) == [
        "api_key: a key of the channel open311."
    ]
    form = {name: value for name, value in LAMP.items() if name != "api_key"}
    header = await world.client.post(f"{V2}/requests.json", data=form, headers={"X-Api-Key": APP})
    assert APP not in str(world.documents.documents[taken(header)])


BAD: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "no place": ({"lat": None, "long": None}, ["lat and long: missing"]),
    "half a place": ({"long": None}, ["long: missing"]),
    "degrees that are none": ({"lat": "nan", "long": "1e2"}, ["lat: no number", "long: no number"]),
    "outside the city": ({"lat": "1", "long": "2"}, ["long: outside the city"]),
    "off the globe": ({"lat": "99"}, ["lat: less than equal"]),
    "an unknown field": ({"colour": "red"}, ["colour: unknown"]),
    "a long text": ({"description": "长" * 4001}, ["description: too long"]),
    "nothing but spaces": ({"description": "\u200b"}, ["description: blank"]),
    "a character that turns the text": ({"description": "a\u202eb"}, ["description: forbidden character"]),
    "no phone": ({"phone": "often"}, ["phone: phone"]),
    "no address of a picture": ({"media_url": "javascript:alert(1)"}, ["media_url: no address"]),
    "a name in it": ({"media_url": "https://me:secret@p.example/1"}, ["media_url: no address"]),
    "half an address": ({"media_url": "http://[::1"}, ["media_url: no address"]),
    "an attribute that nobody asked for": ({"attribute[easting]": "1"}, ["attribute[easting]: not asked"]),
    "a field twice": ({"description": ["a", "b"]}, ["description: repeated"]),
    "a jurisdiction twice": ({"jurisdiction_id": ["yiwu.example", "yiwu.example"]}, ["jurisdiction_id: repeated"]),
    "no service": ({"service_code": " "}, ["service_code: missing"]),
}  # fmt: skip


@pytest.mark.parametrize("format", ["xml", "json"])
async def test_what_is_wrong_is_named_field_by_field_in_the_clients_words(world: World, format: str) -> None:
    for fields, told in BAD.values():
        found = wrong(await post(world, f"requests.{format}", **fields))
        assert set(found) == set(told), fields
    assert await world.told() == [], "nothing of it is left"


async def test_a_service_or_a_jurisdiction_that_is_not_there_is_a_404(world: World) -> None:
    for code in ("integrity", "x" * 5000, "<b>"):
        assert wrong(await post(world, "requests.xml", service_code=code), 404)
    assert wrong(await post(world, jurisdiction_id="oslo.example"), 404)
    assert taken(await post(world, jurisdiction_id="yiwu.example"))
    assert wrong(await world.client.get(f"{V2}/services.xml?jurisdiction_id=oslo.example"), 404)


@pytest.mark.parametrize(
    ("content", "type", "told"),
    [
        (b"{}", "application/json", "Content-Type: not taken"),
        (b"a=b", "multipart/form-data; boundary=x", "Content-Type: not taken"),
        (b"description=%FF%FE", "application/x-www-form-urlencoded", "the form: not utf8"),
        (b"description=\xff", "application/x-www-form-urlencoded", "the form: not utf8"),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", "the form: too large"),
        (b"&".join(b"a%d=1" % n for n in range(200)), "application/x-www-form-urlencoded", "the form: too many fields"),
        (b"", "application/x-www-form-urlencoded", "api_key: missing"),
    ],
)
async def test_another_body_than_a_small_form_in_utf8_is_refused(
    world: World, content: bytes, type: str, told: str
) -> None:
    answer = await world.client.post(f"{V2}/requests.xml", content=content, headers={"Content-Type": type})
    assert wrong(answer, 403 if told.startswith("api_key") else 400) == [told]


async def test_words_end_as_the_city_writes_them_and_a_name_stands_as_its_people_write_it(world: World) -> None:
    id = taken(
        await post(
            world, description="灯坏了\r\n\r\n三天了\r", first_name="小明", last_name="王",
            address_string="寺前街\n60号", address_id="5454", lat=None, long=None,
        )
    )  # fmt: skip
    said = world.documents.documents[id]["submission"]
    assert (said["title"], said["text"], said["place"]["address"]) == (
        "灯坏了",
        "灯坏了\n\n三天了",
        "寺前街 60号 (5454)",
    )
    [(_, record)] = await world.contacts()
    assert record is not None and opened(record, "party")["name"] == "王小明"
    bare = taken(await post(world, description="", address_id="5454", lat="", long=""))
    said = world.documents.documents[bare]["submission"]
    assert (said["text"], said["place"]["address"]) == ("市政道路与路灯", "5454")


def without_lamps() -> Pack:
    city = pack()
    ended = replace(city.categories["road-lamp"], valid_to=NOW.date(), succeeded_by="rural-road")
    return replace(city, categories={**city.categories, "road-lamp": ended})


async def test_for_a_category_that_is_no_more_the_one_in_its_place_is_offered_and_named() -> None:
    async with running(without_lamps) as world:
        first, *_ = await get(world, "services.json")
        assert first["service_code"] == "rural-road"
        [told] = wrong(await post(world), 404)
        assert "rural-road goes on in its place" in told
        assert wrong(await world.client.get(f"{V2}/services/road-lamp.xml"), 404) == [told]


# ── several jurisdictions ────────────────────────────────────────────────────────────────────────────────────────────


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


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────

UPDATE = {
    "api_key": APP, "update_id": "17", "status": "OPEN", "updated_datetime": "2026-03-02T09:30:00+08:00",
    "description": "王小明说灯还是不亮。", "first_name": "小明", "last_name": "王", "email": "w@mail.example",
}  # fmt: skip


async def add(world: World, id: str, **fields: str | None) -> httpx.Response:
    form = {name: value for name, value in {**UPDATE, "service_request_id": id, **fields}.items() if value is not None}
    return await world.client.post(f"{V2}/servicerequestupdates.json", data=form)


async def test_an_update_is_added_once_and_does_not_say_who_wrote_it(world: World) -> None:
    id = taken(await post(world))
    await world.told()
    first = await add(world, id, media_url="https://p.example/2.jpg")
    assert (first.status_code, first.json()) == (201, [{"update_id": f"{id}.17"}])
    assert (await add(world, id, update_id="18", description="还有一盏。")).json() == [{"update_id": f"{id}.18"}]
    again = await add(world, id, media_url="https://p.example/2.jpg")
    assert (again.status_code, again.json()) == (200, [{"update_id": f"{id}.17"}])
    assert wrong(await add(world, id)), "another update under the same number"
    added = [one for one in await world.told() if "answers_question" in one]
    assert [one["text"] for one in added] == ["***说灯还是不亮。\nhttps://p.example/2.jpg", "还有一盏。"]
    assert added[0]["reported_at"] == "2026-03-02T01:00:00.000Z", "not later than it came"


async def test_an_update_of_what_did_not_come_this_way_or_is_over_is_refused(world: World) -> None:
    id = taken(await post(world))
    other = (await world.post(report(external_id="1"), HOTLINE)).json()["id"]
    await world.told()
    assert wrong(await add(world, other), 404)
    assert wrong(await add(world, "x"), 404)
    assert wrong(await add(world, id, api_key="x" * 40), 403)
    assert wrong(await add(world, id, description=None)) == ["description: missing"]
    assert wrong(await add(world, id, updated_datetime="yesterday")) == ["updated_datetime: instant"]
    assert wrong(await add(world, id, media_url="file:///etc/passwd")) == ["media_url: no address"]
    await world.hear(id, names.ISSUE_ANSWERED, {"by": BY, "reply": "已答复。"})
    assert "answered" in wrong(await add(world, id))[0]


async def test_who_adds_something_dangerous_is_told_whom_to_call_also_where_nothing_is_added_any_more(
    world: World,
) -> None:
    id = taken(await post(world))
    await world.told()
    assert (
        (await add(world, id, description="线杆冒火花，着火了！"))
        .json()[0]["service_notice"]
        .startswith("如有生命危险")
    )
    await world.hear(id, names.ISSUE_ANSWERED, {"by": BY, "reply": "已答复。"})
    assert wrong(await add(world, id, update_id="18", description="又着火了！"))[0].startswith("如有生命危险")


async def test_updates_are_listed_with_the_finer_word_of_the_pack_and_none_of_what_is_unlisted(world: World) -> None:
    id, spam = taken(await post(world)), taken(await post(world, description="广告"))
    await world.told()
    await world.hear(
        id, names.ISSUE_REFUSED, {"by": BY, "reason": "litigation", "reply": "请向法院反映。", "pack": "x"}
    )
    await world.hear(spam, names.ISSUE_REFUSED, {"by": BY, "reason": "spam", "reply": "无效。", "pack": "x"})
    [told] = await get(world, "servicerequestupdates.json", api_key=APP)
    assert told == {
        "update_id": f"desk:{id}:1", "service_request_id": id, "status": "NO_FURTHER_ACTION",
        "updated_datetime": "2026-03-02T09:00:00+08:00", "description": "请向法院反映。", "media_url": None,
    }  # fmt: skip
    [shown] = await get(world, "requests.json")
    assert (shown["service_request_id"], shown["status"], shown["status_notes"]) == (id, "closed", "请向法院反映。")
    assert await get(world, "servicerequestupdates.json", start_date="2026-03-02T01:00:01Z") == []
    answer = await world.client.get(
        f"{V2}/servicerequestupdates.xml?start_date=2026-01-01T00:00:00Z&end_date=2026-03-01T00:00:00Z"
    )
    assert wrong(answer) == ["start_date: too long a span"]
