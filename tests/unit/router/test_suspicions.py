"""Suspected duplicates, in the router's shell on memory parts: what is told of whom, and that it is told once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.router import telling
from sanfu.router.app import assemble
from sanfu.router.ports import Meaning
from sanfu.router.settings import RouterSettings
from sanfu.router.suspecting import Suspecting
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.machine import Machine
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Refusal
from sanfu.runtime.service import Parts, Service
from sanfu.runtime.store import StoreDown
from tests.support import packs
from tests.support.eventually import eventually
from tests.unit.router.story import BY, SUBMITTED

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
LAMP: Mapping[str, Any] = {
    **SUBMITTED, "party_code": None, "category": "road-lamp", "title": "路灯不亮",
    "text": "稠州北路与城中路口的路灯坏了三天，晚上一片漆黑",
    "place": {"town": "choucheng", "lon": 120.07, "lat": 29.31, "address": "稠州北路"},
}  # fmt: skip
AGAIN = {**LAMP, "title": "路灯不亮了", "text": "稠州北路城中路口路灯三天不亮，晚上漆黑一片，走路害怕"}


@dataclass
class Town:
    """A router at work, and the story it reads."""

    service: Service
    broker: MemoryBroker
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    events: list[Outgoing] = field(default_factory=list)

    def event(self, subject: str, type: str, data: Mapping[str, Any], source: str = "desk", at: int = 0) -> Outgoing:
        number = self.counts[source, subject] = self.counts.get((source, subject), 0) + 1
        body = codec.encode(type, data)
        time = NOW + timedelta(minutes=at)
        event = Event(event_id(source, subject, number), type, source, subject, number, time, orjson.loads(body))
        return Outgoing(names.ISSUES, subject, body, to_headers(event))

    def submitted(self, subject: str, data: Mapping[str, Any] = LAMP, at: int = 0) -> Outgoing:
        return self.event(subject, names.ISSUE_SUBMITTED, data, "intake", at)

    async def tell(self, *records: Outgoing) -> None:
        """Publish, in one batch as far as possible, and wait until all that follows was done."""
        await self.broker.publish(records)
        await self.settled()

    async def settled(self) -> None:
        async def read() -> bool:
            answered = await self.service.watcher.quiet()
            return bool(answered["quiet"])

        await eventually(read, within=10)

    async def suspected(self) -> list[tuple[str, str]]:
        """Pairs told of: (issue, the other), in the order in which they were told; each event id once."""
        found: dict[str, tuple[str, str]] = {}
        for record in await self.broker.read(names.ISSUES):
            heads = peek(record.headers)
            if heads.type == names.DUPLICATE_SUSPECTED:
                found[heads.id] = heads.subject, orjson.loads(record.value or b"")["other"]
        return list(found.values())


@asynccontextmanager
async def running(
    broker: MemoryBroker | None = None, documents: MemoryDocuments | None = None, meaning: Meaning | None = None
) -> AsyncIterator[Town]:
    if broker is None:
        broker = MemoryBroker()
        units = [names.unit_topic(code) for code, unit in packs.shipped().units.items() if unit.has_topic]
        broker.create(names.ISSUES, 4)
        for topic in (names.dead_letter_topic("router"), *units):
            broker.create(topic)
    parts = Parts(broker, documents or MemoryDocuments(), SystemClock())
    service = assemble(RouterSettings(), parts, PackHolder(packs.SHIPPED), meaning)
    await service.start()
    try:
        yield Town(service, broker)
    finally:
        await service.stop()


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with running() as town:
        yield town


async def test_the_second_report_of_a_lamp_is_suspected_to_repeat_the_first_with_score_parts_and_reason(
    town: Town,
) -> None:
    await town.tell(town.submitted("i-1"))
    await town.tell(town.submitted("i-2", AGAIN, at=5))
    assert await town.suspected() == [("i-2", "i-1")]
    [record] = [one for one in await town.broker.read(names.ISSUES) if b"same_party" in (one.value or b"")]
    told = orjson.loads(record.value or b"")
    assert told["score"] > packs.shipped().policy.duplicates.threshold
    assert not told["same_party"]
    assert told["parts"]["distance"] == told["parts"]["category"] == 1.0
    assert told["reason"].startswith("相似度 ")
    document = (await town.service.documents.read(["i-2"]))["i-2"]
    assert document["suspected"] == ["i-1"]


async def test_two_in_one_batch_are_told_of_once_and_of_the_later_one(town: Town) -> None:
    await town.tell(town.submitted("i-2", at=5), town.submitted("i-1", AGAIN), town.submitted("i-3", AGAIN, at=9))
    assert sorted(await town.suspected()) == [("i-2", "i-1"), ("i-3", "i-1"), ("i-3", "i-2")]


async def test_one_that_was_on_its_way_when_the_later_one_was_looked_at_is_told_of_the_later_one(town: Town) -> None:
    await town.tell(town.submitted("i-2", at=5))
    await town.tell(town.submitted("i-1", AGAIN, at=0))
    assert await town.suspected() == [("i-2", "i-1")]


async def test_what_lay_under_another_category_is_found_once_a_reviewer_has_said_where_it_goes(town: Town) -> None:
    await town.tell(town.submitted("i-1"))
    await town.tell(town.submitted("i-2", {**AGAIN, "category": "noise"}, at=5))
    first = await town.suspected()
    dispatched = {
        "unit": "housing-construction", "grade": "simple", "urgency": "normal", "audience": "resident",
        "category": "road-lamp", "assignment": 1, "decided_by": "reviewer", "reason": "r", "pack": "p", "by": BY,
    }  # fmt: skip
    await town.tell(town.event("i-2", names.ISSUE_DISPATCHED, dispatched))
    assert (first, await town.suspected()) == ([], [("i-2", "i-1")])


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
async def test_what_is_secret_takes_no_part(town: Town, secrecy: str) -> None:
    secret = {**LAMP, "secrecy": secrecy, "text": None}
    await town.tell(town.submitted("i-1", secret), town.submitted("i-2", at=1), town.submitted("i-3", secret, at=2))
    assert await town.suspected() == []


@pytest.mark.parametrize(
    ("type", "data"),
    [
        (names.SECRECY_CHANGED, {"before": "open", "secrecy": "confidential", "title": "保密事项", "reason": "r"}),
        (names.ISSUE_CLOSED, {"kind": "resolved"}),
        (names.ISSUE_WITHDRAWN, {"by": {"id": "party", "role": "party", "unit": None}}),
        (names.ISSUE_ANSWERED, {"reply": "已经修复，今晚恢复照明", "by": BY}),
    ],
)
async def test_what_becomes_secret_or_is_over_leaves(town: Town, type: str, data: dict[str, Any]) -> None:
    await town.tell(town.submitted("i-1"))
    await town.tell(town.event("i-1", type, {"by": BY, **data}))
    await town.tell(town.submitted("i-2", AGAIN, at=5))
    assert await town.suspected() == []


async def test_of_one_registered_party_it_is_certain(town: Town) -> None:
    firm = {"party_kind": "village", "party_code": "choucheng-v1"}
    await town.tell(town.submitted("i-1", {**LAMP, **firm}), town.submitted("i-2", {**AGAIN, **firm}, at=1))
    [record] = [one for one in await town.broker.read(names.ISSUES) if b"same_party" in (one.value or b"")]
    assert orjson.loads(record.value or b"")["same_party"]


async def test_no_unit_hears_of_a_suspicion(town: Town) -> None:
    sure = {"category": None, "audience": "enterprise", "text": "出口退税申请了两个月没有到账，请尽快办理"}
    await town.tell(town.submitted("i-1", {**LAMP, **sure}), town.submitted("i-2", {**AGAIN, **sure}, at=1))
    assert len(await town.suspected()) == 1
    document = (await town.service.documents.read(["i-2"]))["i-2"]
    units = document["standing"]["units"]
    assert units, "a rule is sure of it: it has a unit"
    assert {unit["n"] for unit in units.values()} == {1}


async def test_a_look_that_is_repeated_after_a_crash_tells_nothing_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail behind each step in turn, as a crash would; the records are folded again, and the look is repeated."""
    folded: Any = town.service.reader.after
    owner: Suspecting = folded.__self__
    failures = ["keep", "near", "told"]
    real_keep, real_near, real_tell = owner.sketches.keep, owner.sketches.near, telling.tell

    def failing(name: str, real: Any) -> Any:
        async def act(*args: Any) -> Any:
            done = await real(*args)
            if name in failures:
                failures.remove(name)
                raise StoreDown(f"after {name}")
            return done

        return act

    monkeypatch.setattr(owner.sketches, "keep", failing("keep", real_keep))
    monkeypatch.setattr(owner.sketches, "near", failing("near", real_near))
    monkeypatch.setattr(telling, "tell", failing("told", real_tell))
    await town.tell(town.submitted("i-1"), town.submitted("i-2", AGAIN, at=1))
    assert failures == []
    assert await town.suspected() == [("i-2", "i-1")]
    document = (await town.service.documents.read(["i-2"]))["i-2"]
    assert document["out"] == 2


