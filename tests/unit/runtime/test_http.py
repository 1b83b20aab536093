"""The edge of a service, asked over HTTP: what comes back, and what is never let in."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import orjson
import pytest
from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry
from pydantic import Field, SecretStr
from structlog.testing import capture_logs

from sanfu.runtime.bodies import Body
from sanfu.runtime.http import PageAsked, Quiet, Watch, create_app, own_router
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.paging import Cursor
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown
from sanfu.runtime.texts import Line, Text
from sanfu.runtime.traces import trace_id

TOKEN = "0123456789abcdef"
SEEN: list[Any] = []


class Place(Body):
    lat: float


class Thing(Body):
    text: Annotated[str, Text(100)]
    names: list[Annotated[str, Line(20)]] = Field(default_factory=list)
    place: Place | None = None
    more: dict[str, Any] = Field(default_factory=dict)
    count: int = 0
    rows: list[Place] = Field(default_factory=list)


def routes() -> APIRouter:
    inner = APIRouter(prefix="/things")

    @inner.post("")
    async def put(thing: Thing) -> dict[str, str | None]:
        SEEN.append(thing)
        return {"text": thing.text, "trace": trace_id()}

    @inner.post("/{thing}/files")
    async def upload(thing: str, request: Request) -> dict[str, Any]:
        return {"of": thing, "size": sum([len(chunk) async for chunk in request.stream()])}

    @inner.get("/{thing}")
    async def get(thing: str) -> dict[str, str]:
        match thing:
            case "refused":
                raise Refusal(409, "not-now", "Not in this state.", allowed=["close"])
            case "away":
                raise Unavailable("The broker is away.", 7)
            case "down":
                raise StoreDown("mongodb://secret@host failed")
            case "broken":
                raise ValueError("Zhang San, 13812345678")
        return {"thing": thing}

    @inner.get("")
    async def listed(page: PageAsked) -> dict[str, Any]:
        start = int(page.after.id) + 1 if page.after else 0
        rows = list(range(start, 7))[: page.limit + 1]
        return page.of(rows, lambda row: Cursor(None, str(row)))

    outer = APIRouter(prefix="/v1")
    outer.include_router(inner)
    return outer


async def quiet() -> dict[str, Any]:
    return {"quiet": True, "lag": 0}


class Settling:
    """Busy at the first look; its clock gets to the next minute at the third."""

    looks = 0

    async def __call__(self) -> dict[str, Any]:
        self.looks += 1
        return {"quiet": self.looks > 1, "now": f"2026-01-05T01:0{int(self.looks > 2)}:00.000Z"}


class Readiness:
    well = True

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        return self.well, {"rebuilding": 0}


READY = Readiness()


def client_of(token: str | None = TOKEN, quiet: Quiet = quiet) -> httpx.AsyncClient:
    watch = Watch(CollectorRegistry(), READY, quiet, SecretStr(token) if token else None)
    app = create_app("toy", watch, routers=[routes()], body_limit=2048, larger={"/v1/things/big/": 8192})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    SEEN.clear()
    READY.well = True
    async with client_of() as client:
        yield client


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (f"urn:sanfu:problem:{slug}", status)
    assert body["detail"]
    assert len(body["trace"]) == 32
    return body


async def test_routes_of_a_services_own_stand_in_its_app_as_they_are_and_hold_their_queries() -> None:
    router = own_router("/v1/own", tags=["own"])

    @router.get("/{thing}")
    async def get(thing: str, page: PageAsked) -> dict[str, str]:
        return {"thing": thing}

    watch = Watch(registry := CollectorRegistry(), READY, quiet)
    app = create_app("toy", watch, routers=[router])
    assert [route for route in app.routes if route in router.routes] == router.routes
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy") as client:
        assert (await client.get("/v1/own/a?limit=2")).json() == {"thing": "a"}
        (error,) = problem(await client.get("/v1/own/a?limt=2"), 422, "invalid-input")["errors"]
    assert (error["field"], error["expected"]) == ("query.limt", "one of: limit, cursor")
    assert "4XX" in app.openapi()["paths"]["/v1/own/{thing}"]["get"]["responses"]
    said = {"method": "GET", "route": "/v1/own/{thing}", "status": "422"}
    assert registry.get_sample_value("sanfu_http_request_seconds_count", said) == 1


async def test_a_good_body_comes_through(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things", json={"text": "路灯坏了 💡\n\u200f", "names": ["a"]})
    assert answer.status_code == 200
    assert answer.json()["text"] == "路灯坏了 💡\n\u200f"


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ({}, "$.text", "Field required"),
        ({"text": 7}, "$.text", "valid string"),
        ({"text": "x" * 101}, "$.text", "at most 100"),
        ({"text": "x", "names": ["a", "b\nc"]}, "$.names[1]", "U+000A"),
        ({"text": "x", "place": {"lat": "north"}}, "$.place.lat", "valid number"),
        ({"text": "x", "place": {"lat": 1, "lon": 2}}, "$.place.lon", "one of lat"),
        ({"text": "x", "txet": "x"}, "$.txet", "one of text, names, place, more, count, rows"),
        ({"text": "x", "rows": [{"lat": 1}, {"lat": 1, "lng": 2}]}, "$.rows[1].lng", "one of lat"),
        ({"text": "a\u202eb"}, "$.text", "U+202E"),
        ([], "$", "JSON object"),
        ("text", "$", "JSON object"),
    ],
)
async def test_a_wrong_field_is_named(client: httpx.AsyncClient, body: Any, field: str, expected: str) -> None:
    (error,) = problem(await client.post("/v1/things", json=body), 422, "invalid-input")["errors"]
    assert error["field"] == field
    assert expected in error["expected"]
    assert SEEN == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"text":"a","text":"b"}', ["$.text"]),
        (b'{"text":"a","place":{"lat":1,"lat":2}}', ["$.place.lat"]),
        (b'{"text":"a","more":{"a":[{"b":1,"\\u0062":2}]}}', ["$.more.a[0].b"]),
        (b'{"text":"a","text" : "b","count":1,"count":2}', ["$.count", "$.text"]),
    ],
)
async def test_a_name_that_comes_twice_is_named(client: httpx.AsyncClient, body: bytes, fields: list[str]) -> None:
    answer = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    errors = problem(answer, 422, "invalid-input")["errors"]
    assert sorted(error["field"] for error in errors) == fields
    assert SEEN == []


@pytest.mark.parametrize("body", [b'{"text":"\\"text\\": b"}', b'{"text":"x","more":{"text":1,"more":{"text":2}}}'])
async def test_the_same_name_in_another_object_or_in_a_text_is_none(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"text":"a"}', "application/json; charset=gb18030"),
        (b'{"text":"a"}', 'application/json;charset="ISO-8859-1"; x=y'),
        ('{"text":"a"}'.encode("utf-16"), "application/json"),
        ('{"text":"a"}'.encode("utf-16-be"), "application/json; charset=utf-8"),
        (b'{"text":"a"}', "text/plain"),
    ],
)
async def test_a_body_that_is_not_called_json_or_not_in_utf_8_is_not_taken(
    client: httpx.AsyncClient, body: bytes, content_type: str
) -> None:
    answer = await client.post("/v1/things", content=body, headers={"content-type": content_type})
    (error,) = problem(answer, 415, "unsupported-media-type")["errors"]
    assert error["field"] == "header.Content-Type"
    assert SEEN == []


HALF = "\ud800"


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        (json.dumps({"text": HALF}), "$.text", "U+D800"),
        (json.dumps({"text": "x", "more": {"a": [1, {"b": HALF}]}}), "$.more.a[1].b", "U+D800"),
        (json.dumps({"text": "x", "more": {"a\0": 1}}), r"$.more.a\x00", "U+0000"),
        (json.dumps({"text": "x", HALF: 1}), r"$.\ud800", "U+D800"),
        (json.dumps({"text": "x\0y"}), "$.text", "U+0000"),
        (json.dumps({"text": "x", "more": {"a": "\x1b[2J"}}), "$.more.a", "U+001B"),
        ('{"text": "x", "more": {"a": NaN}}', "$.more.a", "finite"),
        ('{"text": "x", "more": {"a": 1e999}}', "$.more.a", "finite"),
        (f'{{"text": "x", "count": {2**63}}}', "$.count", "64 bits"),
        (f'{{"text": "x", "count": -{10**400}}}', "$.count", "64 bits"),
        (b'{"text": "x", "more": {"a": "\xed\xa0\x80"}}', "$.more.a", "U+D800"),
    ],
)
async def test_what_no_store_could_keep_is_refused_at_any_depth(
    client: httpx.AsyncClient, body: str | bytes, field: str, expected: str
) -> None:
    answer = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    (error,) = problem(answer, 422, "invalid-input")["errors"]
    assert (error["field"], expected in error["expected"]) == (field, True)
    assert SEEN == []


@pytest.mark.parametrize(
    "body", ["", "{", '{"text": "a\nb"}', b'{"text": "\xff"}', '{"text": 1e}', "[" * 2000, "{}{}", "1" * 2000]
)
async def test_what_is_no_json_is_a_4xx(client: httpx.AsyncClient, body: str | bytes) -> None:
    answer = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert SEEN == []


async def test_malformed_json_says_where(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things", content='{"text": }', headers={"content-type": "application/json"})
    assert "at character 9" in problem(answer, 400, "malformed-json")["detail"]


async def test_an_answer_names_a_limited_number_of_fields(client: httpx.AsyncClient) -> None:
    body = {"text": "x", **{f"f{index}": 0 for index in range(100)}}
    assert len(problem(await client.post("/v1/things", json=body), 422, "invalid-input")["errors"]) == 20


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_too_large_is_not_taken_in(client: httpx.AsyncClient, kind: str, announced: bool) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1000
            yield b"x" * 1000

    headers = {"content-type": kind, **({"content-length": "1000000"} if announced else {})}
    answer = await client.post("/v1/things/a/files", content=endless(), headers=headers)
    assert problem(answer, 413, "body-too-large")["limit" if announced or "json" in kind else "status"]
    assert taken <= 3000


async def test_a_path_may_have_a_limit_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/things/big/files", content=b"x" * 8000)
    assert answer.json() == {"of": "big", "size": 8000}
    problem(await client.post("/v1/things/big/files", content=b"x" * 8193), 413, "body-too-large")


async def test_json_has_the_ordinary_limit_everywhere_since_it_is_read_whole_before_anybody_is_known(
    client: httpx.AsyncClient,
) -> None:
    body = b'{"text": "' + b"x" * 4000 + b'"}'
    answer = await client.post("/v1/things/big/files", content=body, headers={"content-type": "application/json"})
    problem(answer, 413, "body-too-large")


async def test_a_refusal_is_rendered_with_what_it_carries(client: httpx.AsyncClient) -> None:
    body = problem(await client.get("/v1/things/refused"), 409, "not-now")
    assert (body["detail"], body["allowed"]) == ("Not in this state.", ["close"])


async def test_an_outage_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things/away")
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "7"


async def test_a_store_that_is_down_shows_no_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things/down")
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "mongodb" not in answer.text


async def test_a_fault_of_ours_is_logged_and_shows_nothing(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await client.get("/v1/things/broken")
    problem(answer, 500, "internal-error")
    assert "Zhang" not in answer.text
    assert [line["event"] for line in logs] == ["request_failed"]


async def test_unknown_paths_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    answer = await client.request("DELETE", "/v1/things")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"]


async def test_the_callers_trace_is_continued(client: httpx.AsyncClient) -> None:
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    answer = await client.post("/v1/things", json={"text": "x"}, headers=headers)
    assert answer.json()["trace"] == "a" * 32
    assert trace_id() is None


async def test_requests_are_counted_by_route_template_and_status(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things/one")
    await client.get("/v1/things/two")
    with capture_logs():
        await client.get("/v1/things/broken")
    await client.get("/nowhere/13812345678")
    await client.request("BREW", "/v1/things/one")
    lines = (await client.get("/metrics")).text.splitlines()
    name = "sanfu_http_request_seconds_count"
    assert f'{name}{{method="GET",route="/v1/things/{{thing}}",status="200"}} 2.0' in lines
    assert f'{name}{{method="GET",route="/v1/things/{{thing}}",status="500"}} 1.0' in lines
    assert f'{name}{{method="GET",route="-",status="404"}} 1.0' in lines
    assert f'{name}{{method="OTHER",route="/v1/things/{{thing}}",status="405"}} 1.0' in lines


async def test_health_tells_alive_from_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "alive"}
    assert (await client.get("/health/ready")).json() == {"ready": True, "rebuilding": 0}
    READY.well = False
    assert problem(await client.get("/health/ready"), 503, "not-ready")["waiting_for"] == {"rebuilding": 0}
    assert (await client.get("/health/live")).status_code == 200


async def test_ops_opens_to_the_tokens_bearer_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ops/quiet")
    problem(answer, 401, "ops-token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"
    wrong = {"authorization": "Bearer wrong"}
    problem(await client.get("/ops/quiet", headers=wrong), 403, "ops-token-wrong")
    right = {"authorization": f"Bearer {TOKEN}"}
    assert (await client.get("/ops/quiet", headers=right)).json() == {"quiet": True, "lag": 0}


async def test_who_asks_may_wait_until_it_is_quiet_and_until_an_instant_has_come() -> None:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    async with client_of(quiet=Settling()) as client:
        assert (await client.get("/ops/quiet", headers=bearer)).json()["quiet"] is False
    async with client_of(quiet=Settling()) as client:
        waited = (await client.get("/ops/quiet?within=10", headers=bearer)).json()
        assert waited == {"quiet": True, "now": "2026-01-05T01:00:00.000Z"}
    async with client_of(quiet=Settling()) as client:
        at = {"within": "10", "at": "2026-01-05T01:01:00.000Z"}
        waited = (await client.get("/ops/quiet", params=at, headers=bearer)).json()
        assert waited == {"quiet": True, "now": "2026-01-05T01:01:00.000Z"}


async def test_without_an_ops_token_ops_is_shut() -> None:
    async with client_of(token=None) as client:
        answer = await client.get("/ops/quiet", headers={"authorization": "Bearer "})
        assert "SANFU_OPS_TOKEN" in problem(answer, 403, "ops-shut")["detail"]


async def test_the_documentation_is_openapi_alone_and_tells_of_problems(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    responses = described["paths"]["/v1/things"]["post"]["responses"]
    assert {*responses} == {"200", "4XX", "503"}
    assert "application/problem+json" in responses["4XX"]["content"]
    assert (await client.get("/docs")).status_code == 404
    assert (await client.get("/redoc")).status_code == 404


async def test_a_list_is_read_to_its_end_page_by_page(client: httpx.AsyncClient) -> None:
    items, query = [], {"limit": "3"}
    while True:
        page = (await client.get("/v1/things", params=query)).json()
        items.append(page["items"])
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert items == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("cursor", ["x", "", "e30", "W10", "0" * 900, "中文", "WzFd", "W251bGwsIjYiXQ=="])
async def test_garbage_for_a_cursor_is_refused_by_name(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/v1/things", params={"cursor": cursor})
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "query.cursor"


@pytest.mark.parametrize("limit", ["0", "201", "x"])
async def test_a_page_has_1_to_200_items(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get("/v1/things", params={"limit": limit})
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "query.limit"


async def test_many_requests_at_once_keep_their_traces_apart(client: httpx.AsyncClient) -> None:
    async def ask(digit: str) -> bool:
        headers = {"traceparent": f"00-{digit * 32}-{'b' * 16}-01", "content-type": "application/json"}
        answer = await client.post("/v1/things", content=orjson.dumps({"text": "x"}), headers=headers)
        return bool(answer.json()["trace"] == digit * 32)

    assert all(await asyncio.gather(*(ask(digit) for digit in "123456789abcdef")))
