"""Reads the topics of the units that have a hook: each record is kept before its offset is noted.

What was kept is known again by its id, so a crash anywhere only has records read again. Only the topics of these units
are read: those of all others cost nothing.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

import structlog

from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.hook_ports import HookStore
from sanfu.runtime.broker import Family, Incoming
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.reading import reading
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

BATCH: Final = 100
_AS_IT_IS: Final = "".join(chr(n) for n in range(0x21, 0x7F) if chr(n) not in '"%')
"""What stands for itself in a header, by the CloudEvents binding for HTTP (3.1.3.2)."""

_ATTRIBUTE: Final = re.compile("ce_[a-z0-9]{1,60}")

declare("notify.hook_kept", "records of units' topics are kept, their offsets not noted")


@dataclass(slots=True)
class HookReader:
    """Reads for as long as it runs; `poke` tells a unit's hook that something came."""

    family: Family
    store: HookStore
    poke: Callable[[str], None]
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Read for ever. Raises Fenced when this process has lost its place."""
        await reading(self.family, self._turn, "hooks_wait")

    async def _turn(self) -> None:
        records = await self.family.poll(BATCH, 0.5)
        if not records:
            return
        now = self.now()
        kept = [found for one in records if (found := hook_record(one, now)) is not None]
        await self._kept(kept, now)
        crashpoint("notify.hook_kept")
        await self.family.commit({(one.topic, one.partition): one.offset + 1 for one in records})
        for unit in {one.unit for one in kept}:
            self.poke(unit)

    async def _kept(self, records: Sequence[HookRecord], now: datetime) -> None:
        pause = 0.1
        while True:
            try:
                return await self.store.keep(records, now)
            except StoreDown as error:
                log.warning("hooks_wait", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)


def hook_record(record: Incoming, now: datetime) -> HookRecord | None:
    """Read a record of a unit's topic; None, and said in the log, where it has no id: nobody could tell it again."""
    heads = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    event = heads.get("ce_id")
    if not event:
        log.error("hook_record_without_id", topic=record.topic, offset=record.offset)
        return None
    number = heads.get("ce_unitsequence", "")
    return HookRecord(
        unit=record.topic.split(".")[2], event=event, issue=record.key or "", type=heads.get("ce_type", ""),
        order=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else record.offset,
        headers=in_http(heads), body=record.value or b"", since=now,
    )  # fmt: skip


def in_http(heads: Mapping[str, str]) -> dict[str, str]:
    """Write a record's headers as HTTP's: `ce_id` as `ce-id`, percent-encoded where CloudEvents says so."""
    found = {"content-type": "application/json"}
    for name, value in heads.items():
        if name in ("content-type", "traceparent") or _ATTRIBUTE.fullmatch(name):
            found[name.replace("_", "-")] = quote(value, safe=_AS_IT_IS)
    found["content-type"] = found["content-type"].replace("%20", " ")
    return found
