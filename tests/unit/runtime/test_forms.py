"""Forms are read while they come: fields, files one after the other, nothing by its name, and no more than fits."""

from collections.abc import AsyncIterator

import pytest
from fastapi import Request

from sanfu.runtime.forms import Form, read_form
from sanfu.runtime.rules import Refusal

BOUNDARY = "----x7"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, content: bytes, file: str | None = None) -> bytes:
    called = f'; filename="{file}"' if file is not None else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{called}\r\n\r\n'.encode() + content + b"\r\n"


def whole(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def request(body: bytes, content_type: str = MULTIPART, size: int = 7) -> tuple[Request, list[int]]:
    """A request whose body comes in pieces; and how many of them were asked for."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    asked: list[int] = []

    async def receive() -> dict[str, object]:
        asked.append(len(asked))
        if len(asked) > len(pieces):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces[len(asked) - 1], "more_body": len(asked) < len(pieces)}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive), asked


async def whole_file(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in content])


async def read(body: bytes, content_type: str = MULTIPART, size: int = 7, most: int = 2) -> Form[bytes]:
    return await read_form(request(body, content_type, size)[0], whole_file, most)


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_fields_and_files_come_as_they_were_sent_however_they_are_cut(size: int) -> None:
    content = b"\r\n--" + BOUNDARY[:-1].encode() + bytes(range(256))
    body = whole(part("text", "路灯不亮".encode()), part("text", b"later"), part("files", content, "../../etc/passwd"))
    form = await read(body, size=size)
    assert (form.fields, form.files, form.refused) == ({"text": "路灯不亮"}, [content], None)


async def test_a_file_that_nobody_chose_is_none() -> None:
    form = await read(whole(part("files", b"", ""), part("text", b"a"), part("files", b"x", "a")))
    assert (form.files, form.fields) == ([b"x"], {"text": "a"})


async def test_a_plain_form_is_read_too() -> None:
    form = await read(b"text=%E7%81%AF&key=&text=2", "application/x-www-form-urlencoded; charset=utf-8")
    assert form.fields == {"text": "灯", "key": ""}


async def test_behind_a_file_that_is_refused_nothing_is_read() -> None:
    async def keep(content: AsyncIterator[bytes]) -> bytes:
        await anext(content)
        raise Refusal(415, "unsupported-media-type", "no")

    body = whole(part("text", b"a"), part("files", b"x" * 10_000, "a"), part("late", b"b"))
    given, asked = request(body)
    form = await read_form(given, keep, 2)
    assert (form.fields, form.refused and form.refused.status) == ({"text": "a"}, 415)
    assert len(asked) < 50


async def test_one_file_too_many_is_refused_before_it_is_read() -> None:
    form = await read(whole(*[part("files", b"x", "a") for _ in range(3)]))
    assert (len(form.files), form.refused and form.refused.slug) == (2, "too-many-files")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (whole(part("text", b"a"))[:-20], MULTIPART, 400),
        (b"", MULTIPART, 400),
        (b"nonsense" * 100, MULTIPART, 400),
        (whole(part("text", b"a")), "multipart/form-data", 415),
        (whole(part("text", b"a")), f"multipart/form-data; boundary={'b' * 5000}", 400),
        (b"{}", "application/json", 415),
        (b"{}", "", 415),
        (whole(part("text", b"a" * 70_000)), MULTIPART, 413),
        (whole(*[part(f"n{n}", b"") for n in range(200)]), MULTIPART, 413),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", 413),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (part("a" * 10_000, b"x"), MULTIPART, 400),
    ],
)
async def test_what_is_no_form_or_does_not_fit_is_refused(body: bytes, content_type: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        await read(body, content_type, 4096)
    assert refused.value.status == status
