"""What is wrong with a request over Open311 is said as the standard has it, field by field in the client's words."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.intake.open311 import V2, post, taken, wrong
from tests.unit.intake.world import World

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
        (b"a=b", "multipart/form-data; boundary=x", "The form is not whole: send it again."),
        (b"a=b", "multipart/form-data", "header.Content-Type: not taken"),
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
