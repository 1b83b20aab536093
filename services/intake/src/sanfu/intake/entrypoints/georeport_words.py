"""How Open311 is written: XML, and JSON by the Spark convention, from the same plain data; its errors likewise."""

import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from sanfu.intake.domain.georeporting import field
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.problems import expected
from sanfu.runtime.queries import check, matched, parameters
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown

TYPES: Final = {"xml": "text/xml", "json": "application/json"}
ITEMS: Final = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "service_request_updates": "request_update", "errors": "error", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
"""What stands in each list."""
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""
MOST_ERRORS: Final = 20

Plain = Mapping[str, Any] | Sequence[Any]


def written(format: str, root: str, content: Plain) -> bytes:
    """Write content below a root; JSON has no root, and says null where XML has an empty element."""
    if format == "json":
        return orjson.dumps(content)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{"".join(_element(root, content))}\n'.encode()


def _element(name: str, content: Any) -> Iterator[str]:
    inner: Iterator[str]
    match content:
        case None | "" | []:
            yield f"<{name}/>"
            return
        case Mapping():
            inner = (piece for key, value in content.items() for piece in _element(key, value))
        case list() | tuple():
            inner = (piece for item in content for piece in _element(ITEMS[name], item))
        case bool():
            inner = iter((str(content).lower(),))
        case _:
            inner = iter((escape(_UNWRITABLE.sub("\ufffd", str(content)), quote=False),))
    yield f"<{name}>"
    yield from inner
    yield f"</{name}>"


def answer(format: str, root: str, content: Plain, status: int = 200) -> Response:
    return Response(
        written(format, root, content), status, {"Vary": "Accept-Language"}, f"{TYPES[format]}; charset=utf-8"
    )


def errors(format: str, status: int, told: Iterable[str], headers: Mapping[str, str] | None = None) -> Response:
    """Write what was wrong, as the standard has it: an array, each with the status as its code."""
    found = [{"code": status, "description": one} for one in list(told)[:MOST_ERRORS]]
    response = answer(format, "errors", found, status)
    response.headers.update(headers or {})
    return response


class Open311Route(APIRoute):
    """A route whose errors are the standard's: 404 for what is not there, 403 for keys, 400 for what is wrong. What a
    client may send again later stays 429 and 503, for 400 would tell it to give up."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            asked = request.path_params.get("format", "xml")
            format = asked if asked in TYPES else "xml"
            try:
                check(request.query_params, parameters(matched(request.scope).dependant))
                return await handle(request)
            except Refusal as refusal:
                return _refused(format, refusal)
            except RequestValidationError as error:
                return errors(format, 400, map(_invalid, error.errors()))
            except (Unavailable, StoreDown) as outage:
                wait = str(getattr(outage, "retry_after", 5))
                return errors(format, 503, ["Nothing can be taken or shown now; try again."], {"Retry-After": wait})
            except HTTPException as error:
                return errors(format, 400, [f"{error.detail}."])

        return handled


def _refused(format: str, refusal: Refusal) -> Response:
    status = {401: 403, 403: 403, 404: 404, 429: 429}.get(refusal.status, 400)
    wrong = refusal.more.get("errors", ())
    told = [_told(field(one["field"]), one["problem"], one["expected"]) for one in wrong] or [refusal.detail]
    wait = {"Retry-After": str(refusal.more["retry_after"])} if "retry_after" in refusal.more else None
    return errors(format, status, told, wait)


def _invalid(error: Mapping[str, Any]) -> str:
    return _told(".".join(str(one) for one in error["loc"][1:2]) or "query", error["type"], expected(error))


def _told(name: str, problem: str, right: str) -> str:
    return f"{name[:80]}: {problem.replace('_', ' ')}; expected: {right}"
