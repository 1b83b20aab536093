"""Files that came with something: kept once under an id, streamed in and out, never in a document."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Protocol

from sanfu.runtime.rules import Refusal


@dataclass(frozen=True, slots=True)
class Attachment:
    id: str
    sha256: str
    media_type: str
    size: int


class Attachments(Protocol):
    """A store of files. All may raise Unavailable or StoreDown."""

    async def put(self, content: AsyncIterable[bytes], *, id: str, media_type: str, limit: int) -> Attachment:
        """Keep a stream under an id that the caller made for it; it is all there, durably, or not at all.

        Raises Refusal 413 at the first chunk beyond `limit` bytes, 409 for an id that is taken; whatever the stream
        itself raises passes through. In all these cases nothing is kept. Two puts under one id at the same instant
        may both succeed, and one of them is what `open` gives from then on.
        """
        ...

    async def open(self, id: str) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Return what it is and its content in chunks. Raises Refusal 404."""
        ...

    async def delete(self, id: str) -> None:
        """Forget it, and what a process that was lost had kept of it; one that isn't there is no error."""
        ...


class Measure:
    """Count and hash a stream while it passes."""

    def __init__(self, limit: int) -> None:
        self.size, self._limit, self._hash = 0, limit, hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self._limit:
            raise Refusal(413, "attachment-too-large", f"An attachment has at most {self._limit} bytes.")
        self._hash.update(chunk)

    def of(self, id: str, media_type: str) -> Attachment:
        return Attachment(id, self._hash.hexdigest(), media_type, self.size)


def _unknown(id: str) -> Refusal:
    return Refusal(404, "attachment-unknown", f"There is no attachment {id}.")


def _taken(id: str) -> Refusal:
    return Refusal(409, "attachment-exists", f"There is an attachment {id} already.")


class MemoryAttachments:
    """For tests."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Attachment, bytes]] = {}

    async def put(self, content: AsyncIterable[bytes], *, id: str, media_type: str, limit: int) -> Attachment:
        measure, chunks = Measure(limit), []
        async for chunk in content:
            measure.add(chunk)
            chunks.append(chunk)
        if id in self._kept:
            raise _taken(id)
        self._kept[id] = measure.of(id, media_type), b"".join(chunks)
        return self._kept[id][0]

    async def open(self, id: str) -> tuple[Attachment, AsyncIterator[bytes]]:
        if id not in self._kept:
            raise _unknown(id)
        attachment, content = self._kept[id]

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return attachment, chunks()

    async def delete(self, id: str) -> None:
        self._kept.pop(id, None)


class GridFSAttachments:
    """In MongoDB, through an async GridFS bucket whose write concern is majority.

    `guard` makes the context in which the driver is called: it turns the driver's outages into ours. Each upload has a
    name of its own that begins with our id, which is the file's name: so a failed upload can only ever take away its
    own chunks. A file's entry is written last; what a crash leaves behind is chunks that nobody sees, until the id is
    deleted.
    """

    def __init__(self, bucket: Any, guard: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext) -> None:
        self._bucket, self._guard = bucket, guard

    async def put(self, content: AsyncIterable[bytes], *, id: str, media_type: str, limit: int) -> Attachment:
        if await self._files(id):
            raise _taken(id)
        measure = Measure(limit)
        into = self._bucket.open_upload_stream_with_id(f"{id}/{token_hex(6)}", id)
        try:
            async for chunk in content:
                measure.add(chunk)
                async with self._guard():
                    await into.write(chunk)
            attachment = measure.of(id, media_type)
            async with self._guard():
                await into.set("metadata", {"sha256": attachment.sha256, "media_type": media_type})
                await into.close()
        except BaseException:
            async with self._guard():
                await into.abort()
            raise
        return attachment

    async def open(self, id: str) -> tuple[Attachment, AsyncIterator[bytes]]:
        files = await self._files(id)
        if not files:
            raise _unknown(id)
        async with self._guard():
            out = await self._bucket.open_download_stream(files[0])

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                async with self._guard():
                    chunk = await out.readchunk()
                if not chunk:
                    return
                yield chunk

        return Attachment(id, out.metadata["sha256"], out.metadata["media_type"], out.length), chunks()

    async def delete(self, id: str) -> None:
        for file in await self._files(id):
            async with self._guard():
                await self._bucket.delete(file)
        async with self._guard():
            await self._bucket.collection.chunks.delete_many({"files_id": {"$gte": f"{id}/", "$lt": f"{id}0"}})

    async def _files(self, id: str) -> list[Any]:
        async with self._guard():
            found = await self._bucket.find({"filename": id}).sort("_id", 1).to_list(10)
        return [file["_id"] for file in found]
