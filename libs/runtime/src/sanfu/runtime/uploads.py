"""Files that somebody sends: judged by their first bytes while they come, pictures drawn anew, and kept."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sanfu.runtime.attachments import Attachment, Attachments
from sanfu.runtime.kinds import ENDINGS, HEAD, PICTURES, kind_of
from sanfu.runtime.pictures import NoPicture, Pictures
from sanfu.runtime.rules import Refusal

PATIENCE: Final = 600.0
"""Real seconds for which a file may be on its way: 20 MB by a poor phone."""
PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is kept; `received`: SHA-256 of what came, which is something else where it was drawn anew."""

    kept: Attachment
    received: str


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes in files of some kinds, of `limit` bytes at most. Pictures rest in `folder`, without a name, while they
    are drawn; all else goes to the store piece by piece."""

    files: Attachments
    pictures: Pictures
    kinds: Collection[str]
    limit: int
    folder: Path | None = None

    async def keep(self, id: str, content: AsyncIterator[bytes]) -> Upload:
        """Keep what comes under an id that the caller made for it. Raises Refusal, as soon as it is known: 415 by the
        first bytes, 413 at the first one too many, 422 for what is no picture to its end, 408, 400 for what broke off.
        Then nothing is kept."""
        coming = _in_time(content)
        head = b""
        async for piece in coming:
            head += piece
            if len(head) >= HEAD:
                break
        kind = kind_of(head[:HEAD])
        if kind is None or kind not in self.kinds:
            endings = ", ".join(sorted({ENDINGS[one] for one in self.kinds}))
            raise Refusal(415, "unsupported-media-type", f"This is none of: {endings}, told by its first bytes.")
        measured = _Measured(self.limit, head, coming)
        if kind not in PICTURES:
            kept = await self.files.put(measured.pieces(), id=id, media_type=kind, limit=self.limit)
            return Upload(kept, kept.sha256)
        async with _unnamed(self.folder) as came, _unnamed(self.folder) as drawn:
            async for piece in measured.pieces():
                await asyncio.to_thread(came.write, piece)
            await self._draw(came, kind, drawn)
            kept = await self.files.put(_pieces(drawn), id=id, media_type=kind, limit=2 * self.limit)
        return Upload(kept, measured.sha256)

    async def _draw(self, came: IO[bytes], kind: str, drawn: IO[bytes]) -> None:
        came.seek(0)
        try:
            await self.pictures.drawn_anew(came, kind, drawn)
        except NoPicture as error:
            fault = {"field": "$", "problem": "no_picture", "expected": str(error)}
            raise Refusal(422, "invalid-input", f"Not as it should be: $: {error}.", errors=[fault]) from None
        drawn.seek(0)


class _Measured:
    """Counts and hashes what comes while it passes."""

    def __init__(self, limit: int, head: bytes, rest: AsyncIterator[bytes]) -> None:
        self._limit, self._head, self._rest, self._hash = limit, head, rest, hashlib.sha256()
        self._size = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._passed(self._head)
        async for piece in self._rest:
            yield self._passed(piece)

    def _passed(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._size > self._limit:
            raise Refusal(413, "attachment-too-large", f"A file has at most {self._limit} bytes.", limit=self._limit)
        self._hash.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


async def _in_time(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pass on what comes, until it takes too long."""
    end = asyncio.get_running_loop().time() + PATIENCE
    coming = aiter(content)
    while True:
        try:
            async with asyncio.timeout_at(end):
                piece = await anext(coming, None)
        except TimeoutError:
            raise Refusal(408, "too-slow", f"A file comes within {PATIENCE:.0f} s.") from None
        if piece is None:
            return
        if piece:
            yield piece


@asynccontextmanager
async def _unnamed(folder: Path | None) -> AsyncIterator[IO[bytes]]:
    file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (it is closed off the loop)
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece
