"""Files are judged while they come: what is none of ours goes no further than its first bytes, and hostile pictures end
in a process of their own."""

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from sanfu.runtime import drawing, pictures, uploads
from sanfu.runtime.attachments import MemoryAttachments
from sanfu.runtime.kinds import ENDINGS, HEAD, kind_of
from sanfu.runtime.pictures import NoPicture, Pictures
from sanfu.runtime.rules import Refusal
from sanfu.runtime.uploads import Upload, Uploads
from tests.support.files import MAKER, PDF, claims_to_be, photo

LIMIT = 200_000


def fresh(limit: int = LIMIT) -> Uploads:
    return Uploads(MemoryAttachments(), Pictures(), tuple(ENDINGS), limit)


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def keep(content: bytes, size: int = 1000, limit: int = LIMIT) -> tuple[Upload, bytes]:
    made = fresh(limit)
    upload = await made.keep("a", pieces(content, size))
    _, kept = await made.files.open("a")
    return upload, b"".join([one async for one in kept])


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"%PDF-1.4", "application/pdf"), (b"RIFF\0\0\0\0WAVE", "audio/wav"), (b"OggS", "audio/ogg"),
        (b"\0\0\0\x1cftypM4A ", "audio/mp4"), (b"ID3\x04", "audio/mpeg"), (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"), (b"#!AMR\n", "audio/amr"), (b"MZ\x90", None), (b"<svg xmlns=", None),
        (b"RIFF\0\0\0\0AVI ", None), (b"PK\x03\x04", None), (b" %PDF-", None), (b"\0\0\0\x1cftypisom", None),
        (b"", None),
    ],
)  # fmt: skip
def test_a_kind_is_told_by_the_first_bytes(beginning: bytes, kind: str | None) -> None:
    assert kind_of(beginning.ljust(HEAD, b"\0")) == kind


@pytest.mark.parametrize("size", [1, 5, 1_000_000])
async def test_a_paper_is_kept_as_it_came_however_it_is_cut(size: int) -> None:
    upload, kept = await keep(PDF, size)
    assert (kept, upload.received) == (PDF, upload.kept.sha256)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_drawn_anew_and_holds_nothing_but_what_is_seen(form: str) -> None:
    given = photo(form)
    assert MAKER.encode() in given
    upload, kept = await keep(given)
    assert (MAKER.encode() in kept, upload.received == upload.kept.sha256) == (False, False)
    with Image.open(io.BytesIO(kept)) as drawn:
        assert (drawn.format, drawn.size, dict(drawn.getexif())) == (form, (20, 40), {})


async def test_a_file_of_no_kind_is_refused_by_its_first_bytes() -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"GIF89a"

    with pytest.raises(Refusal) as refused:
        await fresh().keep("a", endless())
    assert (refused.value.status, asked) == (415, 3)


@pytest.mark.parametrize("beginning", [PDF, photo()[:100]])
async def test_one_byte_too_many_is_refused_without_the_rest(beginning: bytes) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while asked < 1000:
            asked += 1
            yield beginning.ljust(1000)

    with pytest.raises(Refusal) as refused:
        await fresh(10_000).keep("a", endless())
    assert (refused.value.status, asked) == (413, 11)


async def test_who_never_ends_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 0.05)

    async def stuck() -> AsyncIterator[bytes]:
        yield PDF
        await asyncio.Event().wait()

    with pytest.raises(Refusal) as refused:
        await fresh().keep("a", stuck())
    assert refused.value.status == 408


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (claims_to_be(10_000, 10_000), "at most 50 megapixels"),
        (photo()[:-200], "read to its end"),
        (b"\xff\xd8\xff" + bytes(1000), "read to its end"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 1000, "read to its end"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(1000), "read to its end"),
    ],
    ids=["100 megapixels", "cut off", "no JPEG", "no PNG", "no WebP"],
)
async def test_a_hostile_picture_is_told_what_would_be_right(content: bytes, expected: str) -> None:
    with pytest.raises(Refusal) as refused:
        await keep(content, limit=1_000_000)
    assert refused.value.status == 422
    assert expected in refused.value.more["errors"][0]["expected"]


async def test_a_picture_of_as_many_pixels_as_are_allowed_fits_into_the_memory_that_is() -> None:
    before = time.perf_counter()
    upload, _ = await keep(claims_to_be(10_000, 5_000), limit=1_000_000)
    assert upload.kept.media_type == "image/png"
    assert time.perf_counter() - before < pictures.LONGEST


async def test_a_process_that_is_lost_on_a_picture_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as into,
        pytest.raises(NoPicture, match="drawn anew"),
    ):
        await Pictures().drawn_anew(given, "image/png", into)


def test_both_sides_mean_the_same_by_an_exit_code() -> None:
    assert drawing.NO_PICTURE == pictures.NO_PICTURE