async def test_what_was_not_told_before_the_store_was_lost_is_told_after_the_rebuild(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Suspecting, "look", _nothing)
        async with running() as town:
            await town.tell(town.submitted("i-1", {**LAMP, "category": None, "title": "投诉", "kind": "consult"}))
            await town.tell(town.submitted("i-2", {**AGAIN, "category": None, "kind": "consult"}, at=1))
            assert await town.suspected() == []
    async with running(town.broker, MemoryDocuments()) as again:
        assert await eventually(again.suspected, within=10) == [("i-2", "i-1")]
        await again.settled()
        assert len(await again.suspected()) == 1
    async with running(town.broker, MemoryDocuments()) as third:
        await third.settled()
        document = (await third.service.documents.read(["i-2"]))["i-2"]
        assert document["suspected"] == ["i-1"]
        assert await third.suspected() == [("i-2", "i-1")]


async def _nothing(self: Suspecting, machine: Machine, sketches: Sequence[Any], **_: bool) -> int:
    return 0


async def test_the_router_takes_no_other_command(town: Town) -> None:
    from sanfu.runtime.rules import Actor, Command  # noqa: PLC0415

    with pytest.raises(Refusal, match="takes no commands"):
        town.service.machine.rules.decide({}, Command("assign", {}, Actor("a", "b"), "k"), NOW)


