"""Where the parts of the units' hooks meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog
from fastapi import APIRouter

from sanfu.contracts import names
from sanfu.notify.adapters.hook_calls import HookCaller
from sanfu.notify.adapters.plan import hooks_apart
from sanfu.notify.entrypoints import hooks as shown
from sanfu.notify.entrypoints.reading_units import HookReader
from sanfu.notify.handlers.hooks import HookPost
from sanfu.notify.metrics import HookMeasures, HookMetrics
from sanfu.notify.ports import Stores
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Broker, BrokerDown
from sanfu.runtime.http import Guard
from sanfu.runtime.service import Parts, Task

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of this process. Where there are none, or in a rehearsal, no topic of a unit is read."""

    posts: Mapping[str, HookPost]
    stores: Stores
    reader: HookReader | None
    measures: HookMeasures
    now: Callable[[], datetime]
    rehearsal: bool
    broker: Broker
    wrong: Mapping[str, str]
    """What is wrong with each entry that was set aside."""

    def background(self) -> list[Task]:
        if self.reader is None:
            return []
        return [self.reader.run, self.measures.run, *(post.run for post in self.posts.values())]

    def routes(self, guard: Guard) -> APIRouter:
        return shown.routes(
            self.posts, self.stores.hooks, guard, has_topic=self.has_topic, rehearsal=self.rehearsal, wrong=self.wrong
        )

    async def has_topic(self, unit: str) -> bool:
        """Tell whether Kafka shows the unit's topic to notify; while it is away, it may."""
        try:
            return bool(await self.broker.partitions(names.unit_topic(unit)))
        except BrokerDown:
            return True

    async def quiet(self) -> dict[str, int]:
        """What is on its way; what waits because an endpoint did not take it does not go by itself."""
        if self.reader is None:
            return {}
        unread = await self.reader.family.lag()
        return {"hooks_unread": unread, "hooks_unsent": await self.stores.hooks.ripe_count([*self.posts], self.now())}


def hooked(settings: NotifySettings, parts: Parts, stores: Stores, now: Callable[[], datetime]) -> Hooks:
    """Make the hooks that the file of providers names. Nothing connects yet. An entry that is wrong is set aside, and
    said: one unit's hook must not keep everybody else's messages (decision 0051)."""
    try:
        planned, wrong = hooks_apart(settings.providers.get_secret_value() if settings.providers else "{}")
    except ValueError as error:
        raise SystemExit(f"SANFU_PROVIDERS: {error}") from None
    metrics, member = HookMetrics.on(parts.registry), f"sanfu.notify-{settings.ordinal}"
    metrics.wrong.set(len(wrong))
    for code, why in wrong.items():
        log.error("hook_set_aside", unit=code[:80], why=why[:500])
    trust = httpx.create_ssl_context()
    posts = {
        unit: HookPost(unit, HookCaller(hook, settings.call_s, trust), stores.hooks, metrics, member, now)
        for unit, hook in planned.items()
    }
    reader = None
    if posts and not settings.rehearsal and settings.only != "api":
        family = parts.broker.family(
            names.unit_topic("{code}"), group="sanfu.notify.units", member=f"{member}.units", codes=sorted(posts)
        )
        reader = HookReader(family, stores.hooks, lambda unit: posts[unit].poke(), now)
    measures = HookMeasures(stores.hooks, metrics, sorted(posts), now)
    return Hooks(posts, stores, reader, measures, now, settings.rehearsal, parts.broker, wrong)
