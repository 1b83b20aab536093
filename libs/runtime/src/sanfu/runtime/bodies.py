"""What a request's body may be, before anything looks into it: not too large, and no JSON that can't be kept."""

import json
import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sanfu.runtime.problems import field_path, invalid, not_taken, problem
from sanfu.runtime.rules import Refusal

SMALL = 256 * 1024
"""Bytes of a request, unless a path has a limit of its own: a subject's whole document has no more."""

_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_SUSPECT = (b"\\u00", b"\\ud", b"\\uD", b"\xed", b"0" * 19, b"e000", b"e+000", b"NaN", b"Infinity")
"""One of these is in the bytes of every body that `unkept` would find fault with, every digit taken for a 0: looked for
in a tenth of the time that one pattern takes."""
_NAMES = re.compile(rb'"([^"]*+)"\s*+:')
"""The name before every colon that stands outside a text; and some that stand inside one."""
_BOM = b"\xef\xbb\xbf"
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
_UNKEPT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Body(BaseModel):
    """What a request's JSON is read into: unknown fields are refused, no infinite numbers, not changed afterwards."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: also a name that comes twice."""


class TooLarge(HTTPException):
    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body has more than {limit} bytes")


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """Return a body as it comes. Raises Refusal: 400 where its sender is gone before the end, 413 where it is too
    long."""
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise Refusal(400, "broken-off", "The body broke off: send all of it.") from None
    except TooLarge as error:
        raise Refusal(413, "body-too-large", f"{error.detail}.") from None


class Bodies:
    """ASGI middleware: refuse a body over `limit` bytes (413) without taking in the rest; refuse JSON in another
    charset than UTF-8 (415); refuse JSON that holds, at whatever depth, a name twice, half characters, control
    characters, numbers beyond 64 bits or infinite ones, naming the field (422). `larger` maps how
    paths begin, where a `*` stands for anything, to limits of their own, for what is read piece by piece: JSON is read
    whole before anybody knows who sends it, and has `limit` everywhere.
    """

    def __init__(self, app: ASGIApp, limit: int = SMALL, larger: Mapping[str, int] | None = None) -> None:
        self._app, self._limit, self._larger = app, limit, dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        json_sent = "json" in (content_type := headers.get("content-type", "").lower())
        limit = self._limit if json_sent else self._limit_of(scope["path"])
        try:
            length = headers.get("content-length", "")
            if length.isdecimal() and int(length) > limit:
                raise TooLarge(limit)
            counted = _counted(receive, limit)
            if json_sent:
                body = (await _whole(counted)).removeprefix(_BOM)
                if refusal := _refused(body, content_type):
                    await refusal(scope, receive, send)
                    return
                counted = _again(body, receive)
            await self._app(scope, counted, send)
        except TooLarge as error:
            await problem(413, "body-too-large", f"{error.detail}.", limit=limit)(scope, receive, send)

    def _limit_of(self, path: str) -> int:
        sizes = (size for begins, size in self._larger.items() if fnmatchcase(path, f"{begins}*"))
        return next(sizes, self._limit)


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge(limit)
        return message

    return counting


async def _whole(receive: Receive) -> bytes:
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


def _refused(body: bytes, content_type: str) -> Response | None:
    charset = content_type.partition("charset=")[2].partition(";")[0].strip(' "')
    if charset not in _UTF8 or (b"\0" in body and not json.detect_encoding(body).startswith("utf-8")):
        return not_taken("JSON in UTF-8, the only charset it is sent in")
    if wrong := list(unkept(body)):
        return invalid(wrong)
    return None


def unkept(body: bytes) -> Iterator[dict[str, str]]:
    """Name what in a JSON body no store could keep, and each name that comes twice in one object: which of the two was
    meant nobody knows. Nothing for what is no JSON: the parser will say so."""
    if not _suspect(body) and not _may_repeat(body):
        return
    try:
        todo: list[tuple[tuple[str | int, ...], Any]] = [(("body",), json.loads(body, object_pairs_hook=_Pairs))]
    except (ValueError, RecursionError):
        return
    while todo:
        place, value = todo.pop()
        match value:
            case _Pairs():
                count = Counter(key for key, _ in value)
                for key in (key for key, times in count.items() if times > 1):
                    yield {"field": field_path((*place, key)), "problem": "repeated", "expected": "this name once"}
                todo += [((*place, key), key) for key in count if _UNKEPT.search(key)]
                todo += [((*place, key), item) for key, item in value]
            case list():
                todo += [((*place, index), item) for index, item in enumerate(value)]
            case _ if expected := _fault(value):
                yield {"field": field_path(place), "problem": "cannot_be_kept", "expected": expected}


def _suspect(body: bytes) -> bool:
    alike = body.translate(_ALIKE)
    return any(mark in alike for mark in _SUSPECT)


def _may_repeat(body: bytes) -> bool:
    names = _NAMES.findall(body)
    return len(names) > len(set(names)) or (b"\\" in body and any(b"\\" in name for name in names))


def _fault(value: Any) -> str | None:
    match value:
        case str() if found := _UNKEPT.search(value):
            return f"no U+{ord(found[0]):04X} (here at position {found.start()})"
        case int() if not -(2**63) <= value < 2**63:
            return "a number of at most 64 bits"
        case float() if not math.isfinite(value):
            return "a finite number"
    return None
