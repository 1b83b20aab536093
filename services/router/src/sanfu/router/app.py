"""The router put together: a production door and a test door that meet in `assemble`."""

import asyncio

import structlog

from sanfu.city.watching import PackHolder
from sanfu.contracts.registry import codec
from sanfu.router.domain.rules import RouterRules
from sanfu.router.entrypoints.http import routes
from sanfu.router.settings import RouterSettings
from sanfu.runtime.http import token_guard
from sanfu.runtime.rules import Rules
from sanfu.runtime.service import Parts, Service, real_parts

log = structlog.get_logger()


def production() -> Service:
    """Make the service that the environment describes."""
    settings = RouterSettings()
    return assemble(settings, real_parts(settings, "router"), PackHolder(settings.pack))


def assemble(settings: RouterSettings, parts: Parts, packs: PackHolder) -> Service:
    """Make the service on these parts, with the pack that `packs` holds, and the next one once it has it."""
    guard = token_guard("routing", {"SANFU_ROUTER_KEY": settings.router_key, "SANFU_OPS_TOKEN": settings.ops_token})
    service = Service(
        name="router",
        rules=RouterRules(packs.current),
        parts=parts,
        settings=settings,
        codec=codec,
        routers=[routes(lambda: (_in_use(service), service.clock.now()), guard)],
        prepare=getattr(parts.documents, "prepare", None),  # a store in memory has no indexes
        watch=lambda: watch(service, packs),
    )
    service.metrics.pack.labels(packs.current.version).set(1)
    return service


async def watch(service: Service, packs: PackHolder) -> Rules | None:
    """Look at the pack's directory; return rules by the new pack if there is one. Says why one was not taken."""
    refused = packs.refused
    rules = await asyncio.to_thread(_newer, _in_use(service), packs)
    if packs.refused not in (None, refused):
        log.warning(
            "pack_refused",
            version=packs.refused,
            problems=[f"{each.file}:{each.line} {each.message}; {each.cure}" for each in packs.problems[:20]],
        )
    if rules is not None:
        service.metrics.pack.clear()
        service.metrics.pack.labels(rules.pack.version).set(1)
        log.info("pack_taken", version=rules.pack.version)
    return rules


def _newer(rules: RouterRules, packs: PackHolder) -> RouterRules | None:
    packs.check()
    return None if packs.current is rules.pack else RouterRules(packs.current)


def _in_use(service: Service) -> RouterRules:
    rules = service.machine.rules
    assert isinstance(rules, RouterRules)  # noqa: S101 (nobody else sets them)
    return rules
