"""Every metric of notify's own, and what is measured for them now and then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from sanfu.notify.domain.alarms import REASONS
from sanfu.notify.domain.delivery import OPEN
from sanfu.notify.hook_ports import HookStore
from sanfu.notify.ports import Deliveries, Digests
from sanfu.runtime.again import again

log = structlog.get_logger()

EVERY = 5.0
LONG = timedelta(minutes=10)
"""A message that waits longer for a contact or the directory needs somebody to look."""
FRESH = timedelta(minutes=1)
"""What began to wait within so long is still on its way (`/ops/quiet`); after that it does not come by itself."""


@dataclass(frozen=True, slots=True)
class NotifyMetrics:
    """On the registry given."""

    open: Gauge
    ended: Counter
    oldest_queued_seconds: Gauge
    waiting_long: Gauge
    unreported: Gauge
    calls: Counter
    provider_rests: Gauge
    provider_aside: Gauge
    provider_places_down: Gauge
    receipts: Counter
    unheard: Counter
    alarms_missed: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "NotifyMetrics":
        kinds = ("medium", "state")
        made = cls(
            Gauge("sanfu_notify_deliveries", "Deliveries that are not at their end", kinds, registry=registry),
            Counter("sanfu_notify_deliveries_ended", "Deliveries that came to their end", kinds, registry=registry),
            Gauge("sanfu_notify_oldest_queued_seconds", "Age (business time) of the oldest queued delivery, by medium",
                  ("medium",), registry=registry),
            Gauge("sanfu_notify_waiting_long", "Deliveries that have waited over 10 min for a contact, the directory "
                  "or a deadline: somebody must look", registry=registry),
            Gauge("sanfu_notify_unreported", "Deliveries whose end the story has not been told", registry=registry),
            Counter("sanfu_notify_calls", "Calls of providers, by what came of them: sent, retry, rejected, lost",
                    ("medium", "provider", "outcome"), registry=registry),
            Gauge("sanfu_notify_provider_rests", "1 while a provider was left alone and has taken nothing since",
                  ("medium", "provider"), registry=registry),
            Gauge("sanfu_notify_provider_aside", "1 while an operator keeps a provider aside: it is given nothing",
                  ("medium", "provider"), registry=registry),
            Gauge("sanfu_notify_provider_places_down", "Robots or endpoints of a provider that were left alone and "
                  "have taken nothing since; the others may carry", ("medium", "provider"), registry=registry),
            Counter("sanfu_notify_receipts", "Receipts of providers: delivered, failed, repeated, or unknown to us; of "
                    "mails that came back also: delayed, other, no_report",
                    ("provider", "what"), registry=registry),
            Counter("sanfu_notify_unheard", "Messages of an emergency that rang nowhere: nobody on duty has an address",
                    registry=registry),
            Counter("sanfu_notify_alarms_missed", "Messages to staff of a red light, a step of the ladder or an "
                    "emergency that went to nobody, by reason",
                    ("why",), registry=registry),
        )  # fmt: skip
        for why in REASONS:
            made.alarms_missed.labels(why)  # from 0 on, or the first one is no increase
        return made


@dataclass(frozen=True, slots=True)
class HookMetrics:
    """Of the units' hooks, on the registry given."""

    waiting: Gauge
    parked: Gauge
    oldest_seconds: Gauge
    calls: Counter
    wrong: Gauge

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "HookMetrics":
        unit = ("unit",)
        return cls(
            Gauge("sanfu_notify_hook_waiting", "Records that are to be posted to a unit's hook", unit,
                  registry=registry),
            Gauge("sanfu_notify_hook_parked", "Records that a unit's hook has not taken in 24 h: somebody must look",
                  unit, registry=registry),
            Gauge("sanfu_notify_hook_oldest_seconds", "How long (real time) the oldest record of a hook has waited",
                  unit, registry=registry),
            Counter("sanfu_notify_hook_calls", "Calls of hooks, by what came of them: sent, retry, rejected, lost",
                    ("unit", "outcome"), registry=registry),
            Gauge("sanfu_notify_hooks_wrong", "Entries of units' hooks that were set aside when notify started, for "
                  "they are wrong: nothing is posted there", registry=registry),
        )  # fmt: skip


@dataclass(slots=True)
class HookMeasures:
    """Looks every few seconds what waits for the hooks."""

    store: HookStore
    metrics: HookMetrics
    units: Sequence[str]
    real: Callable[[], datetime]

    async def run(self) -> None:
        await again(self.measure, EVERY, "hooks_not_measured")

    async def measure(self) -> None:
        now = self.real()
        for unit, one in (await self.store.standing(self.units)).items():
            self.metrics.waiting.labels(unit).set(one.waiting)
            self.metrics.parked.labels(unit).set(one.parked)
            age = (now - one.oldest).total_seconds() if one.oldest else 0.0
            self.metrics.oldest_seconds.labels(unit).set(max(0.0, age))


@dataclass(slots=True)
class Measures:
    """Looks every few seconds how the deliveries of this process stand."""

    deliveries: Deliveries
    digests: Digests
    metrics: NotifyMetrics
    media: Sequence[str]
    partitions: Callable[[], Sequence[int]]
    now: Callable[[], datetime]
    real: Callable[[], datetime]
    _alarmed: int = 0

    async def run(self) -> None:
        await again(self.measure, EVERY, "not_measured")

    async def measure(self) -> None:
        mine, metrics, now = self.partitions(), self.metrics, self.now()
        standing = {(one.medium, one.state): one for one in await self.deliveries.standing(mine)}
        for medium in self.media:
            for state in OPEN:
                found = standing.get((medium, state))
                metrics.open.labels(medium, state).set(found.count if found else 0)
            queued = standing.get((medium, "queued"))
            age = (now - queued.oldest).total_seconds() if queued else 0.0
            metrics.oldest_queued_seconds.labels(medium).set(max(0.0, age))
        waiting = await self.deliveries.waiting(mine, since=None, until=self.real() - LONG)
        if waiting > self._alarmed:
            log.error("deliveries_wait_long", count=waiting)
        self._alarmed = waiting
        metrics.waiting_long.set(waiting)
        metrics.unreported.set(await self.deliveries.unreported_count(mine))

    async def quiet(self) -> dict[str, int]:
        """Counts that must be 0 before the clock may jump. Looked for in the order in which a delivery moves: one that
        goes on between two looks is found by the later one."""
        mine = self.partitions()
        counts = {"released": await self.digests.released(mine, self.now())}
        counts["waiting"] = await self.deliveries.waiting(mine, since=self.real() - FRESH, until=None)
        counts |= {"queued": 0, "sending": 0}
        for one in await self.deliveries.standing(mine):
            if one.state in counts:
                counts[one.state] += one.count
        counts["unreported"] = await self.deliveries.unreported_count(mine)
        return counts

    async def next_due(self) -> datetime | None:
        """The first instant at which something held goes on."""
        return await self.digests.next_due(self.partitions(), self.now())
