"""The whole city in one process: five services on one set of parts, one clock that stands until a journey moves it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any, Literal
from zoneinfo import ZoneInfo

import httpx
import orjson
import structlog
from pydantic import SecretStr

from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import moment
from sanfu.contracts.registry import SERVICES, codec
from sanfu.notify.adapters.plan import planned
from sanfu.notify.ports import Provider, Receipts
from sanfu.runtime.broker import Broker, Incoming
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.sealing import Sealed, Sealer
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.settings import ServiceSettings
from tests.support.assembling import KEYS, OPS_TOKEN, PARTITIONS, NotifyParts, assembled, channel_key, packs, topics
from tests.support.people import Issue, Person, Post, Posted

ZONE = ZoneInfo("Asia/Shanghai")
CALLBACKS = Receipts("a-secret-path-of-24-letters", "gateway")
"""Where providers say what became of a message."""
PATIENCE = 20.0
"""Seconds until a city that does not become quiet is a failure."""
REPORT: dict[str, Any] = {
    "title": "路灯不亮",
    "text": "寺前街的路灯坏了三天，晚上很黑，老人不敢出门。",
    "audience": "resident",
    "place": {"town": "fotang", "address": "寺前街60号"},
    "party": {"name": "王小明", "phone": "13911112222", "email": "wang.xiaoming@mail.example"},
}
"""What a report says unless a journey says otherwise; no rule is sure of it."""

MUST: dict[str, dict[str, Any]] = {
    "enterprise_seat": {"unit": "three-services-office"},
    "experience": {"filer": {"id": "tax-officer", "unit": "tax"}, "party": None},
    "checkup": {"filer": {"id": "monitor-1"}, "party": None},
    "superior": {"external_id": "ZJ-2026-0417", "limit_asked": "2026-05-20T09:00:00.000Z"},
    "deputies": {"external_id": "RD-2026-031"},
}
"""What these channels can't do without."""


