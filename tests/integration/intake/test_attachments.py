"""Files on a real MongoDB: hostile ones leave nothing there, bound ones outlive the process, and a kill leaves nothing
that the sweep does not take."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sanfu.contracts.envelope import truncated
from sanfu.intake.handlers.attachments import SEEN
from sanfu.runtime.clock import Anchor, read_anchor, write_anchor
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.mongo import connect
from sanfu.runtime.serving import Server
from tests.integration.intake.test_crashes import is_quiet, process
from tests.integration.intake.test_intake import database, serving, topics
from tests.support.eventually import eventually
from tests.support.files import PDF, SOUND, claims_to_be, photo
from tests.unit.intake.open311 import LAMP
from tests.unit.intake.test_adding import PAGE, link
from tests.unit.intake.world import HOTLINE, KEYS, NOW, OPS, report

__all__ = ["database"]

HOSTILE = {
    "100 megapixels": (claims_to_be(10_000, 10_000), 422),
    "a picture cut off": (photo(size=(400, 300))[:-500], 422),
    "a JPEG in name only": (b"\xff\xd8\xff" + bytes(50_000), 422),
    "a program": (b"MZ\x90\x00" + bytes(50_000), 415),
    "a page": (b"<html><script>alert(1)</script>", 415),
    "a zip": (b"PK\x03\x04" + bytes(50_000), 415),
    "nothing": (b"", 415),
    "two bytes": (b"\xff\xd8", 415),
    "21 MB of paper": (PDF + bytes(21 * 1024 * 1024), 413),
    "21 MB of photo": (b"\xff\xd8\xff" + bytes(21 * 1024 * 1024), 413),
}


async def left(mongo: str, prefix: str) -> dict[str, int]:
    """How much there is of files: records, entries and pieces."""
    client = connect(mongo)
    found = client.get_database(f"{prefix}_intake")
    names = ("attachments", "attachment_files.files", "attachment_files.chunks")
    counts = {name: await found.get_collection(name).count_documents({}) for name in names}
    client.close()
    return counts


NOTHING = {"attachments": 0, "attachment_files.files": 0, "attachment_files.chunks": 0}
ONE = dict.fromkeys(NOTHING, 1)


async def in_pieces(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def test_hostile_files_are_refused_and_leave_nothing(kafka: str, database: str, prefix: str) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (_, client):
        for name, (content, status) in HOSTILE.items():
            for body in (content, in_pieces(content)):
                answer = await client.post("/v1/attachments", content=body, headers=HOTLINE)
                assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
                    name
                )
        assert await left(database, prefix) == NOTHING
        assert (await client.get("/health/ready")).is_success


async def test_hostile_files_over_open311_are_errors_of_the_standard_and_leave_nothing(
    kafka: str, database: str, prefix: str
) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (_, client):
        for name, (content, _) in HOSTILE.items():
            if not content:  # a file that nobody chose is none
                continue
            for before in ([], [("photo1", ("a.jpg", photo()))]):
                files = [*before, ("media", ("../../b.jpg", content))]
                answer = await client.post("/open311/v2/requests.xml", data=LAMP, files=files)
                assert (answer.status_code, answer.headers["content-type"]) == (400, "text/xml; charset=utf-8"), name
        broken = client.build_request("POST", "/open311/v2/requests.xml", data=LAMP, files={"a": photo()})
        kind = {"Content-Type": broken.headers["content-type"]}
        cut = await client.post(broken.url, content=broken.read()[:-400], headers=kind)
        assert cut.status_code == 400
        assert await left(database, prefix) == NOTHING
        assert (await client.get("/health/ready")).is_success


async def test_what_a_report_has_outlives_the_process_and_goes_with_the_person(
    kafka: str, database: str, prefix: str
) -> None:
    await topics(kafka, prefix)
    large = SOUND + bytes(range(256)) * 4000
    async with serving(kafka, database, prefix) as (_, client):
        ids = []
        for content in (large, photo()):
            answer = await client.post("/v1/attachments", content=in_pieces(content), headers=HOTLINE)
            ids.append(answer.json()["id"])
        taken = await client.post("/v1/issues", json=report(external_id="1", attachments=ids), headers=HOTLINE)
        assert taken.status_code == 201, taken.text
    async with serving(kafka, database, prefix) as (service, client):
        again = await client.post("/v1/issues", json=report(external_id="1", attachments=ids), headers=HOTLINE)
        assert (again.status_code, again.json()["receipt"]) == (200, taken.json()["receipt"])
        other = await client.post("/v1/issues", json=report(external_id="2", attachments=ids[:1]), headers=HOTLINE)
        assert other.status_code == 409
        url = FileLinks.of(KEYS, b"attachments").link(ids[0], SEEN, service.clock.now()).under("/v1/attachments")
        assert (await client.get(url)).content == large
        token = link(taken.json()["receipt"], until=service.clock.now() - NOW + timedelta(days=1))
        sent = await client.post(f"/v1/supplements/{token}", files=[("files", ("a", photo("PNG"), "image/png"))])
        assert sent.headers["location"] == f"{PAGE}/my/{token}?done=add"
        assert (await left(database, prefix))["attachments"] == 3
        erased = await client.post("/v1/erasures", json={"phone": "13800000001"}, headers=OPS)
        assert erased.json()["erased"] == 1
        assert await left(database, prefix) == NOTHING
        assert (await client.get(url)).status_code == 404


async def test_a_browser_that_is_gone_in_the_middle_leaves_nothing(kafka: str, database: str, prefix: str) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (service, client):
        server = Server(service.app, "127.0.0.1", 0)
        await server.start()
        lines = ["POST /v1/attachments HTTP/1.1", "Host: intake", "Content-Length: 9000000",
                 f"X-Api-Key: {HOTLINE['X-Api-Key']}", "", ""]  # fmt: skip
        with socket.create_connection(("127.0.0.1", server.port)) as gone:
            await asyncio.to_thread(gone.sendall, "\r\n".join(lines).encode() + PDF + bytes(1_000_000))
            await eventually(lambda: counted(database, prefix), within=10)
        await eventually(lambda: emptied(database, prefix), within=10)
        await server.stop()
        metrics = (await client.get("/metrics")).text
        assert 'status="5' not in metrics


async def counted(mongo: str, prefix: str) -> bool:
    return (await left(mongo, prefix))["attachments"] == 1


async def emptied(mongo: str, prefix: str) -> bool:
    return await left(mongo, prefix) == NOTHING


POINTS = {
    "intake.attachment_noted": (False, {"attachments": 1}),
    "intake.attachment_kept": (False, ONE),
    "intake.attachment_claimed": (False, ONE),
    "machine.before_write": (False, ONE),
    "machine.after_write": (True, ONE),
    "intake.attachment_taken": (True, ONE),
}
"""Where it is killed; whether a report has the file then; what stands there."""


@pytest.fixture
def anchor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The business clock of a process: now, until it is set."""
    now = truncated(datetime.now(UTC))
    write_anchor(tmp_path / "clock", Anchor(now, now))
    monkeypatch.setenv("SANFU_CLOCK", str(tmp_path / "clock"))
    return tmp_path / "clock"


