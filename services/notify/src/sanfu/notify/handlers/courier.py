"""The deliveries loop: what is ripe is claimed, sent, and settled, page by page. Nothing is loaded at start."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

import structlog

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import truncated
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery, Outcome, Rejected, Retry
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.domain.holding import Holding
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.handlers.erasing import Erasing
from sanfu.notify.handlers.hats import once_each
from sanfu.notify.handlers.manners import Manners, manners
from sanfu.notify.handlers.on_duty import untold
from sanfu.notify.handlers.outside import Sieve, Sifted, lists_to_sift, taken_outside
from sanfu.notify.handlers.recipients import Address, Found, Nobody, People, Waits, people
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.handlers.writing import Writer
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Message, Stores
from sanfu.runtime.clock import Clock
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.links import Links
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.store import Document, Documents, StoreDown

log = structlog.get_logger()
T = TypeVar("T")

declare("notify.after_taken", "digests have taken what is held for them, and are not claimed")
declare("notify.before_sending", "deliveries are claimed, no provider was called")
declare("notify.after_sending", "the provider has them, the claims still stand")
declare("notify.after_sent", "outcomes are written, nothing is reported")

PAGE = 200
REST = 0.1
"""Seconds (real) an idle loop sleeps: what somebody else put down waits no longer than that."""
LEAST = 0.01
"""Seconds that it sleeps at least while all that the providers take is under way."""
SWEEP = 1.0
"""Seconds between two looks, while no provider has room, for what is of no use any more."""


def real_now() -> datetime:
    return truncated(datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of real time. A claim is begun within what the lease leaves over a whole call, or not at all: so nobody
    else takes it for abandoned while it is under way."""

    call: float = 10.0
    lease: float = 30.0

    @property
    def begin(self) -> float:
        return self.lease - self.call - self.lease / 10


