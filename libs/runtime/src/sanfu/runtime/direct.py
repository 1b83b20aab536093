"""Routes that many wait for: one JSON body and some headers, read without what FastAPI can do besides."""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from sanfu.runtime.problems import is_json, not_taken
from sanfu.runtime.queries import check, declared_only

Errors = list[dict[str, Any]]


Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Dependency = Callable[..., Awaitable[Any]]
_Found = tuple[RouteContext, Handler, str]
_OPEN = "{}"
"""Stands for the open piece of a path."""


def directly(read: Callable[[Request], Awaitable[Any]]) -> Callable[[Dependency], Dependency]:
    """Mark a dependency that `read` does for direct routes: from the request alone, before anything else of it."""

    def mark(dependency: Dependency) -> Dependency:
        dependency.directly = read  # type: ignore[attr-defined]
        return dependency

    return mark


class DirectRoute(APIRoute):
    """A route whose endpoint takes one JSON body, headers, the request, a piece of the path at most, dependencies that
    are marked with `directly`, and returns a Response.

    Declared, documented and refused like any other; but bytes become the body in one step, and nothing is worked out
    for each request that was known before. Raises TypeError for an endpoint that takes anything else.
    """

    def get_route_handler(self) -> Handler:
        asked, endpoint = self.dependant, self.endpoint
        if len(asked.body_params) != 1 or asked.query_params or len(asked.path_params) > 1:
            raise TypeError(f"{self.path}: a direct route takes one body, headers, and one piece of the path at most")
        first = {
            one.name or "": _direct(self.path, one.call) for one in asked.dependencies if one.call is not declared_only
        }
        (body,), headers, request_name = asked.body_params, asked.header_params, asked.request_param_name
        kind: Any = body.field_info.annotation
        read: Callable[[bytes], Any] = TypeAdapter(kind).validate_json

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                check(request.query_params, {})
            content = await request.body()
            if content and not is_json(request.headers.get("content-type", "")):
                return not_taken("application/json")
            given: dict[str, Any] = {name: await look(request) for name, look in first.items()}
            if request_name:
                given[request_name] = request
            wrong = Errors()
            for part in asked.path_params:
                given[part.name], faults = part.validate(request.path_params[part.alias], {}, loc=("path", part.alias))
                wrong += faults
            for header in headers:
                if (value := request.headers.get(header.alias)) is not None:
                    given[header.name], faults = header.validate(value, {}, loc=("header", header.alias))
                    wrong += faults
                elif header.field_info.is_required():
                    wrong.append({"type": "missing", "loc": ("header", header.alias), "msg": "Field required"})
            given[body.name] = _body(content, read, wrong)
            if wrong:
                raise RequestValidationError(wrong)
            answer: Response = await endpoint(**given)
            return answer

        return handle


def _direct(path: str, dependency: Any) -> Callable[[Request], Awaitable[Any]]:
    read: Callable[[Request], Awaitable[Any]] | None = getattr(dependency, "directly", None)
    if read is None:
        raise TypeError(f"{path}: a direct route takes dependencies that are marked with `directly`")
    return read


class Directly:
    """ASGI middleware, the innermost: serve direct routes without looking through all the others first."""

    def __init__(self, app: ASGIApp, whole: FastAPI) -> None:
        self._app, self._handlers = app, whole.exception_handlers
        self._routes: dict[tuple[str, str], _Found] = {}
        self._open: dict[int, set[int]] = {}
        for found in iter_route_contexts(whole.routes):
            route = found.original_route
            if isinstance(route, DirectRoute):
                path, place, name = _shape(found.path or "")
                if name:
                    self._open.setdefault(path.count("/"), set()).add(place)
                for method in route.methods or ():
                    self._routes[method, path] = (found, route.get_route_handler(), name)

    def _found(self, method: str, path: str) -> "tuple[_Found, str] | None":
        """Return the route of a path, and the piece of it that is open."""
        if (found := self._routes.get((method, path))) and not found[2]:
            return found, ""
        for place in self._open.get(path.count("/"), ()):
            pieces = path.split("/")
            piece, pieces[place] = pieces[place], _OPEN
            if piece and (found := self._routes.get((method, "/".join(pieces)))):
                return found, piece
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._found(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        (scope["route"], handle, name), piece = found
        scope["path_params"] = {name: piece} if name else {}
        request = Request(scope, receive)
        try:
            response = await handle(request)
        except Exception as error:
            response = await self._said(request, error)
        await response(scope, receive, send)

    async def _said(self, request: Request, error: Exception) -> Response:
        """Answer an error as the app's own handlers do. Raises it again where there is none."""
        for kind in type(error).__mro__:
            if handler := self._handlers.get(kind):
                answer = handler(request, error)
                return await answer if isawaitable(answer) else answer
        raise error


def _shape(path: str) -> tuple[str, int, str]:
    """Return a template with its open piece marked, where that stands, and its name; "" where all of it is known."""
    pieces = path.split("/")
    for place, piece in enumerate(pieces):
        if piece.startswith("{"):
            return "/".join([*pieces[:place], _OPEN, *pieces[place + 1 :]]), place, piece.strip("{}")
    return path, 0, ""


def _body(content: bytes, read: Callable[[bytes], Any], wrong: Errors) -> Any:
    if not content:
        wrong.append({"type": "missing", "loc": ("body",), "msg": "Field required"})
        return None
    try:
        return read(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        wrong += [{**one, "loc": ("body", *one["loc"])} for one in found]
        return None
