"""What intake is held against: an echo endpoint, and a bare group commit with the same writes, on the same server.

`python -m bench.bare PORT MONGO DATABASE KAFKA SAMPLE`. SAMPLE is a document with its outbox, as intake wrote it.
"""

import asyncio
import os
import sys
import traceback
import uuid
from pathlib import Path
from typing import Any

import bson
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response

from sanfu.intake.adapters.mongo import MongoRecords
from sanfu.intake.entrypoints.reports import Report
from sanfu.runtime import loop
from sanfu.runtime.broker import partition_of
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, connect
from sanfu.runtime.serving import Server

PARTITIONS = 8
CONTACTS = "db:contacts"


class Commit:
    """One insert for all requests that wait, two of them under way at most; publish and clear follow."""

    def __init__(self, documents: MongoDocuments, producer: AIOKafkaProducer, sample: dict[str, Any]) -> None:
        self._documents, self._producer, self._sample = documents, producer, sample
        self._contacts = documents.database.get_collection("contacts", write_concern=MAJORITY)
        self._waiting: list[asyncio.Future[None]] = []
        self._writers = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def one(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._start()
        await future

    def _start(self) -> None:
        if self._writers < 2 and self._waiting:
            self._writers += 1
            group, self._waiting = self._waiting[:200], self._waiting[200:]
            task = asyncio.ensure_future(self._write(group))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if error := task.exception():
            traceback.print_exception(error)
            os._exit(1)  # a floor that leaves something out is none

    async def _write(self, group: list[asyncio.Future[None]]) -> None:
        ids = [uuid.uuid4().hex for _ in group]
        outboxes = [[{**e, "ref": f"{id}#{n}"} for n, e in enumerate(self._sample["outbox"])] for id in ids]
        documents = [{**self._sample, "_id": id, "outbox": o} for id, o in zip(ids, outboxes, strict=True)]
        await self._documents.collection.find({"_id": {"$in": ids}}).to_list(None)
        await self._documents.collection.insert_many(documents, ordered=False)
        for future in group:
            future.set_result(None)
        self._writers -= 1
        self._start()
        await self._publish(ids)
        refs = [entry["ref"] for outbox in outboxes for entry in outbox]
        await self._documents._lax.update_many({"_id": {"$in": ids}}, {"$pull": {"outbox": {"ref": {"$in": refs}}}})

    async def _publish(self, ids: list[str]) -> None:
        batches: dict[tuple[str, int], Any] = {}
        kept = []
        for id in ids:
            for entry in self._sample["outbox"]:
                if entry["to"] == CONTACTS:
                    kept.append({**entry["value"], "_id": id})
                    continue
                place = (entry["to"], partition_of(id, PARTITIONS))
                batch = batches.setdefault(place, self._producer.create_batch())
                headers = [(name, bytes(value)) for name, value in entry["headers"]]
                batch.append(key=id.encode(), value=entry["value"], timestamp=None, headers=headers)
        await self._contacts.insert_many(kept, ordered=False)
        sent = [await self._producer.send_batch(b, topic, partition=n) for (topic, n), b in batches.items()]
        await asyncio.gather(*sent)


async def serve(port: int, mongo: str, database: str, kafka: str, sample: dict[str, Any]) -> None:
    documents = MongoDocuments(connect(mongo).get_database(database), "subjects")
    await MongoRecords(documents).prepare()
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, max_batch_size=1 << 19, max_request_size=2 << 20
    )
    await producer.start()
    commit, app = Commit(documents, producer, sample), FastAPI()

    @app.post("/echo", status_code=201)
    async def echo(report: Report) -> Response:
        return Response(b'{"receipt": "0000-0000-0000-0000"}', 201, media_type="application/json")

    @app.post("/commit", status_code=201)
    async def bare(request: Request) -> Response:
        await request.body()
        await commit.one()
        return Response(b'{"receipt": "0000-0000-0000-0000"}', 201, media_type="application/json")

    server = Server(app, "127.0.0.1", port)
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    stored = bson.decode(Path(sys.argv[5]).read_bytes())
    loop.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], stored))
