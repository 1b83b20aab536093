"""`ports.Digests` in memory, over the same dict as the deliveries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sanfu.notify.domain.delivery import AT_ONCE, Delivery
from sanfu.notify.domain.digest import Taken, why_of
from sanfu.notify.domain.holding import Recent
from sanfu.notify.domain.records import read
from sanfu.notify.domain.rules import OUTSIDE

Document = dict[str, Any]


@dataclass(slots=True)
class MemoryDigests:
    documents: dict[str, Document] = field(default_factory=dict)

    async def prepare(self) -> None: ...

    async def recent(self, medium: str, recipients: Sequence[str], since: datetime) -> dict[str, Recent]:
        found: dict[str, list[datetime]] = {}
        for one in self.documents.values():
            left = one.get("left")
            if one["medium"] == medium and one.get("recipient") in recipients and left is not None and left > since:
                found.setdefault(one["recipient"], []).append(left)
        return {who: Recent(len(ats), min(ats), max(ats)) for who, ats in found.items()}

    async def left(self, medium: str, reached: Sequence[str], since: datetime) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for one in self.documents.values():
            left, counts = one.get("left"), one["audience"] in OUTSIDE and one.get("recipient") is not None
            if counts and one["medium"] == medium and one.get("reached") in reached and left and left > since:
                found.setdefault(one["reached"], []).append(left)
        return {who: sorted(ats) for who, ats in found.items()}

    async def take(self, digests: Sequence[str]) -> None:
        for one in self.documents.values():
            if one.get("digest") in digests and one["state"] == "held" and "again" in one:
                del one["again"]
                one["ver"] += 1

    async def taken(self, digests: Sequence[str], limit: int) -> dict[str, Taken]:
        found = {}
        for digest in digests:
            mine = [one for one in self.documents.values() if one.get("digest") == digest and "again" not in one]
            mine.sort(key=lambda one: one["at"])
            found[digest] = Taken(len(mine), [read(one) for one in mine[:limit]])
        return found

    async def close(self, digest: Delivery, real: datetime) -> None:
        for one in self.documents.values():
            if one.get("digest") == digest.id and "again" not in one and one["state"] not in (digest.state, "skipped"):
                one.pop("due", None)
                one.pop("waits_since", None)
                one |= {"state": digest.state, "why": why_of(digest), "ended": real, "report_at": real}
                one["ver"] += 1

    async def still_open(self, ids: Sequence[str]) -> dict[str, Delivery]:
        there = {id: self.documents.get(id, {}) for id in ids}
        return {id: read(one) for id, one in there.items() if "again" in one}

    async def let_go(self, subjects: Sequence[str], now: datetime) -> None:
        theirs = [one for one in self.documents.values() if one["subject"] in subjects]
        for one in theirs:
            whole = self.documents.get(one.get("digest", ""), {})
            apart = "again" not in one and whole.get("state") in ("queued", "held") and "again" in whole
            if one["state"] not in ("queued", "held") or ("again" not in one and not apart):
                continue
            one |= {"critical": True, "ver": one["ver"] + 1}
            if apart or (one["state"] == "held" and "waits_since" not in one and one["due"] > now):
                one |= {"due": now, "again": AT_ONCE}
                one.pop("digest", None)
            if apart:
                whole["ver"] += 1

    async def next_due(self, partitions: Iterable[int], now: datetime) -> datetime | None:
        return min((one["due"] for one in self._held(set(partitions)) if one["due"] > now), default=None)

    async def released(self, partitions: Iterable[int], now: datetime) -> int:
        return sum(one["due"] <= now for one in self._held(set(partitions)))

    def _held(self, partitions: set[int]) -> list[Document]:
        held = [one for one in self.documents.values() if one["state"] == "held" and one["p"] in partitions]
        return [one for one in held if "again" in one and "waits_since" not in one]
