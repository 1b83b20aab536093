"""The HTTP side every service has: problems, health, metrics, traces, and what operators may ask."""

import asyncio
import hmac
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Response, params
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanfu.runtime import problems
from sanfu.runtime.bodies import SMALL, Bodies
from sanfu.runtime.direct import Directly
from sanfu.runtime.paging import LONGEST, Cursor, Page
from sanfu.runtime.queries import declared_only, matched
from sanfu.runtime.rules import Refusal
from sanfu.runtime.traces import TRACEPARENT, continued

Ready = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether the service may get requests, and what it is waiting for."""
Quiet = Callable[[], Awaitable[Mapping[str, Any]]]
"""What is still on its way; must hold `quiet: bool`."""

LONGEST_WAIT = 30
"""Seconds for which one may be asked to wait until it is quiet."""
QUIET_LOOK = 0.02
"""Seconds between two looks meanwhile."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a service shows of itself. Without an ops token, /ops is shut."""

    registry: CollectorRegistry
    ready: Ready
    quiet: Quiet
    ops_token: SecretStr | None = None


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """ASGI middleware, the outermost: continue the caller's trace or begin one, and time every answer."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._seconds = Histogram(
            "sanfu_http_request_seconds",
            "Time to a request's whole answer, by route template and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self._series = cache(self._seconds.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        token = TRACEPARENT.set(continued(Headers(scope=scope).get("traceparent")))
        try:
            await self._app(scope, receive, watched)
        finally:
            TRACEPARENT.reset(token)
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._series(method, route_template(scope), str(status)).observe(time.perf_counter() - began)


def route_template(scope: Scope) -> str:
    """Return the path as the route was declared, prefixes included; `-` where none matched."""
    return getattr(matched(scope), "path_format", "-")


Guard = Callable[[HTTPAuthorizationCredentials | None], Awaitable[None]]


def token_guard(door: str, tokens: Mapping[str, SecretStr | None]) -> Guard:
    """Make a dependency that lets only bearers of one of these tokens through, and nobody where none is set.

    `tokens`: the setting that holds each → the token. `door` begins the types of the problems.
    """
    named = " or ".join(tokens)
    ours = [token.get_secret_value().encode() for token in tokens.values() if token is not None]
    bearer = HTTPBearer(auto_error=False, scheme_name=f"{door} token")

    async def guard(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        if not ours:
            raise Refusal(403, f"{door}-shut", f"No token opens this here: set {named} (or the same with _FILE).")
        if given is None:
            raise Refusal(401, f"{door}-token-missing", f"Send the token of {named}: `Authorization: Bearer …`.")
        if not any(hmac.compare_digest(given.credentials.encode(), token) for token in ours):
            raise Refusal(403, f"{door}-token-wrong", f"This is not the token of {named} of this service.")

    return guard


def ops_guard(token: SecretStr | None) -> Guard:
    """Make a dependency that lets only the bearer of the ops token through."""
    return token_guard("ops", {"SANFU_OPS_TOKEN": token})


def create_app(
    service: str,
    watch: Watch,
    *,
    routers: Sequence[APIRouter] = (),
    version: str = "0",
    body_limit: int = SMALL,
    larger: Mapping[str, int] | None = None,
    **more: Any,
) -> FastAPI:
    """Make a service's app. `routers` are its own routes; `more` goes to FastAPI (`lifespan`, say).

    Only `/openapi.json` of the documentation is served: the usual pages fetch their scripts from elsewhere. Traces and
    metrics are `Edge`'s: FastAPI's own telemetry is off, which asks anew for each request whether it is on.
    """
    app = FastAPI(
        title=f"sanfu {service}", version=version, docs_url=None, redoc_url=None, responses=problems.RESPONSES,
        telemetry={"tracing": False, "metrics": False, "logs": False}, **more,
    )  # fmt: skip
    app.add_middleware(Directly, whole=app)
    app.add_middleware(Bodies, limit=body_limit, larger=larger)
    problems.install(app)
    app.add_middleware(Edge, registry=watch.registry)
    for router in (_watching(watch.registry, watch.ready), _ops(watch.quiet, watch.ops_token), *routers):
        if router.routes and all(map(_whole, router.routes)):  # an empty one gets its routes later
            app.router.routes.extend(router.routes)
        else:
            app.include_router(router, dependencies=[Depends(declared_only)])
    return app


def own_router(
    prefix: str = "", *, tags: Sequence[str] = (), dependencies: Sequence[params.Depends] = (), **more: Any
) -> APIRouter:
    """Make a router whose routes are whole as they are declared: `create_app` takes them as they stand.

    The routes of any other router are put together anew, each with all its checks: half of the time that it took to
    make a service, and one more walk for each request. `more` goes to APIRouter.
    """
    first = [Depends(declared_only), *dependencies]
    return APIRouter(prefix=prefix, tags=[*tags], dependencies=first, responses=problems.RESPONSES, **more)


def _whole(route: BaseRoute) -> bool:
    return isinstance(route, APIRoute) and any(each.dependency is declared_only for each in route.dependencies)


def _watching(registry: CollectorRegistry, ready: Ready) -> APIRouter:
    router = own_router(tags=["watching"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready", response_model=None)
    async def is_ready() -> Response | dict[str, Any]:
        well, details = ready()
        if not well:
            return problems.problem(503, "not-ready", "Not ready for requests yet.", waiting_for=details)
        return {"ready": True, **details}

    @router.get("/metrics", response_model=None, include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _ops(quiet: Quiet, token: SecretStr | None) -> APIRouter:
    router = own_router("/ops", tags=["ops"], dependencies=[Depends(ops_guard(token))])

    @router.get("/quiet")
    async def is_quiet(
        within: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0,
        at: Annotated[str, Query(max_length=30)] = "",
    ) -> dict[str, Any]:
        """Whether nothing is on its way here. Waits for that up to `within` seconds, and with `at` until it is that
        instant on the business clock as well."""
        until = time.monotonic() + within
        while True:
            told = dict(await quiet())
            if (told["quiet"] and told.get("now", "") >= at) or time.monotonic() >= until:
                return told
            await asyncio.sleep(QUIET_LOOK)

    return router


def taken(kind: type[Any]) -> Any:
    """Make a dependency of a class whose fields are a request's parameters.

    It is put together at once: a class or a plain function FastAPI hands to a thread, which costs a request more than
    all else that is done to it here.
    """

    async def ask(**given: Any) -> Any:
        return kind(**given)

    ask.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
    return Depends(ask)


async def _asked(
    limit: Annotated[int, Query(ge=1, le=LONGEST)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Page:
    try:
        return Page(limit, None if cursor is None else Cursor.parse(cursor))
    except ValueError:
        wrong = {"field": "query.cursor", "problem": "no_cursor", "expected": "`next` of the page before, unchanged"}
        raise Refusal(422, "invalid-input", "Not as it should be: query.cursor.", errors=[wrong]) from None


PageAsked = Annotated[Page, Depends(_asked)]
"""A route's parameter: `limit` and `cursor` of the query, checked."""
