"""What a route needs is put together on the loop: what FastAPI hands to a thread costs more than all else it does."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from sanfu.contracts.registry import SERVICES
from tests.support.city import in_memory


def needed(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for inner in dependant.dependencies:
        assert inner.call is not None
        yield inner.call
        yield from needed(inner)


def waits(call: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004 (its kind is asked for)


@pytest.mark.parametrize("service", SERVICES)
async def test_no_request_is_handed_to_a_thread_for_what_its_route_needs(service: str) -> None:
    async with in_memory() as city:
        found = [one.original_route for one in iter_route_contexts(city.services[service].app.routes)]
    routes = [route for route in found if isinstance(route, APIRoute)]
    assert len(routes) > 5
    assert {call for route in routes for call in needed(route.dependant) if not waits(call)} == set()
