"""A toy service in processes of its own on real parts: what is asked of it, how it dies, and what must hold at the end.

The end is the same however often a process was killed on the way: `wrongs` says what is not.
"""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from sanfu.contracts.envelope import instant, moment
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.store import Mark
from sanfu.runtime.watching import STALLED
from sanfu.stack.programs import free_port, last_lines
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.toy_service import TOKEN

SLOW = 120.0
"""Seconds a busy machine may take to start a process, or to get through a backlog: nothing is measured by it."""


@dataclass(slots=True)
class Toys:
    """One copy of the service."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    settings: Mapping[str, str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@dataclass(slots=True)
class World:
    """A broker, a database, and the copies of the service that run on them. `expected` holds what was asked."""

    kafka: str
    mongo: str
    prefix: str
    directory: Path
    topics: Mapping[str, int] = field(default_factory=lambda: toy.TOPICS)
    program: str = "tests.support.toy_process"
    broker: KafkaBroker = field(init=False)
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=5, trust_env=False))
    copies: dict[int, Toys] = field(default_factory=dict)
    expected: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    alarms: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    told: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    async def open(self) -> "World":
        await create_topics(self.kafka, {self.full(name): count for name, count in self.topics.items()})
        self.broker = KafkaBroker(self.kafka, self.prefix)
        await self.broker.start()
        return self

    async def close(self) -> None:
        for copy in self.copies.values():
            if copy.process.poll() is None:
                copy.process.send_signal(signal.SIGCONT)
                copy.kill()
        await self.client.aclose()
        await self.broker.stop()
        client = connect(self.mongo)
        await client.drop_database(f"{self.prefix}_toy")
        client.close()

    async def met(self) -> None:
        """Let the database know its partitions, as after a first start: what is asked now is new, not to rebuild."""
        client = connect(self.mongo)
        documents = MongoDocuments(client.get_database(f"{self.prefix}_toy"), "subjects")
        await documents.set_marks({str(number): Mark(0) for number in range(self.topics[toy.STORY])})
        client.close()

    async def forget(self) -> None:
        """Lose what can be made again from the story, while no copy runs; what is a record stays."""
        client = connect(self.mongo)
        await MongoDocuments(client.get_database(f"{self.prefix}_toy"), "subjects").wipe()
        client.close()

    def full(self, topic: str) -> str:
        return topic.replace("sanfu", self.prefix, 1)

    # --- copies of the service --------------------------------------------------------------------------------------

    def start(self, *, ordinal: int = 0, crash: str = "", **settings: str) -> Toys:
        """Start a copy. `crash` names the crash point (and hit) at which it is to kill itself."""
        port, log = free_port(), self.directory / f"toy-{ordinal}.log"
        environment = {
            "SANFU_KAFKA": self.kafka, "SANFU_MONGO": self.mongo, "SANFU_PREFIX": self.prefix,
            "SANFU_ORDINAL": str(ordinal), "SANFU_PORT": str(port), "SANFU_OPS_TOKEN": TOKEN, "SANFU_CRASH": crash,
            **settings,
        }  # fmt: skip
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", self.program], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env={**os.environ, **environment},
            )  # fmt: skip
        self.copies[ordinal] = Toys(process, port, log, settings)
        return self.copies[ordinal]

    async def killed(self, ordinal: int = 0, within: float = SLOW) -> None:
        """Wait until a copy has killed itself."""
        process = self.copies[ordinal].process
        await eventually(lambda: process.poll() is not None, within=within)
        assert process.returncode == -signal.SIGKILL, last_lines(self.copies[ordinal].log)

    def alive(self, ordinal: int = 0) -> bool:
        return self.copies[ordinal].process.poll() is None

    async def get(self, path: str, ordinal: int = 0) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return await self.client.get(f"http://127.0.0.1:{self.copies[ordinal].port}{path}", headers=headers)

    async def ready(self, ordinal: int = 0, within: float = SLOW) -> float:
        """Wait until a copy is ready for requests; tell how many seconds that took since it first answered at all."""
        await eventually(lambda: self._well("/health/live", ordinal), within=within)
        began = time.monotonic()
        await eventually(lambda: self._well("/health/ready", ordinal), within=within)
        return time.monotonic() - began

    async def _well(self, path: str, ordinal: int) -> bool:
        try:
            return (await self.get(path, ordinal)).is_success
        except httpx.TransportError:
            return False

    async def quiet(self, within: float = SLOW) -> None:
        """Wait until every copy has read all, fired all and published all, and between them they hold every partition:
        one that changes hands is in nobody's count. A copy that ended itself because its consumer stalled is started
        again, as any supervisor does."""

        async def is_quiet() -> bool:
            held = 0
            for ordinal, copy in list(self.copies.items()):
                if copy.process.poll() == STALLED:
                    self.start(ordinal=ordinal, **copy.settings)
                try:
                    found = (await self.get("/ops/quiet", ordinal)).json()
                    held += (await self.get("/health/ready", ordinal)).json().get("partitions", 0)
                except httpx.TransportError as error:
                    raise AssertionError(f"copy {ordinal}: {error!r}") from error
                assert found["quiet"], found
                assert found["next_due"] is None, found  # an alarm that is still to ring
            assert held == self.topics[toy.STORY], f"{held} partitions are held"
            return True

        await eventually(is_quiet, within=within)

    # --- what is asked ----------------------------------------------------------------------------------------------

    def question(self, subject: str, value: int, *, rings_in: timedelta | None = None) -> Outgoing:
        """The next question of a subject, with an alarm if wanted (in so long from now: may be negative)."""
        self.expected[subject].append(value * 2)
        more: dict[str, Any] = {}
        if rings_in is not None:
            self.alarms[subject] += 1
            more["alarms"] = [instant(datetime.now(UTC) + rings_in)]
        self.told[subject, "asker"] += 1
        return toy.asked(subject, self.told[subject, "asker"], value, **more)

    def call_off(self, subject: str) -> Outgoing:
        """Another service's event that calls off all of a subject's alarms, before any has rung."""
        self.alarms[subject] = 0
        self.told[subject, "other"] += 1
        return toy.told("other", toy.CALLED_OFF, subject, self.told[subject, "other"], {})

    async def ask(self, questions: list[Outgoing]) -> None:
        """Publish questions by the publishing rule: what was not acknowledged goes again, in order, until it was."""
        left = questions

        async def gone() -> bool:
            nonlocal left
            acknowledged = await self.broker.publish(left)
            ended: set[str] = set()
            for record, ok in zip(left, acknowledged, strict=True):
                if not ok:
                    ended.add(record.key)
            left = [r for r, ok in zip(left, acknowledged, strict=True) if not ok or r.key in ended]
            return not left

        await eventually(gone, within=SLOW)

    async def command(self, subject: str, value: int, within: float = SLOW) -> None:
        """Give a command, to any copy, until it is answered, always under the same key."""
        self.expected[subject].append(value)

        async def done() -> bool:
            for copy in self.copies.values():
                url = f"http://127.0.0.1:{copy.port}/v1/toys/{subject}"
                try:
                    answer = await self.client.post(url, json={"value": value, "key": f"{subject}/{value}"})
                except httpx.TransportError:
                    continue
                assert answer.status_code in {200, 503}, answer.text
                if answer.is_success:
                    return True
            return False

        await eventually(done, within=within)

    # --- what must hold ---------------------------------------------------------------------------------------------

    async def documents(self) -> dict[str, dict[str, Any]]:
        client = connect(self.mongo)
        found = await client.get_database(f"{self.prefix}_toy").get_collection("subjects").find().to_list(None)
        client.close()
        return {document["_id"]: document for document in found}

    async def document(self, subject: str) -> dict[str, Any] | None:
        client = connect(self.mongo)
        found: dict[str, Any] | None = await client.get_database(f"{self.prefix}_toy").subjects.find_one(
            {"_id": subject}
        )
        client.close()
        return found

    async def notes(self) -> dict[str, int]:
        client = connect(self.mongo)
        found = await client.get_database(f"{self.prefix}_toy").get_collection("notes").find().to_list(None)
        client.close()
        return {note["_id"]: note["value"] for note in found}

    async def wrongs(self) -> list[str]:
        """Everything that is not as if nothing had ever gone wrong."""
        documents, story = await self.documents(), await self.broker.read(toy.STORY)
        return [
            *self._holes(story),
            *self._doubles(story),
            *self._early(story),
            *self._states(documents),
            *self._unlike_the_story(documents, story),
            *self._copies(await self.broker.read(toy.COPIES), story),
            *self._notes(await self.notes(), story),
        ]

    def _holes(self, story: list[Incoming]) -> list[str]:
        """Sequences that don't count from 1 without holes, each by its first appearance."""
        wrong, last = [], defaultdict[tuple[bytes, str], int](int)
        for record in story:
            heads = dict(record.headers)
            place, sequence = (heads["ce_source"], record.key or ""), int(heads["ce_sequence"])
            if sequence > last[place] + 1:
                wrong.append(f"{heads['ce_id'].decode()} appears behind {last[place]}")
            last[place] = max(last[place], sequence)
        return wrong

    def _doubles(self, story: list[Incoming]) -> list[str]:
        """Ids with more than one content."""
        contents: dict[bytes, set[tuple[Any, ...]]] = defaultdict(set)
        for record in story:
            contents[dict(record.headers)["ce_id"]].add((record.key, record.value, *record.headers))
        return [f"{id.decode()} has {len(each)} contents" for id, each in contents.items() if len(each) > 1]

    def _early(self, story: list[Incoming]) -> list[str]:
        """Alarms that rang before their instant, by the instant they name or by that of the event."""
        wrong = []
        for record in story:
            heads = {name: value.decode() for name, value in record.headers}
            if heads["ce_type"] == toy.RANG:
                said = orjson.loads(record.value or b"")
                if min(moment(said["now"]), moment(heads["ce_time"])) < moment(said["at"]):
                    wrong.append(f"{heads['ce_id']} was early: {said}")
        return wrong

    def _states(self, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
        wrong = [f"{subject}: no document" for subject in self.expected.keys() - documents.keys()]
        for subject in self.expected.keys() & documents.keys():
            document = documents[subject]
            if sorted(document.get("answers", [])) != sorted(self.expected[subject]):
                wrong.append(f"{subject}: answers {document.get('answers')}, expected {self.expected[subject]}")
            if document.get("rang", 0) != self.alarms.get(subject, 0):
                wrong.append(f"{subject}: rang {document.get('rang', 0)} times, armed {self.alarms.get(subject, 0)}")
            if document["seen"] != {s: n for (at, s), n in self.told.items() if at == subject}:
                wrong.append(f"{subject}: seen {document['seen']}")
            wrong += [f"{subject}: still has {n}" for n in ("due", "parked") if n in document]
            wrong += [f"{subject}: unsent {e['ref']}" for e in document["outbox"]]
        return wrong

    def _unlike_the_story(self, documents: Mapping[str, Mapping[str, Any]], story: list[Incoming]) -> list[str]:
        """Documents whose last own event is not the last one in the story."""
        outs: dict[str, int] = defaultdict(int)
        for record in story:
            heads = dict(record.headers)
            if heads["ce_source"] == b"/sanfu/toy":
                outs[record.key or ""] = max(outs[record.key or ""], int(heads["ce_sequence"]))
        return [f"{s}: out {d['out']}, told {outs[s]}" for s, d in documents.items() if d["out"] != outs[s]]

    def _copies(self, copies: list[Incoming], story: list[Incoming]) -> list[str]:
        """Each answer stands in the copies' topic, counted for its reader from 1, in the story's order."""
        if toy.COPIES not in self.topics:
            return []
        answered, copied = _firsts(story, toy.ANSWERED), _firsts(copies, toy.ANSWERED)
        wrong = [f"{s}: copied {copied.get(s)}, answered {ids}" for s, ids in answered.items() if copied.get(s) != ids]
        counts: dict[bytes, set[bytes]] = defaultdict(set)
        for record in copies:
            heads = dict(record.headers)
            counts[heads["ce_id"]].add(heads["ce_unitsequence"])
        wrong += [f"{id.decode()} was counted as {each}" for id, each in counts.items() if len(each) > 1]
        return wrong

    def _notes(self, notes: Mapping[str, int], story: list[Incoming]) -> list[str]:
        answered = {id for ids in _firsts(story, toy.ANSWERED).values() for id in ids}
        return [f"notes that differ from the answers: {answered ^ notes.keys()}"] if answered != notes.keys() else []


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[World]:
    await world.open()
    try:
        yield world
    finally:
        await world.close()


def _firsts(records: list[Incoming], type: str) -> dict[str, list[str]]:
    """Each subject's ids of a type, in the order of their first appearance."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for record in records:
        heads = dict(record.headers)
        if heads["ce_type"] == type.encode():
            found[record.key or ""].setdefault(heads["ce_id"].decode())
    return {subject: list(ids) for subject, ids in found.items()}


def like_no_crash(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Documents without what depends on when and how often something was written."""
    dropped = {"ver", "outbox"}
    return {
        id: {**{k: v for k, v in document.items() if k not in dropped}, "alarms": len(document.get("alarms", []))}
        for id, document in documents.items()
    }