def local(text: str) -> datetime:
    """Read a local time of the city, such as `2026-05-06 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


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


@dataclass(slots=True)
class City:
    """All services. Everything a journey asks of it returns once nothing is on its way any more."""

    pack: Pack
    clock: ManualClock
    parts: Callable[[str], Parts]
    """Makes the parts for a service that starts."""
    broker: Broker
    """For looking at topics."""
    texts: Callable[[Sequence[str]], Awaitable[list[str]]]
    """Returns every record of these topics as text."""
    sms: Post
    mail: Post
    services: dict[str, Service] = field(default_factory=dict)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    logs: list[Any] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    turns: Any = field(default_factory=count)
    holder: PackHolder | None = None
    """Where services take the pack from, if it is not the shipped one."""
    providers: str | None = None
    """notify's file of providers, for when it is started next: who carries the media that it names, and hooks."""
    notify: dict[str, Any] = field(default_factory=dict)
    """Settings of notify beside those of tests, for when it is started next."""
    desk: dict[str, Any] = field(default_factory=dict)
    """Settings of desk beside those of tests, for when it is started next."""
    heard: list[str] = field(default_factory=list)
    """What parties and filers said of themselves: in no story, topic, message or log."""

    # ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, *wanted: str) -> None:
        """Start services, all of them if none is named, and wait until they are up to date. `desk/1` is a further copy
        of the desk."""
        fresh = {name: self._copy(*_named(name)) for name in wanted or SERVICES}
        await asyncio.gather(*(service.start() for service in fresh.values()))
        self.services |= fresh
        for name, service in fresh.items():
            transport = httpx.ASGITransport(app=service.app)
            self.clients[name] = httpx.AsyncClient(transport=transport, base_url=f"http://{_named(name)[0]}")
        await self.quiet()

    async def stop(self, *wanted: str) -> None:
        stopped = {name: self.services.pop(name) for name in wanted or tuple(self.services)}
        await asyncio.gather(*(service.stop() for service in stopped.values()))
        for name, service in stopped.items():
            assert service.failure is None, f"{name} failed: {service.failure!r}"
            await self.clients.pop(name).aclose()
            if service.parts.database is not None:
                service.parts.database.client.close()

    def _copy(self, name: str, ordinal: int) -> Service:
        posts = {"sms": self.sms, "email": self.mail}
        carried = {medium: [Provider(medium, post, receipts=CALLBACKS)] for medium, post in posts.items()}
        file = {"providers": SecretStr(self.providers)} if self.providers else {}
        planned_here = planned(self.providers, self.notify.get("call_s", 10.0)) if self.providers else {}
        carried |= {medium: [*there] for medium, there in planned_here.items() if there}
        telling = NotifyParts(carried, {**self.notify, **file}, self.desk, httpx.MockTransport(self._to_notify))
        return assembled(name, self.parts(name), telling, ordinal, self.holder)

    async def _to_notify(self, request: httpx.Request) -> httpx.Response:
        """Carry what desk asks notify, for as long as that runs."""
        if "notify" not in self.clients:
            raise httpx.ConnectError("notify is down")
        answer = await self.client("notify").send(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, service: str) -> httpx.AsyncClient:
        """Give a way to a service: to one copy after the other, if there are several."""
        copies: list[httpx.AsyncClient] = [
            client for name, client in self.clients.items() if _named(name)[0] == service
        ]
        return copies[int(next(self.turns)) % len(copies)]

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def quiet(self) -> None:
        """Wait until nothing is on its way: twice in a row all say so, every partition is with one copy of each
        service, and nothing was read in between."""
        before: list[Any] = []
        seen: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    seen = await asyncio.gather(*(service.watcher.quiet() for service in self.services.values()))
                    read = [one.get("read") for one in seen]
                    if all(one["quiet"] for one in seen) and self._whole() and read == before:
                        return
                    before = read
                    await asyncio.sleep(0.01)
        except TimeoutError:
            restless = {name: one for name, one in zip(self.services, seen, strict=True) if not one["quiet"]}
            raise AssertionError(f"the city does not become quiet: {restless}") from None

    def _whole(self) -> bool:
        held = Counter[str]()
        for name, service in self.services.items():
            held[_named(name)[0]] += len(service.reader.partitions)
        return set(held.values()) <= {PARTITIONS}

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
        body = {**REPORT, **MUST.get(channel, {}), **said}
        if answers := self.pack.form_of(channel).examples() | said.get("answers", {}):
            body["answers"] = answers
        body = {name: value for name, value in body.items() if value is not None}
        for who in ("party", "filer"):
            self.heard += [text for name, text in body.get(who, {}).items() if name in ("name", "phone", "email")]
        return await self.client("intake").post("/v1/issues", json=body, headers=headers), body

    async def report(self, channel: str = "web", **said: Any) -> Issue:
        """Send a report that must be taken in."""
        answer, body = await self.post(channel, **said)
        assert answer.status_code == 201, answer.text
        await self.quiet()
        return self.taken(answer, **body)

    async def add(self, issue: Issue, text: str, channel: str = "hotline") -> None:
        """Have a channel add what the party says."""
        headers = {"X-Api-Key": channel_key(channel), "Idempotency-Key": f"k{next(self.numbers)}"}
        url = f"/v1/receipts/{issue.receipt}/supplements"
        answer = await self.client("intake").post(url, json={"text": text}, headers=headers)
        assert answer.status_code == 201, answer.text
        await self.quiet()

    async def say_of(self, medium: Literal["sms", "email"], posted: Posted, **said: Any) -> None:
        """Have a provider say what became of a message that it took: `state`, `code`, `dead`."""
        post = self.sms if medium == "sms" else self.mail
        receipt = {"provider_id": f"p{post.got.index(posted) + 1}", **said}
        answer = await self.client("notify").post(f"/callbacks/{medium}/{CALLBACKS.secret}", json=[receipt])
        assert answer.json() == {"taken": 1}, answer.text
        await self.quiet()

    def taken(self, answer: httpx.Response, **said: Any) -> Issue:
        """Read what a sender was answered."""
        return Issue(answer.json()["id"], answer.json()["receipt"], said)

    async def erase(self, **person: str) -> None:
        """Have a person forgotten, by phone or e-mail."""
        headers = {"Authorization": f"Bearer {OPS_TOKEN}"}
        answer = await self.client("intake").post("/v1/erasures", json=person, headers=headers)
        assert answer.status_code == 200, answer.text
        await self.quiet()

    def person(self, role: str, unit: str | None = None) -> Person:
        """Find the first of the staff who has a role, in a unit if one is named."""
        staff = self.pack.staff.values()
        return Person(next(one.id for one in staff if role in one.roles and unit in (None, one.unit)), self)

    def staff(self, user: str) -> Person:
        assert user in self.pack.staff, f"nobody of the staff is {user}"
        return Person(user, self)

    def officer(self, unit: str) -> Person:
        return self.person("officer", unit)

    def head(self, unit: str) -> Person:
        return self.person("unit_head", unit)

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
        return _once(await self.broker.read(names.ISSUES, issue.id))

    async def affair(self, id: str) -> list[Told]:
        """What was told of an order, meeting or task."""
        return _once(await self.broker.read(names.AFFAIRS, id))

    async def of(self, issue: Issue, type: str) -> list[Told]:
        return [told for told in await self.story(issue) if told.type == type]

    async def unit_topic(self, unit: str, issue: Issue) -> list[Told]:
        return _once(await self.broker.read(names.unit_topic(unit), issue.id))

    async def contact(self, issue: Issue, part: Literal["party", "filer", "original"]) -> Any:
        """Open a box of the issue's contact, as it travels: of the newest record."""
        record = (await self.broker.read(names.CONTACTS, f"{issue.id}/intake"))[-1]
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
        found = await self.texts(topics)
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


