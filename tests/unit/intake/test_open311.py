"""What comes in over Open311 GeoReport v2 is a report like any other, once, in both formats."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sanfu.city.form import Form, Question
from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Bounds
from tests.unit.intake.open311 import LAMP, V2, get, post, taken, tree, wrong
from tests.unit.intake.world import APP, HOTLINE, NOW, World, opened, pack, running

SPECIFICATION = (
    "api_key={key}&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&long=-122.4212043"
    "&address_string=1234+5th+street&email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&first_name=john"
    "&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street"
    "&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg"
    "&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001"
)
"""The example request of the standard itself."""


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
