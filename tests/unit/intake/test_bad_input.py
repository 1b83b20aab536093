"""Whatever is wrong with a request gets the right 4xx that names the field, and leaves nothing behind."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from sanfu.contracts.envelope import instant
from tests.unit.intake.world import HOTLINE, NOW, OPS, World, report, running

KEY = HOTLINE | {"Idempotency-Key": "k"}
JSON = {"content-type": "application/json"}
PLACE = {"town": "fotang", "lon": 120.02, "lat": 29.21}
PERSON = {"name": "王小明", "phone": "13800000001"}


async def nothing_is_left(world: World) -> bool:
    return not (await world.told()) and not world.documents.documents and not any(world.documents.others.values())


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": 7}, "$.title"),
        ({"title": None}, "$.title"),
        ({"title": ""}, "$.title"),
        ({"title": "  "}, "$.title"),
        ({"title": "长" * 201}, "$.title"),
        ({"title": "两\n行"}, "$.title"),
        ({"text": "长" * 10_001}, "$.text"),
        ({"text": "NUL\x00"}, "$.text"),
        ({"text": "BEL\x07"}, "$.text"),
        ({"text": "DEL\x7f"}, "$.text"),
        ({"text": "override \u202e gnp.exe"}, "$.text"),
        ({"text": "isolate \u2066"}, "$.text"),
        ({"titel": "路灯"}, "$.titel"),
        ({"party": {**PERSON, "age": 7}}, "$.party.age"),
        ({"party": {"name": "王\x00"}}, "$.party.name"),
        ({"party": {"name": "\u3000\u200b"}}, "$.party.name"),
        ({"party": {"phone": "call me"}}, "$.party.phone"),
        ({"party": {"email": "nobody"}}, "$.party.email"),
        ({"party": {"name": "长" * 201}}, "$.party.name"),
        ({"place": {**PLACE, "lon": 116.4, "lat": 39.9}}, "$.place.lon"),
        ({"place": {**PLACE, "lat": 30.9}}, "$.place.lat"),
        ({"place": {**PLACE, "lat": 91}}, "$.place.lat"),
        ({"place": {**PLACE, "lat": "29.21"}}, "$.place.lat"),
        ({"place": {"lon": 120.02}}, "$.place.lat"),
        ({"place": {"lat": 29.21}}, "$.place.lon"),
        ({"place": {**PLACE, "town": "nowhere"}}, "$.place.town"),
        ({"place": []}, "$.place"),
        ({"reported_at": "2026-03-02T01:02:00Z"}, "$.reported_at"),
        ({"reported_at": "2126-03-02T01:02:00Z"}, "$.reported_at"),
        ({"reported_at": "1999-12-31T23:59:59.999Z"}, "$.reported_at"),
        ({"reported_at": "0001-01-01T00:00:00+14:00"}, "$.reported_at"),
        ({"reported_at": "2026-03-02T00:00:00"}, "$.reported_at"),
        ({"reported_at": "yesterday"}, "$.reported_at"),
        ({"reported_at": 1700000000}, "$.reported_at"),
        ({"limit_asked": "1970-01-01T00:00:00Z"}, "$.limit_asked"),
        ({"channel": "pigeon"}, "$.channel"),
        ({"channel": "visit"}, "$.channel"),
        ({"audience": "everybody"}, "$.audience"),
        ({"audience": None}, "$.audience"),
        ({"category": "nothing"}, "$.category"),
        ({"unit": "nobody"}, "$.unit"),
        ({"unit": "Not A Code"}, "$.unit"),
        ({"complains_of": ["tax", "nobody"]}, "$.complains_of[1]"),
        ({"party_kind": "none", "party": None}, "$.party_kind"),
        ({"party_code": "330782"}, "$.party_code"),
        ({"filer": {"id": "13800000001"}}, "$.filer.id"),
        ({"urgency": "very"}, "$.urgency"),
        ({"secrecy": 3}, "$.secrecy"),
        ({"flags": ["urgent"]}, "$.flags[0]"),
        ({"may_name_me": "yes"}, "$.may_name_me"),
        ({"language": "Chinese"}, "$.language"),
        ({"attachments": [{"id": "a"}]}, "$.attachments"),
        ({"answers": {"a b": 1}}, "$.answers"),
        ({"answers": {"a": 2**60}}, "$.answers.a"),
        ({"answers": {"a": {"deep": 1}}}, "$.answers.a"),
        ({"external_id": "x" * 201}, "$.external_id"),
    ],
)
async def test_a_wrong_field_is_named_with_what_would_be_right(world: World, more: dict[str, Any], field: str) -> None:
    answer = await world.post(report(**more), KEY)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert any(error["field"].startswith(field) for error in errors), errors
    assert all(error["expected"] for error in errors)
    assert await nothing_is_left(world)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"party": {"phone": "call me"}}, "a phone number"),
        ({"party": {"email": "nobody"}}, "an e-mail address"),
        ({"reported_at": "9999-12-31T23:59:59-23:00"}, "an instant with its zone"),
        ({"attachments": ["photo"]}, "an id that POST /v1/attachments answered"),
        ({"place": []}, "object"),
    ],
)
async def test_what_would_be_right_is_told_in_words(world: World, more: dict[str, Any], expected: str) -> None:
    (error,) = (await world.post(report(**more), KEY)).json()["errors"]
    assert expected in error["expected"]


async def test_every_wrong_field_is_named_at_once(world: World) -> None:
    answer = await world.post(report(category="x", unit="nobody", reported_at="2126-01-01T00:00:00Z"), KEY)
    assert [error["field"] for error in answer.json()["errors"]] == ["$.category", "$.unit", "$.reported_at"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"not json", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"title": NaN}', 422),
        (b'{"title":"\\ud800","text":"t"}', 422),
        (b'{"title":"\xed\xa0\x80","text":"t"}', 422),
        (b'{"title":"\xff"}', 400),
        (b'{"title":"a","title":"b","text":"t"}', 422),
        (b'{"title":"a","text":"t","party":{"phone":"13800000001","\\u0070hone":"13800000002"}}', 422),
        (b'{"title":"a\x00","text":"t"}', 400),
        (b'{"title":"a","text":"t"} {}', 400),
        (b"{'title':'a'}", 400),
        (b'{"title":Infinity}', 422),
        (b'{"title":"a","text":"t","place":{"lon":1e999,"lat":29}}', 422),
        ('{"title":"a","text":"t"}'.encode("utf-16"), 415),
        ('{"title":"a","text":"t"}'.encode("utf-32-le"), 415),
        (b"[" * 100_000, 400),
        (b'{"title":"' + b"a" * 5_000_000 + b'","text":"t"}', 413),
        (b'{"a":' + b"9" * 5_000 + b"}", 400),
    ],
    ids=lambda given: str(given)[:40],
)
async def test_a_body_that_is_no_report_is_refused(world: World, content: bytes, status: int) -> None:
    answer = await world.client.post("/v1/issues", content=content, headers=KEY | JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await nothing_is_left(world)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/json; charset=gbk",
        "multipart/form-data",
    ],
)
async def test_what_is_not_called_json_in_utf_8_is_not_taken(world: World, content_type: str) -> None:
    content = orjson.dumps(report())
    answer = await world.client.post("/v1/issues", content=content, headers=KEY | {"content-type": content_type})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (415, "header.Content-Type")
    assert await nothing_is_left(world)


async def test_a_body_that_comes_in_pieces_is_taken_and_one_that_never_ends_is_not(world: World) -> None:
    async def pieces(count: int) -> AsyncIterator[bytes]:
        yield orjson.dumps(report())[:-1]
        for _ in range(count):
            yield b" " * 100_000
        yield b"}"

    taken = await world.client.post("/v1/issues", content=pieces(2), headers=KEY | JSON)
    assert taken.status_code == 201, taken.text
    refused = await world.client.post("/v1/issues", content=pieces(1000), headers=KEY | JSON)
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:sanfu:problem:body-too-large")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "GET", "BREW"])
async def test_another_method_is_refused_with_those_that_are_allowed(world: World, method: str) -> None:
    answer = await world.client.request(method, "/v1/issues", headers=KEY)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert await nothing_is_left(world)


async def test_a_byte_order_mark_is_no_fault(world: World) -> None:
    answer = await world.client.post("/v1/issues", content=b"\xef\xbb\xbf" + orjson.dumps(report()), headers=KEY | JSON)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "number", ["%00", "7K3T-09RW", "x" * 61, "%E2%80%AE", "a%2Fb", "7K3T-09RW-51XY-8205", "🙂" * 16]
)
async def test_a_number_that_can_be_nobodys_is_a_4xx(world: World, number: str) -> None:
    answer = await world.client.get(f"/v1/receipts/{number}?limit=-1&cursor=%ff")
    assert answer.status_code in {400, 404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_report_within_every_limit_but_too_large_in_all_is_refused(world: World) -> None:
    answer = await world.post(report(answers={f"q{n}": "长" * 2000 for n in range(50)}), KEY)
    assert answer.status_code == 413
    assert await nothing_is_left(world)


@pytest.mark.parametrize("text", ["😀👨‍👩‍👧 路灯", "مرحبا\u200f بكم", "שלום\u200e", "两行\n\t缩进", "𠮷野家"])
async def test_what_people_really_write_is_taken_as_it_is(world: World, text: str) -> None:
    assert (await world.post(report(text=text), KEY)).status_code == 201
    (told,) = await world.told()
    assert told["text"] == text


async def test_a_clock_a_little_ahead_means_now(world: World) -> None:
    assert (await world.post(report(reported_at="2026-03-02T09:00:30+08:00"), KEY)).status_code == 201
    (told,) = await world.told()
    assert told["reported_at"] == instant(NOW)


@pytest.mark.parametrize(
    ("headers", "channel", "status", "slug"),
    [
        ({"X-Api-Key": "a-key-that-nobody-gave-out-ever"}, None, 401, "api-key-unknown"),
        ({}, "hotline", 401, "api-key-missing"),
        (HOTLINE, None, 422, "invalid-input"),
        ({"Idempotency-Key": "short"}, None, 422, "invalid-input"),
        (HOTLINE | {"Idempotency-Key": ""}, None, 422, "invalid-input"),
        (HOTLINE | {"Idempotency-Key": "x" * 201}, None, 422, "invalid-input"),
    ],
)
async def test_a_wrong_or_missing_key_is_named(
    world: World, headers: dict[str, str], channel: str | None, status: int, slug: str
) -> None:
    answer = await world.post(report(channel=channel), headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sanfu:problem:{slug}")
    assert answer.json()["errors"][0]["field"].lower().startswith("header.")
    assert await nothing_is_left(world)


async def test_a_revoked_key_is_refused_and_stays_so_when_it_is_seeded_again(world: World) -> None:
    listed = (await world.client.get("/v1/channel-keys", headers=OPS)).json()["items"]
    id = next(item["id"] for item in listed if item["channel"] == "hotline")
    assert (await world.client.delete(f"/v1/channel-keys/{id}", headers=OPS)).status_code == 204
    answer = await world.post(report(), KEY)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:sanfu:problem:api-key-revoked")
    assert answer.json()["errors"][0]["field"] == "header.X-Api-Key"
    assert await nothing_is_left(world)


async def test_a_new_key_opens_its_channel_and_only_operators_get_one(world: World) -> None:
    assert (await world.client.post("/v1/channels/petition/keys")).status_code == 401
    assert (await world.client.post("/v1/channels/pigeon/keys", headers=OPS)).status_code == 404
    given = (await world.client.post("/v1/channels/petition/keys", headers=OPS)).json()
    answer = await world.post(report(external_id="P-1", answers={"form": "letter"}), {"X-Api-Key": given["key"]})
    assert answer.status_code == 201
    assert (await world.told())[0]["channel"] == "petition"
    assert given["key"] not in (await world.client.get("/v1/channel-keys", headers=OPS)).text


async def test_a_batch_is_for_channels_with_a_key_and_of_200_at_most(world: World) -> None:
    one = {"issues": [report(external_id="A")]}
    assert (await world.post(one, {}, "/v1/issues/batch")).status_code == 401
    assert (await world.post({"issues": []}, HOTLINE, "/v1/issues/batch")).status_code == 422
    many = {"issues": [report(external_id=str(n)) for n in range(201)]}
    answer = await world.post(many, HOTLINE, "/v1/issues/batch")
    assert answer.json()["errors"][0]["field"] == "$.issues"
    assert await nothing_is_left(world)


async def test_the_public_channel_has_a_rate_and_says_when_to_go_on() -> None:
    async with running(public_rate="2/minute") as world:
        for _ in range(2):
            assert (await world.post(report())).status_code == 201
        answer = await world.post(report())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert (await world.post(report(), KEY)).status_code == 201, "channels with a key have none"
        assert len(await world.told()) == 3


async def test_a_problem_never_repeats_what_was_sent(world: World) -> None:
    answer = await world.post(report(party={"phone": "138-0000-0001 ext secret"}), KEY)
    assert answer.status_code == 422
    assert "138" not in orjson.dumps(answer.json()["errors"]).decode()


async def test_who_misspells_a_code_is_told_first_those_that_may_be_meant(world: World) -> None:
    for wrong, meant in (("water", "water-supply"), ("drainge", "drainage")):
        answer = await world.post(report(category=wrong), KEY)
        [fault] = answer.json()["errors"]
        assert fault["expected"].startswith(f"one of: {meant}, "), fault
