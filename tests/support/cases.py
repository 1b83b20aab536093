"""Desk's cases for tests: stories as the other services would tell them, and a desk to work at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, count
from typing import Any

import httpx
import orjson
from argon2 import PasswordHasher

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.desk import handlers
from sanfu.desk.accounts import give_tokens
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.adapters.passwords import Argon2
from sanfu.desk.app import assemble
from sanfu.desk.settings import DeskSettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.fold import Done
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Command
from sanfu.runtime.service import Parts, Service
from tests.support.assembling import holidays
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED

MORNING = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
"""A Wednesday, nine o'clock in the pack's zone."""
OFFICER, HEAD, DUTY = "urban-management-officer", "urban-management-head", "urban-management-duty"
REVIEWER, CALLER, OFFICE = "office-reviewer-1", "office-caller-1", "office-duty"
LEADER, OTHER, ADMINISTRATOR = "city-leader", "tax-officer", "system-administrator"
OPERATOR = "city-management-centre-officer"
LIAISON = "discipline-sealed"
HELPER, HELPERS_HEAD, GROUP = "transport-officer", "transport-head", "coordination-livelihood-head"


REPLYING = ("urban-management", "tax")
"""Units whose own systems have topics to answer on."""
PDF = b"%PDF-1.7\n" + b"x" * 100
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def submitted(**more: Any) -> dict[str, Any]:
    body = {
        "receipt": "YW-1", "channel": "hotline", "reported_at": instant(MORNING), "audience": "resident",
        "kind": "issue", "urgency": "normal", "secrecy": "internal", "party_kind": "person", "contact": 1,
        "title": "路灯不亮", "text": "三盏路灯不亮", "place": {"town": "fotang"}, "pack": "p",
    } | more  # fmt: skip
    return codec.decode(names.ISSUE_SUBMITTED, codec.encode(names.ISSUE_SUBMITTED, body))


def assigned(unit: str = "urban-management", **more: Any) -> dict[str, Any]:
    body = {
        "unit": unit, "grade": "simple", "urgency": "normal", "audience": "resident", "assignment": 1,
        "decided_by": "rule", "reason": "规则", "pack": "p",
    } | more  # fmt: skip
    return codec.decode(names.ISSUE_ASSIGNED, codec.encode(names.ISSUE_ASSIGNED, body))


def deadline(limit: datetime, *, clock: str = "handling", version: int = 1, **more: Any) -> dict[str, Any]:
    body = {
        "clock": clock, "version": version, "round": 1, "unit": "urban-management", "limit": instant(limit),
        "starts": instant(MORNING), "pack": "p",
    } | more  # fmt: skip
    return codec.decode(names.DEADLINE_SET, codec.encode(names.DEADLINE_SET, body))


def light(level: str, limit: datetime, *, clock: str = "handling", version: int = 1, **more: Any) -> dict[str, Any]:
    reason = {"yellow": "yellow_due", "red": "limit_passed", "none": "stopped_in_time"}[level]
    body = {
        "clock": clock, "version": version, "round": 1, "unit": "urban-management", "limit": instant(limit),
        "level": level, "reason": reason,
    } | more  # fmt: skip
    return codec.decode(names.LIGHT_CHANGED, codec.encode(names.LIGHT_CHANGED, body))


def review(why: str = "unsure") -> dict[str, Any]:
    return {"why": why, "reason": "没有规则命中", "suggestions": [], "pack": "p"}


@dataclass(slots=True)
class Story:
    """Numbers what the other services tell of one issue."""

    subject: str
    at: datetime = MORNING
    told: dict[str, int] = field(default_factory=dict)

    def event(self, source: str, type: str, data: Mapping[str, Any]) -> Event:
        number = self.told[source] = self.told.get(source, 0) + 1
        return Event(event_id(source, self.subject, number), type, source, self.subject, number, self.at, data)

    def record(self, source: str, type: str, data: Mapping[str, Any]) -> Outgoing:
        event = self.event(source, type, data)
        return Outgoing(names.ISSUES, self.subject, codec.encode(type, data), to_headers(event))


def token(user: str) -> str:
    return f"token-of-{user}-0123456789"


@dataclass(slots=True)
class Desk:
    """A desk on parts in memory, with a client. `tell` and `order` return once it has happened."""

    service: Service
    clock: ManualClock
    broker: MemoryBroker
    documents: MemoryDocuments
    client: httpx.AsyncClient
    keys: Any = field(default_factory=count)

    async def tell(self, story: Story, *told: tuple[str, str, Mapping[str, Any]]) -> None:
        assert all(await self.broker.publish([story.record(*each) for each in told]))
        wanted = dict(story.told)
        await eventually(lambda: self._followed(story.subject, wanted))

    def _followed(self, subject: str, wanted: Mapping[str, int]) -> bool:
        """Whether desk has taken so much of a story, and what it had to say of it is published."""
        case = self.documents.documents.get(subject, {})
        return case.get("seen", {}).items() >= wanted.items() and not case.get("outbox")

    async def order(
        self, user: str, subject: str, command: str, said: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Give a command; what comes of it is published when this returns, though the answer does not wait for that."""
        given = {"Idempotency-Key": f"k{next(self.keys)}", **as_user(user), **headers}
        answer = await self.client.post(f"/v1/cases/{subject}/{command}", json=dict(said or {}), headers=given)
        await self.service.commands.drain()
        return answer

    async def keep(self, user: str, subject: str, content: bytes, **query: Any) -> httpx.Response:
        """Keep a file as evidence of a case."""
        headers = {**as_user(user), "Content-Type": "application/octet-stream"}
        return await self.client.post(f"/v1/cases/{subject}/evidence", content=content, headers=headers, params=query)

    async def make(self, user: str, path: str, said: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Make, or order, an affair; what comes of it has happened when this returns."""
        given = {"Idempotency-Key": f"k{next(self.keys)}", **as_user(user), **headers}
        answer = await self.client.post(path, json=dict(said), headers=given)
        await self.service.line(names.AFFAIRS).commands.drain()
        return answer

    async def get(self, user: str, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query or None, headers=as_user(user))

    async def stop(self) -> None:
        """Stop the service. Who waits for news hears at once that there is none: nobody waits for its next look."""
        stopping = asyncio.ensure_future(self.service.stop())
        while not stopping.done():
            await self.broker.publish([])
            await asyncio.wait([stopping], timeout=0.002)
        await stopping

    def advance(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def published(self, topic: str = names.ISSUES) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for record in chain(*self.broker.topics[topic]):
            type = dict(record.headers)["ce_type"].decode()
            found.append((type, codec.decode(type, record.value or b"")))
        return found


def as_user(user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user)}"}


def settings(users: Sequence[str], **more: Any) -> DeskSettings:
    return DeskSettings(user_tokens=orjson.dumps({user: token(user) for user in users}).decode(), **more)


STAFF = (
    OFFICER,
    HEAD,
    DUTY,
    REVIEWER,
    CALLER,
    OFFICE,
    LEADER,
    OTHER,
    ADMINISTRATOR,
    OPERATOR,
    HELPER,
    HELPERS_HEAD,
    GROUP,
    LIAISON,
)


async def let_in(desk: Desk, *users: str) -> None:
    """Make the tokens of these people the only ones, as a restart with another file would."""
    await give_tokens(memory_shelves(desk.documents.others).users, {user: token(user) for user in users})


def use_cases(desk: Desk, others: dict[str, Any] | None = None) -> handlers.Desk:
    """Give the use cases of a desk's own documents, without its routes."""

    async def never(subject: str, command: Command) -> Done:
        raise AssertionError("nobody orders anything here")

    stored = MemoryCases(desk.documents.documents)
    return handlers.Desk(
        handlers.City(packs().current), stored, memory_shelves(others or {}), desk.documents, desk.clock, never
    )  # fmt: skip


@cache
def packs() -> PackHolder:
    """Hold the shipped pack: read once, for it takes half a second."""
    return PackHolder(SHIPPED, today=MORNING.date)


def desk(
    users: Sequence[str] = STAFF, documents: MemoryDocuments | None = None, *,
    asking: httpx.AsyncBaseTransport | None = None, **more: Any,
) -> Desk:  # fmt: skip
    """Make a desk on memory parts; start and stop are the caller's. `asking`: how it asks notify."""
    broker, clock = MemoryBroker(), ManualClock(MORNING)
    replies = [topic(code) for code in REPLYING for topic in (names.replies_topic, names.refused_replies_topic)]
    single = (names.CONTACTS, names.DIRECTORY, "sanfu.desk.dlq", *replies)
    for topic, partitions in ((names.ISSUES, 2), (names.AFFAIRS, 2), *((name, 1) for name in single)):
        broker.create(topic, partitions)
    documents = documents or MemoryDocuments()
    parts = Parts(broker, documents, clock)
    service = assemble(settings(users, **more), parts, packs(), holidays(), Argon2(QUICK), asking=asking)
    transport = httpx.ASGITransport(app=service.app)
    return Desk(service, clock, broker, documents, httpx.AsyncClient(transport=transport, base_url="http://desk"))
