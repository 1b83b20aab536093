"""Routes that many wait for: one JSON body and some headers, read without what FastAPI can do besides."""

from collections.abc import Callable, Coroutine
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from sanfu.runtime.problems import is_json, not_taken
from sanfu.runtime.queries import check

Errors = list[dict[str, Any]]


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class DirectRoute(APIRoute):
    """A route whose endpoint takes one JSON body, headers that may be absent, the request, and returns a Response.

    Declared, documented and refused like any other; but bytes become the body in one step, and nothing is worked out
    for each request that was known before. Raises TypeError for an endpoint that takes anything else.
    """

    def get_route_handler(self) -> Handler:
        asked, endpoint = self.dependant, self.endpoint
        if len(asked.body_params) != 1 or asked.dependencies or asked.path_params or asked.query_params:
            raise TypeError(f"{self.path}: a direct route takes one body and headers")
        (body,), headers, request_name = asked.body_params, asked.header_params, asked.request_param_name
        kind: Any = body.field_info.annotation
        read: Callable[[bytes], Any] = TypeAdapter(kind).validate_json

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                check(request.query_params, {})
            content = await request.body()
            if content and not is_json(request.headers.get("content-type", "")):
                return not_taken("application/json")
            given: dict[str, Any] = {request_name: request} if request_name else {}
            wrong = Errors()
            for header in headers:
                if (value := request.headers.get(header.alias)) is not None:
                    given[header.name], faults = header.validate(value, {}, loc=("header", header.alias))
                    wrong += faults
            given[body.name] = _body(content, read, wrong)
            if wrong:
                raise RequestValidationError(wrong)
            answer: Response = await endpoint(**given)
            return answer

        return handle


class Directly:
    """ASGI middleware, the innermost: serve direct routes without looking through all the others first."""

    def __init__(self, app: ASGIApp, whole: FastAPI) -> None:
        self._app, self._handlers = app, whole.exception_handlers
        self._routes: dict[tuple[str, str], tuple[RouteContext, Handler]] = {}
        for found in iter_route_contexts(whole.routes):
            route = found.original_route
            if isinstance(route, DirectRoute):
                for method in route.methods or ():
                    self._routes[method, found.path or ""] = (found, route.get_route_handler())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["route"], handle = found
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