def _named(copy: str) -> tuple[str, int]:
    name, _, ordinal = copy.partition("/")
    return name, int(ordinal or 0)


def _once(records: Iterable[Incoming]) -> list[Told]:
    """Read as every reader must: what comes again is the same event, and counts where it appeared first."""
    found: dict[str, Told] = {}
    for told in map(_told, records):
        found.setdefault(told.headers["ce_id"], told)
    return [*found.values()]


def _told(record: Incoming) -> Told:
    headers = {name: value.decode() for name, value in record.headers}
    type = headers["ce_type"].split(".")[2]
    return Told(type, headers["ce_source"].rpartition("/")[2], headers, orjson.loads(record.value or b"{}"))


Account = Callable[[str], Mapping[str, Any]]
"""A service's settings of Kafka, by its name."""


@asynccontextmanager
async def running(city: City) -> AsyncIterator[City]:
    """Run a city for a block, and hold it to what holds after every journey."""
    with structlog.testing.capture_logs() as city.logs:
        await city.start()
        try:
            yield city
            if city.services:
                await city.quiet()
            await city.check()
        finally:
            await city.stop()


@asynccontextmanager
async def in_memory(at: str = "2026-05-06 09:00", holder: PackHolder | None = None) -> AsyncIterator[City]:
    """A city in memory, with the shipped pack or this one. A service that is stopped and started again finds its
    documents as they were."""
    pack, clock = (holder or packs()).current, ManualClock(local(at))
    broker, stores = MemoryBroker(), {name: MemoryDocuments() for name in SERVICES}
    for topic, partitions in topics(pack).items():
        broker.create(topic, partitions)

    async def texts(wanted: Sequence[str]) -> list[str]:
        records = [record for topic in wanted for record in await broker.read(topic)]
        return [f"{record.headers} {(record.value or b'').decode()}" for record in records]

    def parts(name: str) -> Parts:
        return Parts(broker, stores[name], clock)

    city = City(pack, clock, parts, broker, texts, Post(clock), Post(clock), holder=holder)
    async with running(city):
        yield city


@asynccontextmanager
async def on_real_parts(
    kafka: str, mongo: str, prefix: str, at: str = "2026-05-06 09:00", account: Account | None = None
) -> AsyncIterator[City]:
    """A city on a real Kafka and a real MongoDB, under a prefix of its own; its databases are dropped at the end.
    `account`: how each service comes to Kafka, if not as anybody."""
    from sanfu.runtime.kafka import KafkaBroker  # noqa: PLC0415  # memory journeys don't load the drivers
    from tests.support.parts import create_topics  # noqa: PLC0415
    from tests.support.topics import read_all  # noqa: PLC0415

    pack, clock = packs().current, ManualClock(local(at))
    settings = ServiceSettings(kafka=kafka, mongo=mongo, prefix=prefix)
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics(pack).items()})
    looking = KafkaBroker(kafka, prefix)
    await looking.start()

    async def texts(wanted: Sequence[str]) -> list[str]:
        found = await read_all(kafka, [name.replace("sanfu", prefix, 1) for name in wanted if name != names.ISSUES])
        records = [*chain(*found.values()), *await looking.read(names.ISSUES)]
        return [f"{record.headers} {(record.value or b'').decode()}" for record in records]

    def parts(name: str) -> Parts:
        own = account(name) if account else {"kafka": kafka}
        return replace(real_parts(ServiceSettings(mongo=mongo, prefix=prefix, **own), name), clock=clock)

    city = City(pack, clock, parts, looking, texts, Post(clock), Post(clock))
    try:
        async with running(city):
            yield city
    finally:
        await looking.stop()
        client = real_parts(settings, "city").database.client
        for name in SERVICES:
            await client.drop_database(f"{prefix}_{name}")
        client.close()
