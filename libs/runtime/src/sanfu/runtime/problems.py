"""Errors as `application/problem+json` (RFC 9457), rendered here and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown
from sanfu.runtime.traces import trace_id

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
"""Fields named in one answer; who sends more wrong ones gets the first."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "trace": {"type": "string"},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
    for status, description in (("4XX", "What was wrong, and what would be right"), ("503", "Come back later"))
}
"""For OpenAPI: what every route may answer besides its own."""


def problem(status: int, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Render one problem. `slug` is the stable last part of its URN; `more` are members of its own."""
    body = {
        **more,
        "type": f"urn:sanfu:problem:{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if trace := trace_id():
        body["trace"] = trace
    return Response(orjson.dumps(body, default=str), status, headers, MEDIA_TYPE)


def unavailable(detail: str, retry_after: int) -> Response:
    return problem(503, "unavailable", detail, headers={"Retry-After": str(retry_after)})


def invalid(errors: Iterable[Mapping[str, str]]) -> Response:
    """Say which fields are wrong: each `{field, problem, expected}`."""
    shown = list(errors)[:MOST_ERRORS]
    names = ", ".join(error["field"] for error in shown)
    return problem(422, "invalid-input", f"Not as it should be: {names}.", errors=shown)


def field_path(place: Iterable[str | int]) -> str:
    """Name a field: `$.place.lat` and `$.people[0]` in a body, `query.limit` elsewhere. Made fit to print."""
    where, *steps = [*place] or ["body"]
    path = "$" if where == "body" else str(where)
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in path[:200])


def not_taken(expected: str) -> Response:
    """Say that a body's content type is not what is read here."""
    error = {"field": "header.Content-Type", "problem": "not_taken", "expected": expected}
    return problem(415, "unsupported-media-type", f"header.Content-Type: {expected}.", errors=[error])


def is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (the handler's registration says so)
    found = error.errors()
    for one in found:
        if one["type"] == "json_invalid":
            said, where = one.get("ctx", {}).get("error", "not JSON"), one["loc"][-1]
            at = f" at character {where}" if isinstance(where, int) else ""
            return problem(400, "malformed-json", f"The body is no JSON: {said}{at}.")
        whole = one["loc"] == ("body",) and one["type"] != "missing"
        if whole and not is_json(request.headers.get("content-type", "")):
            return not_taken("application/json")
    body = getattr(request.scope.get("route"), "body_field", None)
    kind = body.field_info.annotation if body else None
    return invalid(
        {"field": field_path(one["loc"]), "problem": one["type"], "expected": expected(one, kind)} for one in found
    )


_OBJECT = frozenset({"dict_type", "model_type", "model_attributes_type"})


def expected(error: Mapping[str, Any], body: Any = None) -> str:
    """Return what one of pydantic's errors says would be right, in the words of JSON. `body`: the body's type, of which
    the names are told where one is not among them."""
    if error["type"] == "extra_forbidden":
        names = _names(body, error["loc"][1:-1])
        return f"one of {', '.join(names)}" if names else "no field of that name"
    return "a JSON object" if error["type"] in _OBJECT else str(error["msg"]).removeprefix("Value error, ")


def _names(kind: Any, steps: Sequence[str | int]) -> list[str]:
    """Name the fields of an object at this place of a body; none, where the types don't tell."""
    for step in steps:
        if isinstance(step, str):  # a number is a place in a list, which is spelt by what is in it
            kind = _fields(kind)[step].annotation if step in _fields(kind) else None
    return [*_fields(kind)]


def _fields(kind: Any) -> Mapping[str, FieldInfo]:
    """Return the fields of a model, also where it may be missing, or many are listed."""
    models = (one.model_fields for one in (kind, *get_args(kind)) if hasattr(one, "model_fields"))
    return next(models, {})


def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if "retry_after" in error.more:
        headers["Retry-After"] = str(error.more["retry_after"])
    return problem(error.status, error.slug, error.detail, headers=headers, **error.more)


def _unavailable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unavailable)  # noqa: S101
    return unavailable(error.detail, error.retry_after)


def _store_down(_request: Request, _error: Exception) -> Response:
    return unavailable("The store can't be reached now; nothing that was not confirmed may be relied on.", 5)


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    slug, detail = _KNOWN.get(error.status_code, (None, None))
    slug = slug or HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, slug, detail or f"{error.detail}.", headers=error.headers)


_KNOWN: dict[int, tuple[str, str | None]] = {
    404: ("not-found", "Nothing is at this path; /openapi.json lists what there is."),
    405: ("method-not-allowed", "This path exists, and takes the methods of the Allow header."),
    413: ("body-too-large", None),
}


class LastResort:
    """ASGI middleware: what nobody caught becomes a 500 without internals, and one log line with them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http":
                raise
            structlog.get_logger().error("request_failed", method=scope["method"], exc_info=True)
            if started:
                raise
            answer = problem(500, "internal-error", "This is our fault; it is in the log under the trace given here.")
            await answer(scope, receive, send)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_middleware(LastResort)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(StoreDown, _store_down)
    app.add_exception_handler(HTTPException, _http)
