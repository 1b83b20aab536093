"""Intake killed in the middle of an erasure: what was asked again is carried out, once for everybody who reads."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from sanfu.contracts import names
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from sanfu.runtime.sealing import generate_keys
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.toy_world import SLOW
from tests.unit.intake.world import CITY, HOTLINE, OPS, report

TOPICS = {names.ISSUES: 2, names.CONTACTS: 2, names.dead_letter_topic("intake"): 1}


@contextmanager
def intake(kafka: str, mongo: str, prefix: str, folder: Path, crash: str = "") -> Iterator[tuple[Any, str]]:
    port = free_port()
    environment = {
        **os.environ, "SANFU_KAFKA": kafka, "SANFU_MONGO": mongo, "SANFU_PREFIX": prefix, "SANFU_PORT": str(port),
        "SANFU_CITY": str(CITY), "SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CRASH": crash,
        "SANFU_CHANNEL_KEYS_FILE": str(folder / "channels"),
        "SANFU_OPS_TOKEN": OPS["Authorization"].removeprefix("Bearer "),
    }  # fmt: skip
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "sanfu.intake"], env=environment, stdout=log, stderr=log)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def reached(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(ready, within=SLOW)
        yield client


async def test_an_erasure_whose_process_was_killed_is_completed_when_it_is_asked_again(
    kafka: str, mongo: str, prefix: str, tmp_path: Path
) -> None:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): count for name, count in TOPICS.items()})
    generate_keys(tmp_path / "keys")
    (tmp_path / "channels").write_text(json.dumps({"hotline": HOTLINE["X-Api-Key"]}))
    person = {"phone": "138 0000 0001"}
    store = connect(mongo)
    contacts = store.get_database(f"{prefix}_intake").get_collection("contacts")

    async def with_party() -> int:
        return int(await contacts.count_documents({"boxes.party": {"$exists": True}}))

    with intake(kafka, mongo, prefix, tmp_path, "intake.before_scrub") as (process, url):
        async with reached(url) as client:
            for number in ("1", "2"):
                answer = await client.post("/v1/issues", json=report(external_id=number), headers=HOTLINE)
                assert answer.status_code == 201, answer.text

            async def rest_here() -> bool:
                return await with_party() == 2

            await eventually(rest_here, within=SLOW)
            with suppress(httpx.TransportError):
                await client.post("/v1/erasures", json=person, headers=OPS)
            assert process.wait(30) == -signal.SIGKILL
    assert await with_party() == 2, "none was scrubbed yet"
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    try:
        with intake(kafka, mongo, prefix, tmp_path) as (_, url):
            async with reached(url) as client:
                again = await client.post("/v1/erasures", json=person, headers=OPS)
                assert (again.status_code, again.json()["erased"]) == (200, 2)

                async def both() -> bool:
                    return {r.key for r in await broker.read(names.CONTACTS) if r.value is None} == {
                        f"{issue}/intake" for issue in again.json()["issues"]
                    }

                await eventually(both, within=SLOW)
                last = {record.key: record.value for record in await broker.read(names.CONTACTS)}
                assert set(last.values()) == {None}, "nothing about the person comes after its tombstone"
                assert await contacts.count_documents({"boxes": {"$ne": {}}}) == 0
    finally:
        await broker.stop()
        await store.drop_database(f"{prefix}_intake")
        store.close()
