"""The toy service put together, on whatever parts: in memory, on real ones, in a process of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter

from sanfu.runtime.codec import Codec
from sanfu.runtime.rules import Rules
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.settings import ServiceSettings
from tests.support import toy

TOKEN = "a token for the operators of toys"


def made(
    parts: Parts, settings: ServiceSettings, *, rules: Rules | None = None, codec: Codec | None = None,
    routers: Sequence[APIRouter] = (),
) -> Service:  # fmt: skip
    return Service(
        name="toy", rules=rules or toy.ToyRules(), parts=parts, settings=settings, codec=codec or toy.ToyCodec(),
        story=toy.STORY, routers=routers,
    )  # fmt: skip


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


@asynccontextmanager
async def serving(
    kafka: str, mongo: str, prefix: str, *, rules: Rules | None = None, codec: Codec | None = None
) -> AsyncIterator[Service]:
    """Give the service in this process, on a real Kafka and a real MongoDB."""
    given: dict[str, Any] = {"kafka": kafka, "mongo": mongo, "prefix": prefix, "ops_token": TOKEN, "stall_s": 600}
    settings = ServiceSettings.model_validate(given)
    parts = real_parts(settings, "toy")
    async with running(made(parts, settings, rules=rules, codec=codec)) as service:
        yield service
    parts.database.client.close()


def operator(service: Service) -> httpx.AsyncClient:
    """Give a client of the service's API with the operators' token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://toy", headers=headers)


async def is_quiet(service: Service) -> bool:
    return bool((await service.watcher.quiet())["quiet"])
