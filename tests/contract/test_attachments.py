"""What every store of attachments does, in memory and in GridFS."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from sanfu.runtime.attachments import Attachment, Attachments, GridFSAttachments, MemoryAttachments
from sanfu.runtime.mongo import bucket, connect
from sanfu.runtime.rules import Refusal

PICTURE = bytes(range(256)) * 4096
"""One MiB: several chunks in GridFS."""


@pytest.fixture(params=["memory", "gridfs"])
async def attachments(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Attachments]:
    if request.param == "memory":
        yield MemoryAttachments()
        return
    client = connect(request.getfixturevalue("mongo"))
    yield GridFSAttachments(bucket(client[prefix], "attachments"))
    await client.drop_database(prefix)
    client.close()


async def stream(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def keep(attachments: Attachments, data: bytes, id: str = "a", limit: int = 2**21) -> Attachment:
    return await attachments.put(stream(data), id=id, media_type="image/png", limit=limit)


async def content(attachments: Attachments, id: str = "a") -> bytes:
    _, chunks = await attachments.open(id)
    return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("data", [PICTURE, b"x", b""])
async def test_what_was_put_opens_as_it_was(attachments: Attachments, data: bytes) -> None:
    kept = await keep(attachments, data)
    assert kept == Attachment("a", hashlib.sha256(data).hexdigest(), "image/png", len(data))
    opened, _ = await attachments.open("a")
    assert opened == kept
    assert await content(attachments) == data


async def test_exactly_the_limit_is_kept(attachments: Attachments) -> None:
    assert (await keep(attachments, PICTURE, limit=len(PICTURE))).size == len(PICTURE)


async def test_one_byte_over_the_limit_leaves_nothing(attachments: Attachments) -> None:
    with pytest.raises(Refusal, match="at most") as refused:
        await keep(attachments, PICTURE, limit=len(PICTURE) - 1)
    assert refused.value.status == 413
    await nothing_there(attachments)


async def test_a_stream_that_breaks_leaves_nothing(attachments: Attachments) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield PICTURE
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await attachments.put(breaking(), id="a", media_type="image/png", limit=2**21)
    await nothing_there(attachments)
    await keep(attachments, b"again")
    assert await content(attachments) == b"again"


async def test_an_id_that_is_taken_is_refused_and_keeps_its_content(attachments: Attachments) -> None:
    await keep(attachments, b"first")
    with pytest.raises(Refusal) as refused:
        await keep(attachments, b"second")
    assert refused.value.status == 409
    assert await content(attachments) == b"first"


async def test_what_was_deleted_is_gone_and_its_id_is_free(attachments: Attachments) -> None:
    await keep(attachments, PICTURE)
    await keep(attachments, b"other", id="b")
    await attachments.delete("a")
    await nothing_there(attachments)
    await attachments.delete("a")
    assert await content(attachments, "b") == b"other"


async def test_an_upload_that_breaks_takes_its_chunks_with_it(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    files = GridFSAttachments(bucket(client[prefix], "attachments"))
    chunks_seen = 0

    async def breaking() -> AsyncIterator[bytes]:
        nonlocal chunks_seen
        for _ in range(50):  # more than the 48 MB that the driver buffers
            yield PICTURE
        chunks_seen = await client[prefix]["attachments.chunks"].count_documents({})
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await files.put(breaking(), id="a", media_type="image/png", limit=2**26)
    chunks_left = await client[prefix]["attachments.chunks"].count_documents({})
    await client.drop_database(prefix)
    client.close()
    assert chunks_seen > 0
    assert chunks_left == 0


async def test_what_a_lost_process_had_kept_of_a_file_goes_when_it_is_deleted(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    files = GridFSAttachments(bucket(client[prefix], "attachments"))
    chunks = client[prefix]["attachments.chunks"]
    await keep(files, b"whole", id="a")
    await keep(files, b"another", id="b")
    await client[prefix]["attachments.files"].delete_one({"filename": "a"})  # an entry is written last
    assert await chunks.count_documents({}) == 2
    await files.delete("a")
    left = [one["files_id"] async for one in chunks.find()]
    assert [one.partition("/")[0] for one in left] == ["b"]
    assert await content(files, "b") == b"another"
    await client.drop_database(prefix)
    client.close()


async def nothing_there(attachments: Attachments) -> None:
    with pytest.raises(Refusal) as refused:
        await attachments.open("a")
    assert refused.value.status == 404
