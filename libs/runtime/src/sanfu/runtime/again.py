"""What a service does every so often beside its story, for as long as it runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from sanfu.runtime.outages import Unavailable
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()


async def again(step: Callable[[], Awaitable[object]], every: float, waits: str) -> Never:
    """Do a step, and again every so many real seconds. What can't be reached is waited for, and said in the log as
    `waits`; anything else the step raises ends it, and the service."""
    while True:
        try:
            await step()
        except (StoreDown, Unavailable) as error:
            log.warning(waits, why=str(error))
        await asyncio.sleep(every)
