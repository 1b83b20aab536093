"""Forms that browsers send, read while they come: fields, and files that are passed on piece by piece."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sanfu.runtime.bodies import pieces
from sanfu.runtime.rules import Refusal

MOST_FIELDS: Final = 100
LONGEST: Final = 64 * 1024
"""Bytes of all fields together."""
URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

T = TypeVar("T")
Keep = Callable[[AsyncIterator[bytes]], Awaitable[T]]
"""Takes in a file; raises Refusal for one that it does not want."""


@dataclass(slots=True)
class Form(Generic[T]):
    """`fields`: the first value of each; `every`: all of them, in their order; `files`: what became of each. Where a
    file was `refused` nothing behind it was read: so a page's files come last in its form."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[T] = field(default_factory=list)
    refused: Refusal | None = None
    every: list[tuple[str, str]] = field(default_factory=list)


async def read_form(request: Request, keep: Keep[T], most_files: int, into: Form[T] | None = None) -> Form[T]:
    """Read a form, with or without files; those that a browser left empty are passed over, and nobody hears what a file
    is called. `into`: filled while it comes, so that `keep` may know what stood before a file. Raises Refusal: 415 for
    what is no form, 400 for one that broke off, 413 for more than fits."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == URLENCODED.encode():
        return await _plain(pieces(request), Form() if into is None else into)
    boundary = options.get(b"boundary")
    if kind != MULTIPART.encode() or not boundary:
        error = {"field": "header.Content-Type", "problem": "not_taken", "expected": f"{MULTIPART} or {URLENCODED}"}
        raise Refusal(415, "unsupported-media-type", "header.Content-Type: a form.", errors=[error])
    return await _read(_Parts(pieces(request), boundary), keep, most_files, Form() if into is None else into)


async def _read(parts: "_Parts", keep: Keep[T], most_files: int, form: Form[T]) -> Form[T]:
    length = count = 0
    while (part := await parts.next()) is not None:
        if not part.is_file:
            value = b""
            async for piece in parts.content():
                value += piece
                _fits(length + len(value), count)
            length, count = length + len(value), count + 1
            _fits(length, count)
            _add(form, part.name, value.decode("utf-8", "replace"))
        elif await parts.anything():
            try:
                _one_more(form, most_files)
                form.files.append(await keep(parts.content()))
            except Refusal as refusal:
                form.refused = refusal
                return form
    return form


def _one_more(form: Form[T], most: int) -> None:
    if len(form.files) == most:
        raise Refusal(413, "too-many-files", f"At most {most} files.", limit=most)


def _add(form: Form[T], name: str, value: str) -> None:
    form.fields.setdefault(name, value)
    form.every.append((name, value))


async def _plain(content: AsyncIterator[bytes], form: Form[T]) -> Form[T]:
    body = b""
    async for piece in content:
        body += piece
        _fits(len(body) // 3, body.count(b"&"))  # a byte is written with three at most
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        _add(form, name, value)
    return form


def _fits(length: int, fields: int) -> None:
    if length > LONGEST or fields > MOST_FIELDS:
        raise Refusal(413, "form-too-large", f"A form has at most {MOST_FIELDS} fields, of {LONGEST} bytes together.")


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    is_file: bool


class _Parts:
    """The parts of a multipart body, one after the other: each one's content is read before the next is asked for, or
    passed over by asking."""

    def __init__(self, body: AsyncIterator[bytes], boundary: bytes) -> None:
        self._body, self._found = aiter(body), deque[_Part | bytes | None]()
        self._header, self._value, self._headers = b"", b"", dict[str, bytes]()
        self._whole = False
        try:
            self._parser = MultipartParser(boundary, {
                "on_part_begin": self._headers.clear, "on_header_field": self._on_name,
                "on_header_value": self._on_value, "on_header_end": self._on_header,
                "on_headers_finished": self._on_part, "on_part_data": self._on_data,
                "on_part_end": lambda: self._found.append(None), "on_end": self._on_end,
            })  # fmt: skip
        except FormParserError as error:
            raise _broken() from error

    async def next(self) -> _Part | None:
        """Return the next part; None behind the last."""
        while await self._more():
            if isinstance(found := self._found.popleft(), _Part):
                return found
        return None

    async def anything(self) -> bool:
        """Tell whether there is any content in this part."""
        while await self._more() and self._found[0] == b"":
            self._found.popleft()
        return bool(self._found) and self._found[0] is not None

    async def content(self) -> AsyncIterator[bytes]:
        """Return this part's content, in pieces as they come."""
        while await self._more():
            if isinstance(self._found[0], _Part) or (piece := self._found.popleft()) is None:
                return
            if isinstance(piece, bytes):
                yield piece

    async def _more(self) -> bool:
        """Read on until something is found; False behind the end. Raises Refusal 400 where the form breaks off."""
        while not self._found and not self._whole:
            try:
                piece = await anext(self._body, None)
                if piece:
                    self._parser.write(piece)
            except FormParserError as error:
                raise _broken() from error
            if piece is None and not self._whole:
                raise _broken()
        return bool(self._found)

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value
        self._header = self._value = b""

    def _on_part(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._found.append(_Part(name, b"filename" in options))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._found.append(data[start:end])

    def _on_end(self) -> None:
        self._whole = True


def _broken() -> Refusal:
    return Refusal(400, "malformed-form", "The form is not whole: send it again.")