async def test_a_record_that_no_look_is_for_costs_no_read(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.tell(town.submitted("i-1"))
    reads: list[Sequence[str]] = []
    owner: Any = town.service.reader.after
    real = MemoryDocuments.read

    async def counted(self: MemoryDocuments, ids: Sequence[str]) -> Any:
        reads.append(ids)
        return await real(self, ids)

    monkeypatch.setattr(MemoryDocuments, "read", counted)
    record = town.event("i-1", names.ISSUE_SUPPLEMENTED, {"number": 1, "text": "补充", "reported_at": instant(NOW)})
    letter = Letter(peek(record.headers), record)  # type: ignore[arg-type]
    await owner(town.service.machine, [letter], Replay.LIVE)
    assert reads == []


# ── the party's own word ─────────────────────────────────────────────────────────────────────────────────────────────

OTHERWISE = {**LAMP, "title": "晚上太黑", "text": "回家的那段看不清楚，请派人看看", "place": {"town": "choucheng"}}


async def test_what_its_party_says_is_the_same_is_suspected_however_it_is_said(town: Town) -> None:
    await town.tell(town.submitted("i-1"))
    await town.tell(town.submitted("i-2", OTHERWISE, at=5), town.submitted("i-3", {**OTHERWISE, "joins": "i-1"}, at=6))
    assert ("i-2", "i-1") not in await town.suspected(), "so it is not because of what it says"
    assert ("i-3", "i-1") in await town.suspected()
    told = [orjson.loads(one.value or b"") for one in await town.broker.read(names.ISSUES) if one.key == "i-3"]
    [suspicion] = [one for one in told if one.get("other") == "i-1"]
    assert (suspicion["score"], suspicion["parts"]["joins"]) == (1.0, 1.0)
    assert "诉求人称是同一件事" in suspicion["reason"]


@pytest.mark.parametrize("joins", ["i-2", "i-9", "nobody's"])
async def test_one_can_join_only_what_is_there_open_and_was_earlier(town: Town, joins: str) -> None:
    await town.tell(town.submitted("i-9", {**LAMP, "secrecy": "confidential", "text": None}))
    await town.tell(town.submitted("i-2", {**OTHERWISE, "joins": joins}, at=5))
    assert await town.suspected() == []
