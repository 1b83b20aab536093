"""Killed for real in the middle of forgetting a person, and started again."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sanfu.contracts import names
from sanfu.runtime.mongo import connect
from sanfu.stack.programs import free_port
from tests.integration.intake.test_intake import database, reading, topics
from tests.support.eventually import eventually
from tests.unit.intake.world import CITY, HOTLINE, OPS, report, settings

__all__ = ["database"]

POINTS = ("intake.before_scrub",)
REPORTS = 8
"""One more than the latest hit: something is left to forget after the kill."""
PERSON = {"phone": "13800000001"}


@asynccontextmanager
async def process(kafka: str, mongo: str, prefix: str, home: Path, crash: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """Run intake as a process; at the end it must have ended as it was asked to."""
    given, port = settings(), free_port()
    for name in ("keys", "channel_keys"):
        (home / name).write_text(getattr(given, name).get_secret_value())
    environment = {
        **os.environ, "SANFU_KAFKA": kafka, "SANFU_MONGO": mongo, "SANFU_PREFIX": prefix, "SANFU_CITY": str(CITY),
        "SANFU_KEYS_FILE": str(home / "keys"), "SANFU_CHANNEL_KEYS_FILE": str(home / "channel_keys"),
        "SANFU_OPS_TOKEN": OPS["Authorization"].removeprefix("Bearer "), "SANFU_PORT": str(port), "SANFU_CRASH": crash,
    }  # fmt: skip
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sanfu.intake", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            await eventually(lambda: is_ready(client), within=60)
            yield client
        if not crash:
            running.terminate()
        async with asyncio.timeout(30):
            assert await running.wait() == (-9 if crash else 0)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.TransportError:
        return False


async def is_quiet(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/ops/quiet", headers=OPS)).json()["quiet"])


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(f"{point}:{hit}", marks=[] if hit == 1 else pytest.mark.full)
        for point in POINTS
        for hit in (1, 2, 7)
    ],
)
async def test_who_asked_to_be_forgotten_is_forgotten_after_a_kill_each_contact_once(
    kafka: str, database: str, prefix: str, tmp_path: Path, point: str
) -> None:
    await topics(kafka, prefix)
    hit = int(point.partition(":")[2])
    async with process(kafka, database, prefix, tmp_path, point) as client:
        batch = {"issues": [report(external_id=str(n)) for n in range(REPORTS)]}
        taken = (await client.post("/v1/issues/batch", json=batch, headers=HOTLINE)).json()
        keys = {f"{one['issue']['id']}/intake" for one in taken}
        await eventually(lambda: is_quiet(client), within=30)
        with pytest.raises(httpx.TransportError):
            await client.post("/v1/erasures", json=PERSON, headers=OPS)
    assert await kept(database, prefix) == REPORTS - hit + 1
    async with process(kafka, database, prefix, tmp_path) as client:
        again = await client.post("/v1/erasures", json=PERSON, headers=OPS)
        assert again.json()["erased"] == REPORTS - hit + 1
        assert (await client.post("/v1/erasures", json=PERSON, headers=OPS)).json()["erased"] == 0
        await eventually(lambda: is_quiet(client), within=30)
    assert await kept(database, prefix) == 0
    async with reading(kafka, prefix) as broker:
        contacts = await broker.read(names.CONTACTS)
        last = {record.key: record.value for record in contacts}
        assert last == dict.fromkeys(keys)
        tombstones = [record.key for record in contacts if record.value is None]
        assert set(tombstones) == keys
        assert len(tombstones) <= REPORTS + 1, "only the one under way may be told again"
        told = {dict(record.headers)["ce_id"] for record in await broker.read(names.ISSUES)}
        assert len(told) == REPORTS, "the story hears nothing of it; what was under way may be repeated"


async def kept(mongo: str, prefix: str) -> int:
    """How many contacts still hold something of a person."""
    client = connect(mongo)
    count: int = await client.get_database(f"{prefix}_intake").contacts.count_documents({"boxes": {"$ne": {}}})
    client.close()
    return count
