"""A query says what its route declares, or is refused by name: every service's document, route by route."""

import re
from typing import Any

import httpx
import pytest

from sanfu.contracts.registry import SERVICES
from tests.support.assembling import OPS_TOKEN
from tests.support.city import in_memory
from tests.support.people import token

HELD = ("/v1/", "/ops/")


def routes(document: dict[str, Any]) -> list[tuple[str, str, dict[str, bool]]]:
    """Return method, path, and the parameters of its query: whether each may come several times."""
    return [
        (method, re.sub(r"\{\w+\}", "any", path), declared(operation))
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if path.startswith(HELD)
    ]


def declared(operation: dict[str, Any]) -> dict[str, bool]:
    found = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    return {one["name"]: '"array"' in str(one["schema"]).replace("'", '"') for one in found}


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    return [(error["field"], error["problem"]) for error in answer.json()["errors"]]


def named(answer: httpx.Response) -> set[str]:
    """Return the fields of the query that the answer finds fault with."""
    fields = {error["field"] for error in answer.json().get("errors", ())} if answer.status_code == 422 else set()
    return {field for field in fields if field.startswith("query.")}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_query_holds_what_its_route_declares_and_each_scalar_once(service: str) -> None:
    async with in_memory() as city:
        app = city.services[service].app
        bearer = token("office-head") if service == "desk" else OPS_TOKEN
        asked = routes(app.openapi())
        assert len(asked) > 3
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://city", headers={"Authorization": f"Bearer {bearer}"}
        ) as client:
            for method, path, known in asked:
                answer = await client.request(method, f"{path}?unknwon=1")
                assert errors(answer) == [("query.unknwon", "unknown")], (method, path)
                expected = answer.json()["errors"][0]["expected"]
                assert all(name in expected for name in known), (method, path, expected)
                for name, several in known.items():
                    twice = await client.request(method, f"{path}?{name}=1&{name}=1")
                    assert several or errors(twice) == [(f"query.{name}", "repeated")], (method, path, name)
                    assert not several or f"query.{name}" not in named(twice), (method, path, name)


async def test_what_is_declared_passes_also_where_it_is_part_of_a_model_or_of_a_dependency() -> None:
    async with in_memory() as city:
        transport = httpx.ASGITransport(city.services["desk"].app)
        headers = {"Authorization": f"Bearer {token('office-head')}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://city", headers=headers) as client:
            listed = await client.get("/v1/cases?unit=urban-management&light=red&limit=3&sort=urgent")
            assert listed.status_code == 200, listed.text
            assert (await client.get("/v1/cases/any/contact?purpose=to+call+back")).status_code == 404
            misspelt = await client.get("/v1/cases/any/contact?purpose=to+call+back&porpose=x")
            assert errors(misspelt) == [("query.porpose", "unknown")]


async def test_pages_and_health_checks_bear_names_that_others_add() -> None:
    async with in_memory() as city:
        transport = httpx.ASGITransport(city.services["desk"].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://city") as client:
            assert (await client.get("/health/live?probe=1")).status_code == 200
            assert (await client.get("/login?from=mail")).status_code == 200
