"""How Open311 is written: XML, and JSON by the Spark convention, from the same plain data; its errors likewise."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import orjson
from fastapi import Response

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
