"""What a service does every so often beside its story, for as long as it runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from sanfu.runtime.outages import Unavailable
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()


async def again(
    step: Callable[[], Awaitable[object]], every: float, waits: str, woken: asyncio.Event | None = None
) -> Never:
    """Do a step, and again every so many real seconds, or as soon as it is `woken`. What can't be reached is waited
    for, and said in the log as `waits`; anything else the step raises ends it, and the service."""
    woken = woken or asyncio.Event()
    while True:
        woken.clear()
        try:
            await step()
        except (StoreDown, Unavailable) as error:
            log.warning(waits, why=str(error))
        try:
            async with asyncio.timeout(every):
                await woken.wait()
        except TimeoutError:
            pass
