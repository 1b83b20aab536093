"""Hooks in a city of tests: one endpoint that listens, with a path for each unit."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from tests.integration.notify.providers import Peer, peer
from tests.support.city import City

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()


@asynccontextmanager
async def hooked(city: City, units: Sequence[str]) -> AsyncIterator[Peer]:
    """Give these units a hook: each unit's path is its code."""
    async with peer((200, "ok")) as endpoint:
        hook = {"secrets": [SECRET], "networks": ["127.0.0.0/8"]}
        plan = {"units": {unit: {**hook, "url": f"{endpoint.url}/{unit}"} for unit in units}}
        city.providers = orjson.dumps(plan).decode()
        await city.stop("notify")
        await city.start("notify")
        yield endpoint
        await city.stop("notify")
        city.providers = None
        await city.start("notify")
