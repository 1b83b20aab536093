"""A direct route is the same route, only faster: held against FastAPI's own."""

from typing import Annotated, Any

import httpx
import orjson
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from pydantic import ConfigDict, Field

from sanfu.runtime.bodies import Body
from sanfu.runtime.direct import DirectRoute, directly
from sanfu.runtime.http import Watch, create_app
from sanfu.runtime.rules import Refusal
from sanfu.runtime.texts import Line

JSON = {"content-type": "application/json"}


class Thing(Body):
    model_config = ConfigDict(strict=True)
    name: Annotated[str, Line(5)]
    size: float = 0.5
    more: dict[str, int | None] = Field(default_factory=dict)


async def _caller(request: Request) -> str:
    return _named(request.headers.get("x-who"))


@directly(_caller)
async def caller(x_who: Annotated[str | None, Header()] = None) -> str:
    return _named(x_who)


def _named(who: str | None) -> str:
    if who is None:
        raise Refusal(401, "nobody", "Say who asks.")
    return who


def app(kind: type[APIRoute]) -> FastAPI:
    router = APIRouter(prefix="/v1", route_class=kind)

    @router.post("/things", status_code=201)
    async def put(
        thing: Thing, request: Request, key: Annotated[str | None, Header(alias="X-Key", pattern="^[a-z]+$")] = None
    ) -> Response:
        return Response(orjson.dumps({"name": thing.name, "size": thing.size, "key": key, "at": request.url.path}), 201)

    @router.post("/things/{place}/move")
    async def move(
        at: Annotated[str, Path(alias="place", max_length=4)], thing: Thing, who: Annotated[str, Depends(caller)],
        key: Annotated[str, Header(alias="X-Key", pattern="^[a-z]+$")],
    ) -> Response:  # fmt: skip
        return Response(orjson.dumps({"at": at, "name": thing.name, "who": who, "key": key}))

    async def quiet() -> dict[str, bool]:
        return {"quiet": True}

    return create_app("toy", Watch(CollectorRegistry(), lambda: (True, {}), quiet), routers=[router])


async def asked(
    kind: type[APIRoute], content: bytes, headers: dict[str, str], path: str = "/v1/things"
) -> tuple[int, Any, list[str]]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(kind)), base_url="http://toy") as client:
        answer = await client.post(path, content=content, headers=headers)
    body = answer.json()
    return answer.status_code, body.get("type", body), [error["field"] for error in body.get("errors", ())]


@pytest.mark.parametrize("headers", [{}, {"X-Key": "abc"}, {"X-Key": "ABC"}], ids=str)
@pytest.mark.parametrize(
    "content",
    [
        b'{"name":"a"}', b'{"name":"a","size":1}', b'{"name":"\\u00e4","more":{"x":1,"y":null}}', b"", b"{", b"[]",
        b'{"name":7}', b'{"nam":"a"}', b'{"name":"a","size":"1"}', b'{"name":"a","size":true}', b'{"name":"too long"}',
        b'{"name":"a\\nb"}', b'{"name":"a","more":{"x":"1"}}', b'{"name":"a","more":[]}', b'{"name":"\\ud800"}',
        b"7", b"\xff", b'{"name":"\xff"}', b'{"name":NaN}', b"[" * 100_000, b'{"name":"a"} x',
        b'{"name":"a","name":7}',
    ],
    ids=lambda content: str(content)[:30],
)  # fmt: skip
async def test_it_takes_and_refuses_what_fastapi_does(content: bytes, headers: dict[str, str]) -> None:
    direct = await asked(DirectRoute, content, JSON | headers)
    status, answer, fields = await asked(APIRoute, content, JSON | headers)
    assert direct[0] == status
    if status != 400:  # of what is no JSON, FastAPI sometimes says only that
        assert (direct[1], sorted(direct[2])) == (answer, sorted(fields))


@pytest.mark.parametrize("content", [b'{"name":"a"}', b'{"name":7}', b""], ids=str)
@pytest.mark.parametrize("headers", [{"X-Key": "abc"}, {"X-Key": "ABC"}, {}, {"X-Who": "me"}], ids=str)
@pytest.mark.parametrize(
    "path", ["/v1/things/a/move", "/v1/things/too-long/move", "/v1/things//move", "/v1/things/{}/move",
             "/v1/things/%E7%81%AF/move", "/v1/things/a%2Fb/move", "/v1/things/a/move?x=1"],
)  # fmt: skip
async def test_what_is_done_on_a_piece_of_the_path_by_somebody_is_taken_and_refused_as_fastapi_does(
    content: bytes, headers: dict[str, str], path: str
) -> None:
    given = JSON | {"X-Key": "abc", "X-Who": "me"} | headers
    if not headers:
        del given["X-Who"]
    elif headers == {"X-Who": "me"}:
        del given["X-Key"]
    direct, usual = [await asked(kind, content, given, path) for kind in (DirectRoute, APIRoute)]
    assert (*direct[:2], sorted(direct[2])) == (*usual[:2], sorted(usual[2]))


@pytest.mark.parametrize("kind", [DirectRoute, APIRoute])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json", "json"])
async def test_a_body_that_is_not_called_json_is_not_taken(kind: type[APIRoute], content_type: str) -> None:
    status, type, fields = await asked(kind, b'{"name":"a"}', {"content-type": content_type})
    assert (status, type, fields) == (415, "urn:sanfu:problem:unsupported-media-type", ["header.Content-Type"])


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"])
async def test_json_by_its_other_names_is_taken(content_type: str) -> None:
    assert (await asked(DirectRoute, b'{"name":"a"}', {"content-type": content_type}))[0] == 201


def test_its_document_is_the_same() -> None:
    assert app(DirectRoute).openapi() == app(APIRoute).openapi()


def test_a_route_that_wants_more_is_refused_when_it_is_declared() -> None:
    router = APIRouter(route_class=DirectRoute)
    with pytest.raises(TypeError, match="one body, headers"):

        @router.post("/things")
        async def put(thing: Thing, limit: Annotated[int, Query()] = 1) -> Response:
            raise NotImplementedError
