"""The whole city in one process: five services on one set of parts, one clock that stands until a journey moves it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
import orjson
import structlog

from sanfu.city.model import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.contracts.registry import SERVICES, codec
from sanfu.desk import app as desk
from sanfu.desk.settings import DeskSettings
from sanfu.intake import app as intake
from sanfu.intake.settings import IntakeSettings
from sanfu.notify import app as notify
from sanfu.notify.domain.delivery import Outcome, Sent
from sanfu.notify.ports import Message
from sanfu.notify.settings import NotifySettings
from sanfu.router import app as router
from sanfu.router.settings import RouterSettings
from sanfu.runtime.broker import Broker, Incoming
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.sealing import Keys, Sealed, Sealer
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.settings import ServiceSettings
from sanfu.sla import app as sla
from sanfu.sla.adapters.holidays_cn import national_calendar
from sanfu.sla.domain.calendar import Holidays
from sanfu.sla.settings import SlaSettings
from tests.support.packs import A_DAY, SHIPPED

ZONE = ZoneInfo("Asia/Shanghai")
KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
RING = orjson.dumps(
    {
        "current": KEYS.current,
        "keys": {name: base64.b64encode(key).decode() for name, key in KEYS.ring.items()},
        "index_key": base64.b64encode(KEYS.index).decode(),
    }
).decode()
OPS_TOKEN = "operators-token-of-tests"
PARTITIONS = 4
"""Of the story: enough for several issues to lie apart."""
PATIENCE = 20.0
"""Seconds until a city that does not become quiet is a failure."""


@cache
def packs() -> PackHolder:
    """Hold the shipped pack: read once, for it takes half a second."""
    return PackHolder(SHIPPED, today=lambda: A_DAY)


@cache
def holidays() -> Holidays:
    return national_calendar()


def local(text: str) -> datetime:
    """Read a local time of the city, such as `2026-05-06 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that left the city: when, to whom, what it says."""

    at: datetime
    to: str
    subject: str | None
    text: str


@dataclass(slots=True)
class Post:
    """A provider that takes everything, and keeps it."""

    clock: ManualClock
    got: list[Posted] = field(default_factory=list)
    width: int = 8

    async def send(self, message: Message) -> Outcome:
        self.got.append(Posted(self.clock.now(), message.to, message.subject, message.text))
        return Sent(f"p{len(self.got)}")

    async def close(self) -> None: ...

    def to(self, address: str) -> list[Posted]:
        return [one for one in self.got if one.to == address]


@dataclass(frozen=True, slots=True)
class Told:
    """One record: its type without what all share (`handled`, `light-changed`), who wrote it, its headers and body."""

    type: str
    source: str
    headers: dict[str, str]
    data: dict[str, Any]

    @property
    def at(self) -> datetime:
        return moment(self.headers["ce_time"])


@dataclass(frozen=True, slots=True)
class Issue:
    """A report as its sender knows it."""

    id: str
    receipt: str
    said: dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody of the city's staff, working at the desk."""

    id: str
    city: "City"

    async def order(
        self, issue: Issue, command: str, said: dict[str, Any], *, refused: str | None = None
    ) -> dict[str, Any]:
        """Give a command; it must succeed, or be refused for the reason named (the last part of the problem's URN)."""
        headers = {"Authorization": f"Bearer {token(self.id)}", "Idempotency-Key": f"k{next(self.city.numbers)}"}
        answer = await self.city.client("desk").post(f"/v1/cases/{issue.id}/{command}", json=said, headers=headers)
        found: dict[str, Any] = answer.json()
        if refused is None:
            assert answer.status_code == 200, f"{self.id} {command}: {found}"
        else:
            assert str(found.get("type", "")).rpartition(":")[2] == refused, f"{self.id} {command}: {found}"
        await self.city.quiet()
        return found

    async def acknowledge(self, issue: Issue, **how: Any) -> None:
        await self.order(issue, "acknowledge", {}, **how)

    async def contact(self, issue: Issue, result: str = "reached", **more: Any) -> None:
        await self.order(issue, "contact", {"result": result, **more})

    async def handle(self, issue: Issue, reply: str = "已派人到现场修复，今晚恢复正常。", **more: Any) -> None:
        await self.order(issue, "handle", {"outcome": "solved", "reply": reply, **more})

    async def do_all(self, issue: Issue) -> None:
        """Acknowledge, contact and handle at once."""
        await self.acknowledge(issue)
        await self.contact(issue)
        await self.handle(issue)

    async def give_back(self, issue: Issue, to: str, *, refused: str | None = None) -> None:
        said = {"ground": "duties", "proposed_unit": to, "text": "不属于本单位职责。"}
        await self.order(issue, "return", said, refused=refused)

    async def dispatch(self, issue: Issue, unit: str, grade: str = "simple", **how: Any) -> None:
        await self.order(issue, "dispatch", {"unit": unit, "grade": grade, "reason": "按职责交办。"}, **how)

    async def follow_up(self, issue: Issue, resolved: str = "yes", **more: Any) -> None:
        await self.order(issue, "follow_up", {"resolved": resolved, **more})

    async def close(self, issue: Issue, kind: str, *, refused: str | None = None, **more: Any) -> None:
        await self.order(issue, "close", {"kind": kind, **more}, refused=refused)

    async def sees(self, issue: Issue) -> dict[str, Any] | None:
        """Return the case as this person sees it; None if the desk says there is none."""
        headers = {"Authorization": f"Bearer {token(self.id)}"}
        answer = await self.city.client("desk").get(f"/v1/cases/{issue.id}", headers=headers)
        assert answer.status_code in (200, 404), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    async def reads_contact(self, issue: Issue) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token(self.id)}"}
        url = f"/v1/cases/{issue.id}/contact"
        answer = await self.city.client("desk").get(url, params={"purpose": "联系当事人"}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def token(user: str) -> str:
    return f"token-of-{user}-0123456789"


@dataclass(slots=True)
class City:
    """All services. Everything a journey asks of it returns once nothing is on its way any more."""

    pack: Pack
    clock: ManualClock
    parts: Callable[[str], Parts]
    """Makes the parts for a service that starts."""
    broker: Broker
    """For looking at topics."""
    sms: Post
    mail: Post
    services: dict[str, Service] = field(default_factory=dict)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    logs: list[Any] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    heard: list[str] = field(default_factory=list)
    """What parties and filers said of themselves: in no story, topic, message or log."""

    # ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, *wanted: str) -> None:
        """Start services, all of them if none is named, and wait until they are up to date."""
        fresh = {name: self._assembled(name) for name in wanted or SERVICES}
        await asyncio.gather(*(service.start() for service in fresh.values()))
        self.services |= fresh
        for name, service in fresh.items():
            transport = httpx.ASGITransport(app=service.app)
            self.clients[name] = httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        await self.quiet()

    async def stop(self, *wanted: str) -> None:
        stopped = {name: self.services.pop(name) for name in wanted or tuple(self.services)}
        await asyncio.gather(*(service.stop() for service in stopped.values()))
        for name, service in stopped.items():
            assert service.failure is None, f"{name} failed: {service.failure!r}"
            await self.clients.pop(name).aclose()
            if service.parts.database is not None:
                service.parts.database.client.close()

    def client(self, service: str) -> httpx.AsyncClient:
        return self.clients[service]

    def _assembled(self, name: str) -> Service:
        parts, settings = self.parts(name), settings_of(name, self.pack)
        match settings:
            case IntakeSettings():
                return intake.assemble(settings, parts, lambda: self.pack)
            case RouterSettings():
                return router.assemble(settings, parts, packs())
            case SlaSettings():
                return sla.assemble(settings, parts, packs(), holidays())
            case NotifySettings():
                return notify.assemble(settings, parts, packs(), {"sms": self.sms, "email": self.mail})
            case DeskSettings():
                return desk.assemble(settings, parts, packs())
        raise AssertionError(f"there is no service {name}")

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def quiet(self) -> None:
        """Wait until nothing is on its way: twice in a row all say so, and have read nothing in between."""
        before: list[Any] = []
        seen: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    seen = await asyncio.gather(*(service.watcher.quiet() for service in self.services.values()))
                    read = [one.get("read") for one in seen]
                    if all(one["quiet"] for one in seen) and read == before:
                        return
                    before = read
                    await asyncio.sleep(0.01)
        except TimeoutError:
            restless = {name: one for name, one in zip(self.services, seen, strict=True) if not one["quiet"]}
            raise AssertionError(f"the city does not become quiet: {restless}") from None

    async def advance_to(self, until: datetime) -> None:
        """Go on to an instant, with a stop at every timer on the way."""
        while (due := await self._next_due()) is not None and due < until:
            self.clock.set(max(due, self.clock.now()))
            await self.quiet()
        self.clock.set(until)
        await self.quiet()

    async def advance(self, **span: float) -> None:
        await self.advance_to(self.clock.now() + timedelta(**span))

    async def _next_due(self) -> datetime | None:
        seen = await asyncio.gather(*(service.watcher.quiet() for service in self.services.values()))
        return min((moment(one["next_due"]) for one in seen if one.get("next_due")), default=None)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def post(
        self, channel: str = "web", *, key: str | None = None, **said: Any
    ) -> tuple[httpx.Response, dict[str, Any]]:
        """Send a report in a channel's name; return the answer and what was sent."""
        keyed = self.pack.channels[channel].keyed
        headers = {"X-Api-Key": channel_key(channel)} if keyed else {}
        headers["Idempotency-Key"] = key or f"idempotency-key-{next(self.numbers):04}"
        body = {**REPORT, **said}
        body = {name: value for name, value in body.items() if value is not None}
        for who in ("party", "filer"):
            self.heard += [text for name, text in body.get(who, {}).items() if name in ("name", "phone", "email")]
        return await self.client("intake").post("/v1/issues", json=body, headers=headers), body

    async def report(self, channel: str = "web", **said: Any) -> Issue:
        """Send a report that must be taken in."""
        answer, body = await self.post(channel, **said)
        assert answer.status_code == 201, answer.text
        taken = answer.json()
        await self.quiet()
        return Issue(taken["id"], taken["receipt"], body)

    def person(self, role: str, unit: str | None = None) -> Person:
        """Find the first of the staff who has a role, in a unit if one is named."""
        staff = self.pack.staff.values()
        return Person(next(one.id for one in staff if role in one.roles and unit in (None, one.unit)), self)

    def officer(self, unit: str) -> Person:
        return self.person("officer", unit)

    def phone(self, role: str, unit: str) -> str:
        return self.pack.staff[self.person(role, unit).id].phone

    def email(self, role: str, unit: str) -> str:
        return self.pack.staff[self.person(role, unit).id].email

    # ── what can be seen ─────────────────────────────────────────────────────────────────────────────────────────────

    async def receipt(self, issue: Issue) -> dict[str, Any]:
        answer = await self.client("intake").get(f"/v1/receipts/{issue.receipt}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def state(self, issue: Issue) -> str:
        return str((await self.receipt(issue))["state"])

    async def story(self, issue: Issue) -> list[Told]:
        return [_told(record) for record in await self.broker.read(names.ISSUES, issue.id)]

    async def of(self, issue: Issue, type: str) -> list[Told]:
        return [told for told in await self.story(issue) if told.type == type]

    async def unit_topic(self, unit: str, issue: Issue) -> list[Told]:
        return [_told(record) for record in await self.broker.read(names.unit_topic(unit), issue.id)]

    async def contact(self, issue: Issue, part: Literal["party", "filer", "original"]) -> Any:
        """Open a box of the issue's contact, as it travels."""
        [record] = await self.broker.read(names.CONTACTS, f"{issue.id}/intake")
        box = codec.decode(names.CONTACT_RECORD, record.value or b"")[part]
        sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
        return orjson.loads(Sealer(KEYS).open(sealed, f"{issue.id}/intake/{part}".encode()))

    async def lights(self, issue: Issue, clock: str = "unit_handling") -> list[tuple[str, datetime]]:
        """Every change of a clock's light: the level, and when."""
        told = await self.of(issue, "light-changed")
        return [(one.data["level"], one.at) for one in told if one.data["clock"] == clock]

    async def limit(self, issue: Issue, clock: str = "unit_handling") -> datetime:
        """The limit last set on a clock."""
        return moment([t.data["limit"] for t in await self.of(issue, "deadline-set") if t.data["clock"] == clock][-1])

    async def everything(self) -> str:
        """All that the city wrote where others read: the story, the units' topics, messages, logs, metrics."""
        units = [unit.code for unit in self.pack.units.values() if unit.has_topic]
        topics = [names.ISSUES, *map(names.unit_topic, units), *map(names.dead_letter_topic, SERVICES)]
        found: list[str] = []
        for topic in topics:
            records = await self.broker.read(topic)
            found += [f"{record.headers} {(record.value or b'').decode()}" for record in records]
        found += [f"{one.subject} {one.text}" for one in (*self.sms.got, *self.mail.got)]
        found += [str(one) for one in self.logs]
        for client in self.clients.values():
            found.append((await client.get("/metrics")).text)
        return "\n".join(found)

    async def check(self) -> None:
        """What holds after every journey: nothing was given up, and nobody's personal data is anywhere."""
        for name in SERVICES:
            assert await self.broker.read(names.dead_letter_topic(name)) == [], f"{name} has dead letters"
        everything = await self.everything()
        assert [text for text in self.heard if text in everything] == []


def _told(record: Incoming) -> Told:
    headers = {name: value.decode() for name, value in record.headers}
    type = headers["ce_type"].split(".")[2]
    return Told(type, headers["ce_source"].rpartition("/")[2], headers, orjson.loads(record.value or b"{}"))


# ── how it is put together ───────────────────────────────────────────────────────────────────────────────────────────

REPORT: dict[str, Any] = {
    "title": "路灯不亮",
    "text": "寺前街的路灯坏了三天，晚上很黑，老人不敢出门。",
    "audience": "resident",
    "place": {"town": "fotang", "address": "寺前街60号"},
    "party": {"name": "王小明", "phone": "13911112222", "email": "wang.xiaoming@mail.example"},
}
"""What a report says unless a journey says otherwise; no rule is sure of it."""


def channel_key(channel: str) -> str:
    return f"{channel}-key-".ljust(40, "x")


def settings_of(name: str, pack: Pack, **more: Any) -> ServiceSettings:
    """Settings of a service for tests; nothing is read from files."""
    match name:
        case "intake":
            keys = {code: channel_key(code) for code, channel in pack.channels.items() if channel.keyed}
            seeds = orjson.dumps(keys).decode()
            return IntakeSettings(
                keys=RING, ops_token=OPS_TOKEN, channel_keys=seeds, public_rate="1000/minute", **more
            )
        case "router":
            return RouterSettings(ops_token=OPS_TOKEN, **more)
        case "sla":
            return SlaSettings(ops_token=OPS_TOKEN, **more)
        case "notify":
            return NotifySettings(keys=RING, ops_token=OPS_TOKEN, **more)
    tokens = orjson.dumps({user: token(user) for user in pack.staff}).decode()
    return DeskSettings(keys=RING, ops_token=OPS_TOKEN, user_tokens=tokens, **more)


def topics(pack: Pack) -> dict[str, int]:
    """Every topic that the services need, with its partitions."""
    units = [unit.code for unit in pack.units.values() if unit.has_topic]
    single = [names.DIRECTORY, *map(names.unit_topic, units), *map(names.dead_letter_topic, SERVICES)]
    return {names.ISSUES: PARTITIONS, names.AFFAIRS: PARTITIONS, names.CONTACTS: 2, **dict.fromkeys(single, 1)}


@asynccontextmanager
async def running(city: City, *, start: Sequence[str] = ()) -> AsyncIterator[City]:
    """Run a city for a block, and hold it to what holds after every journey."""
    with structlog.testing.capture_logs() as city.logs:
        await city.start(*start)
        try:
            yield city
            if city.services:
                await city.quiet()
            await city.check()
        finally:
            await city.stop()


@asynccontextmanager
async def in_memory(at: str = "2026-05-06 09:00") -> AsyncIterator[City]:
    """A city in memory. A service that is stopped and started again finds its documents as they were."""
    pack, clock = packs().current, ManualClock(local(at))
    broker, stores = MemoryBroker(), {name: MemoryDocuments() for name in SERVICES}
    for topic, partitions in topics(pack).items():
        broker.create(topic, partitions)
    city = City(pack, clock, lambda name: Parts(broker, stores[name], clock), broker, Post(clock), Post(clock))
    async with running(city):
        yield city


@asynccontextmanager
async def on_real_parts(kafka: str, mongo: str, prefix: str, at: str = "2026-05-06 09:00") -> AsyncIterator[City]:
    """A city on a real Kafka and a real MongoDB, under a prefix of its own; its databases are dropped at the end."""
    from sanfu.runtime.kafka import KafkaBroker  # noqa: PLC0415  # memory journeys don't load the drivers
    from tests.support.parts import create_topics  # noqa: PLC0415

    pack, clock = packs().current, ManualClock(local(at))
    settings = ServiceSettings(kafka=kafka, mongo=mongo, prefix=prefix)
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics(pack).items()})
    looking = KafkaBroker(kafka, prefix)
    await looking.start()
    city = City(
        pack, clock, lambda name: replace(real_parts(settings, name), clock=clock), looking, Post(clock), Post(clock)
    )
    try:
        async with running(city):
            yield city
    finally:
        await looking.stop()
        parts = real_parts(settings, "city")
        for name in SERVICES:
            await parts.database.client.drop_database(f"{prefix}_{name}")
        parts.database.client.close()


Making = Callable[..., Awaitable[City]]
__all__ = ["City", "Issue", "Person", "Posted", "Told", "in_memory", "instant", "local", "on_real_parts"]
