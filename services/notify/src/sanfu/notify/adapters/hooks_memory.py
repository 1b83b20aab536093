"""`hook_ports.HookStore` over dicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sanfu.notify.adapters.hook_documents import hook_read, hook_written
from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.hook_ports import HookSeen, HookStanding
from sanfu.runtime.paging import Page

Document = dict[str, Any]


@dataclass(slots=True)
class MemoryHooks:
    documents: dict[str, Document] = field(default_factory=dict)
    holders: dict[str, Document] = field(default_factory=dict)
    looks: dict[str, Document] = field(default_factory=dict)

    async def prepare(self) -> None: ...

    async def keep(self, records: Sequence[HookRecord], now: datetime) -> None:
        for record in records:
            self.documents.setdefault(record.id, hook_written(record))
        for unit, issue in {(record.unit, record.issue) for record in records}:
            self._promote(unit, issue, now)

    async def ripe(self, unit: str, until: datetime, limit: int) -> list[HookRecord]:
        found = [one for one in self._of(unit) if one.again is not None and one.again <= until]
        return sorted(found, key=lambda one: (one.again, one.since))[:limit]

    async def settle(self, record: HookRecord) -> None:
        now = hook_read(self.documents[record.id])
        if record.state == "done" or (now.state, now.since) == ("waiting", record.since):
            self.documents[record.id] = hook_written(record)

    async def next_of(self, unit: str, issue: str, now: datetime) -> HookRecord | None:
        first = self._promote(unit, issue, now)
        return first if first is not None and first.again is not None and first.again <= now else None

    async def promote(self, unit: str, now: datetime) -> None:
        for issue in {one.issue for one in self._of(unit)}:
            self._promote(unit, issue, now)

    async def hurry(self, unit: str, now: datetime) -> None:
        for one in self._of(unit):
            if one.again is not None and one.again > now:
                self._put(replace(one, again=now))

    async def park(self, unit: str, why: str, since: datetime) -> int:
        found = [one for one in self._of(unit) if one.since <= since]
        for one in found:
            self._put(replace(one, state="parked", again=None, why=why))
        return len(found)

    async def unpark(self, unit: str, now: datetime, limit: int) -> int:
        found = sorted(self._of(unit, "parked"), key=lambda one: (one.since, one.event))[:limit]
        for one in found:
            self._put(replace(one, state="waiting", since=now, tries=0))
        await self.promote(unit, now)
        return len(found)

    async def parked(self, unit: str, page: Page) -> list[HookRecord]:
        found = sorted(self._of(unit, "parked"), key=lambda one: one.event)
        after = page.after.id if page.after is not None else ""
        return [replace(one, headers={}, body=b"") for one in found if one.event > after][: page.limit + 1]

    async def standing(self, units: Sequence[str]) -> Mapping[str, HookStanding]:
        return {unit: self._standing(unit) for unit in units}

    async def ripe_count(self, units: Sequence[str], now: datetime) -> int:
        return sum(one.again is not None and one.again <= now for unit in units for one in self._of(unit))

    async def claim(self, unit: str, holder: str, now: datetime, until: datetime) -> bool:
        held = self.holders.get(unit)
        if held is not None and held["holder"] != holder and held["until"] > now:
            return False
        self.holders[unit] = {"holder": holder, "until": until}
        return True

    async def see(self, unit: str, seen: HookSeen) -> None:
        if unit in self.holders:
            self.looks[unit] = {"seen": seen}

    async def show(self, unit: str, seen: HookSeen, mark: str) -> bool:
        known = self.looks.get(unit)
        if unit not in self.holders or (known is not None and known["seen"].gone == mark):
            return False
        self.looks[unit] = {"seen": seen}
        return True

    async def seen(self, units: Sequence[str]) -> Mapping[str, HookSeen]:
        return {unit: self.looks[unit]["seen"] for unit in units if unit in self.looks}

    def _of(self, unit: str, state: str = "waiting") -> list[HookRecord]:
        return [hook_read(d) for d in self.documents.values() if d["unit"] == unit and d["state"] == state]

    def _promote(self, unit: str, issue: str, now: datetime) -> HookRecord | None:
        waiting = [one for one in self._of(unit) if one.issue == issue]
        if not waiting:
            return None
        first = min(waiting, key=lambda one: (one.order, one.since, one.event))
        if first.again is None:
            first = replace(first, again=now)
            self._put(first)
        return first

    def _put(self, record: HookRecord) -> None:
        self.documents[record.id] = hook_written(record)

    def _standing(self, unit: str) -> HookStanding:
        waiting = [one.since for one in self._of(unit)]
        return HookStanding(len(waiting), min(waiting, default=None), len(self._of(unit, "parked")))