@dataclass(frozen=True, slots=True)
class Desk:
    """What all couriers work with. `partitions`: those this process was assigned and has live."""

    stores: Stores
    documents: Documents
    affairs: Documents
    clock: Clock
    sealer: Sealer
    metrics: NotifyMetrics
    pack: Callable[[], Pack]
    partitions: Callable[[], Sequence[int]]
    links: Links
    holding: Callable[[], Holding]
    place: Callable[[str], int]
    """In which partition a digest lies."""
    unreachable: Unreachable
    erasing: Erasing
    public_url: str | None = None
    messages_url: str | None = None
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What becomes of each of a page, and of what its lists do not tell, before anything is sent; the messages of those
    that are to be sent now; and the lists that something is held for."""

    after: Sequence[Delivery]
    messages: Mapping[str, Message]
    lists: Sequence[Delivery]


@dataclass(slots=True)
class Courier:
    """Carries the messages of one medium. Compare-and-set decides who sends one, not ownership."""

    desk: Desk
    medium: str
    carrier: Carrier | None
    on_ended: Callable[[], None] = lambda: None
    _poked: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: "asyncio.Future[int] | None" = None
    _stopping: bool = False
    _swept: float = 0.0

    def poke(self) -> None:
        """Hear that this process has put deliveries down."""
        self._poked.set()

    async def run(self) -> None:
        """Work for ever. When cancelled, finish the calls under way, so that none is lost track of, and hang up."""
        try:
            await self._work()
        finally:
            self._stopping = True
            if self._turn is not None:
                await asyncio.wait({self._turn})
            if self.carrier is not None:
                await self.carrier.close()

    async def _work(self) -> None:
        pause = REST
        while True:
            self._poked.clear()
            room = self._room()
            self._turn = asyncio.ensure_future(self.turn(room) if room else self.sweep())
            try:
                full, pause = await asyncio.shield(self._turn) == room, REST
            except StoreDown as error:
                log.warning("courier_waiting", medium=self.medium, why=str(error), seconds=pause)
                pause, full = min(pause * 2, 5.0), False
            if room:
                await self._rest(0 if full else pause if self.carrier else max(pause, SWEEP))
            else:
                await asyncio.sleep(self._patience())

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poked.wait()

    def _room(self) -> int:
        """How many deliveries to take in hand: no more than the providers have room for, so that none is written twice
        for nothing and the most critical are sent, whenever that is."""
        return PAGE if self.carrier is None else min(PAGE, self.carrier.room())

    def _patience(self) -> float:
        """Seconds to sleep while no provider has room."""
        return SWEEP if self.carrier is None else min(max(self.carrier.wait(), LEAST), SWEEP)

    async def turn(self, room: int = PAGE) -> int:
        """Carry a page of what is ripe; answer how many that were. Raises StoreDown before anything is sent."""
        partitions = self.desk.partitions()
        if not partitions:
            return 0
        now, real, begun = self.desk.clock.now(), real_now(), time.monotonic()
        deliveries = self.desk.stores.deliveries
        page = await deliveries.ripe(self.medium, partitions, now=now, real=real, limit=room)
        if not page:
            return 0
        page.sort(key=lambda one: (not one.critical, not is_digest(one)))  # a list before what is new to its address
        prepared = await self._prepared(page, now, real)
        messages = prepared.messages
        await deliveries.insert(prepared.lists)
        won = await self._claimed(prepared.after)
        mine = [replace(one, ver=one.ver + 1) for one in prepared.after if one.id in won]
        await self._patiently(lambda: deliveries.insert([more for one in mine for more in steps.further(one)]))
        self._note(mine)
        if claimed := [one for one in mine if one.state == "sending"]:
            crashpoint("notify.before_sending")
            outcomes = await self._sent([messages[one.id] for one in claimed], begun + self.desk.timing.begin)
            crashpoint("notify.after_sending")
            await self._settled(claimed, outcomes)
            crashpoint("notify.after_sent")
        return len(page)

    async def sweep(self) -> int:
        """Send nothing, but end what is of no use any more or was left by a crash; answer how many those were."""
        partitions = self.desk.partitions()
        if not partitions or time.monotonic() - self._swept < SWEEP:
            return 0
        self._swept = time.monotonic()
        now, real = self.desk.clock.now(), real_now()
        page = await self.desk.stores.deliveries.ripe(self.medium, partitions, now=now, real=real, limit=PAGE)
        after = [steps.stale(steps.recovered(one, real), now, real) for one in page]
        moved = [one for one, before in zip(after, page, strict=True) if one is not before]
        won = await self._claimed(moved) if moved else frozenset()
        self._note([one for one in moved if one.id in won])
        return len(won)

    # ── before ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _prepared(self, page: Sequence[Delivery], now: datetime, real: datetime) -> Prepared:
        """Decide about a page."""
        desk = self.desk
        holding = desk.holding()
        decently = await manners(desk.stores.digests, holding, self.medium, page, now)
        if decently.taken:
            crashpoint("notify.after_taken")
        documents = await self._documents([*page, *decently.listed])
        page = [decently.raised(one, documents) for one in page]
        all = [*page, *(decently.raised(one, documents) for one in taken_outside(page, decently))]
        known = await people(desk.stores, desk.sealer, all, lambda unit: holding.on_duty(unit, now))
        found = await self._found(all, known, decently)
        await decently.meet(desk.stores.digests, self.medium, page, found)
        sifted = self._sifted(page, decently, found, documents, real)
        found |= {id: one.found for id, one in sifted.items()}
        after, messages, apart = list[Delivery](), dict[str, Message](), list[Delivery]()
        for before in page:
            one = steps.stale(steps.recovered(before, real), now, real)
            if one.is_open and one.id in sifted and sifted[one.id].changed:
                one, apart = replace(one, again=real), [*apart, *sifted[one.id].changed]
            elif one.is_open:
                one, waits = decently.considered(one, documents, real)
                begun = None if waits else self._begun(one, found[one.id], documents, decently, real)
                one, message = begun or (one, None)
                if message is not None:
                    messages[one.id] = message
                    decently.note(one)
            after.append(one)
        lists = decently.newly_opened(page, after, desk.place)
        return Prepared([*after, *apart], messages, lists)

    def _sifted(
        self, page: Sequence[Delivery], decently: Manners, found: Mapping[str, Found],
        documents: Mapping[str, Document], real: datetime,
    ) -> dict[str, Sifted]:  # fmt: skip
        """Look through the lists."""
        if self.carrier is None:
            return {}
        facts = {subject: one["facts"] for subject, one in documents.items() if "facts" in one}
        sieve = Sieve(self.desk.pack(), found, facts, decently.now, real)
        return {one.id: sieve.of(one, decently.taken[one.event].first) for one in lists_to_sift(page)}

    async def _documents(self, page: Sequence[Delivery]) -> dict[str, Document]:
        """What is known of the subjects of a page, issues and affairs."""
        stories = {"issues": self.desk.documents, "affairs": self.desk.affairs}
        found: dict[str, Document] = {}
        for of, documents in stories.items():
            if subjects := sorted({one.subject for one in page if one.of == of and not is_digest(one)}):
                found |= await documents.read(subjects)
        return found

    async def _found(self, page: Sequence[Delivery], known: People, decently: Manners) -> dict[str, Found]:
        """Where each goes: nowhere, if nobody carries this medium, or nobody is at its address any more."""
        if self.carrier is None:
            return {one.id: Nobody("no_provider") for one in page}
        found = {one.id: known.find(one, bound=decently.bound(one)) for one in page}
        found = await once_each(self.desk.stores.deliveries, self.medium, page, found, known)
        found = await untold(self.desk.stores.deliveries, page, found)
        return await self.desk.unreachable.looked_up(page, found)

    def _begun(
        self, one: Delivery, found: Found, documents: Mapping[str, Document], decently: Manners, real: datetime
    ) -> tuple[Delivery, Message | None]:
        writer = self._writer()
        text: wording.Text | Waits | Nobody
        if not isinstance(found, Address):
            text = found
        elif is_digest(one):
            text = writer.list_of(one, found, documents, decently.taken[one.event])
        else:
            text = writer.text_of(one, found, documents, real)
        match text:
            case Waits(why) if steps.waited_enough(one, why, real):
                return steps.end(one, "skipped", "no_recipient" if why == "nobody" else why, real), None
            case Waits(why):
                return steps.wait(one, why, real), None
            case Nobody(why, index):
                return steps.end(replace(one, reached=index), "skipped", why, real), None
        assert isinstance(found, Address)  # noqa: S101 (else there is no text)
        until = real + timedelta(seconds=self.desk.timing.lease)
        message = writer.message(one, found, text, may_refuse=not decently.bound(one))
        return steps.claim(one, found.users, until, decently.now, found.index), message

    def _writer(self) -> Writer:
        desk = self.desk
        return Writer(self.medium, desk.pack(), desk.links, desk.clock, desk.public_url, desk.messages_url)

    async def _claimed(self, after: Sequence[Delivery]) -> frozenset[str]:
        """Write; after an unknown outcome read back, so that no claim is left to its lease without need."""
        mark, deliveries = uuid4().hex, self.desk.stores.deliveries
        try:
            return await deliveries.replace(after, mark)
        except StoreDown as error:
            log.warning("claims_read_back", medium=self.medium, why=str(error))
            return await self._patiently(lambda: deliveries.marked([one.id for one in after], mark))

    # ── the call and after ───────────────────────────────────────────────────────────────────────────────────────────

    async def _sent(self, messages: Sequence[Message], begin_by: float) -> list[Outcome]:
        if self.carrier is None or not messages:
            return []
        places = asyncio.Semaphore(self.carrier.width)
        return await asyncio.gather(*(self._send(self.carrier, one, places, begin_by) for one in messages))

    async def _send(self, carrier: Carrier, message: Message, places: asyncio.Semaphore, begin_by: float) -> Outcome:
        async with places:
            if self._stopping or time.monotonic() > begin_by:
                return Retry("not_begun", counts=False)
            return await carrier.send(message)

    async def _settled(self, claimed: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        real, mark = real_now(), uuid4().hex
        after = [steps.settle(one, outcome, real) for one, outcome in zip(claimed, outcomes, strict=True)]
        dead = [(a, b.reason) for a, b in zip(claimed, outcomes, strict=True) if isinstance(b, Rejected) and b.dead]
        if dead:
            await self._patiently(lambda: self.desk.unreachable.note(dead, real))
            places = {(one.event, one.unit, one.template): place for one, _ in dead if (place := steps.in_place(one))}
            await self._patiently(lambda: self.desk.stores.deliveries.insert([*places.values()]))
        won = await self._patiently(lambda: self.desk.stores.deliveries.replace(after, mark))
        if passed := [one for one in claimed if one.id not in won]:
            said = {one.id: outcome for one, outcome in zip(claimed, outcomes, strict=True)}
            await self._patiently(lambda: self.desk.erasing.settled(passed, said, real))
        self._note(after)

    def _note(self, after: Sequence[Delivery]) -> None:
        ended = [one for one in after if not one.is_open]
        for one in ended:
            self.desk.metrics.ended.labels(one.medium, one.state).inc()
            if one.is_unheard:
                self.desk.metrics.unheard.inc()
        if ended:
            self.on_ended()

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        """What was claimed or sent must be written down: try until the store answers."""
        pause = 0.1
        while True:
            try:
                return await act()
            except StoreDown as error:
                log.warning("courier_waiting", medium=self.medium, why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
