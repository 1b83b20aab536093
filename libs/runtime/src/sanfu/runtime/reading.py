"""Reading a family of topics for as long as a process lives, beside the story."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Never

import structlog

from sanfu.runtime.broker import BrokerDown, Family, Fenced

log = structlog.get_logger()

REST = 1.0
"""Seconds before the broker is tried again."""


async def reading(family: Family, turn: Callable[[], Awaitable[None]], waits: str) -> Never:
    """Join the family's group and take turn after turn. While the broker is away it is waited for, and said in the log
    as `waits`. Raises Fenced when this process has lost its place; whatever else a turn raises ends it, too."""
    refused = 0
    try:
        await _joined(family, waits)
        while True:
            try:
                await turn()
                refused = 0
            except BrokerDown as error:
                log.warning(waits, why=str(error))
                await asyncio.sleep(REST)
            except Fenced:
                refused += 1
                if refused > 1:
                    raise
    finally:
        await family.stop()


async def _joined(family: Family, waits: str) -> None:
    while True:
        try:
            return await family.start()
        except BrokerDown as error:
            log.warning(waits, why=str(error))
            await asyncio.sleep(REST)
