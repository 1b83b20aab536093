"""What a request's query may hold: the parameters that its route declares, each once unless it is a list.

A misspelt filter that were ignored would show another list than was asked for, and nobody would notice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.types import Scope

from sanfu.runtime.problems import field_path
from sanfu.runtime.rules import Refusal

HELD = ("/v1/", "/ops/")
"""Where a query is held to what is declared. Pages and health checks are asked by those who add names of their own."""


async def declared_only(request: Request) -> None:
    """A dependency of every route: refuse (422) a parameter that is unknown here, or comes twice, by its name."""
    if request.scope["query_string"] and request.scope["path"].startswith(HELD):
        check(request.query_params, parameters(matched(request.scope).dependant))


def matched(scope: Scope) -> Any:
    """Return the route that answers a request, with all that was declared around it; None where none matched."""
    return scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")


def check(given: QueryParams, declared: dict[str, bool]) -> None:
    """Raise Refusal for what `given` has too much. `declared`: name → whether it may come several times."""
    if wrong := list(_wrong(Counter(name for name, _ in given.multi_items()), declared)):
        names = ", ".join(error["field"] for error in wrong)
        raise Refusal(422, "invalid-input", f"Not as it should be: {names}.", errors=wrong)


def _wrong(given: Counter[str], declared: dict[str, bool]) -> Iterator[dict[str, str]]:
    for name, times in given.items():
        field = field_path(("query", name))
        if name not in declared:
            yield {"field": field, "problem": "unknown", "expected": _known(declared)}
        elif times > 1 and not declared[name]:
            yield {"field": field, "problem": "repeated", "expected": "this name once"}


def _known(names: Iterable[str]) -> str:
    known = ", ".join(names)
    return f"one of: {known}" if known else "none: there is nothing to choose here"


def parameters(asked: Dependant) -> dict[str, bool]:
    """Return a route's query parameters by name: whether each may come several times."""
    declared: dict[str, bool] = {}
    for field in asked.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            declared |= {one.alias or name: _is_list(one.annotation) for name, one in kind.model_fields.items()}
        else:
            declared[field.alias] = _is_list(kind)
    for inner in asked.dependencies:
        declared |= parameters(inner)
    return declared


def _is_list(kind: Any) -> bool:
    return any(get_origin(one) is list for one in (kind, *get_args(kind)))