@pytest.mark.parametrize("point", POINTS)
async def test_killed_anywhere_between_upload_and_report_nothing_is_left_that_no_report_has_and_all_that_one_has(
    kafka: str, database: str, prefix: str, anchor: Path, point: str
) -> None:
    await topics(kafka, prefix)
    tmp_path, now = anchor.parent, read_anchor(anchor).real
    has, stands = POINTS[point]
    async with process(kafka, database, prefix, tmp_path, f"{point}:1") as client:
        with pytest.raises(httpx.TransportError):
            file = await client.post("/v1/attachments", content=photo(), headers=HOTLINE)
            brought = report(external_id="1", attachments=[file.json()["id"]])
            await client.post("/v1/issues", json=brought, headers=HOTLINE)
    assert await left(database, prefix) == {**NOTHING, **stands}
    write_anchor(anchor, Anchor(now + timedelta(days=1, minutes=5), now))
    async with process(kafka, database, prefix, tmp_path) as client:
        await eventually(lambda: is_quiet(client), within=30)
        await eventually(lambda: swept(database, prefix), within=10)
    assert await left(database, prefix) == (ONE if has else NOTHING)


async def swept(mongo: str, prefix: str) -> bool:
    """Whether no file waits for its time any more."""
    client = connect(mongo)
    waiting: Any = await client.get_database(f"{prefix}_intake").attachments.count_documents({"due": {"$exists": True}})
    client.close()
    return bool(waiting == 0)
