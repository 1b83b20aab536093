"""Issues as the router's own documents tell them, for whoever looks back: with the track, and read page by page."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanfu.contracts.envelope import moment
from sanfu.router.domain import track as tracks
from sanfu.router.domain.sketches import SECRET
from sanfu.runtime.store import Document, Documents

PAGE = 200


@dataclass(frozen=True, slots=True)
class Period:
    """Issues submitted from `since` on, and before `until`."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Case:
    """One issue, and who was the right one if that is known."""

    id: str
    at: datetime
    state: Mapping[str, Any]
    right: str | None

    @property
    def track(self) -> tracks.Track:
        found: tracks.Track = self.state["track"]
        return found

    @property
    def secrecy(self) -> str:
        found: str = self.state["standing"].get("secrecy", "sealed")
        return found

    @property
    def hushed(self) -> bool:
        """It became secret after it was routed: what it was routed by is gone."""
        return self.secrecy in SECRET and self.track["asked"]["secrecy"] not in SECRET


def case_of(document: Document) -> Case | None:
    """Read a document; None: it is parked, its beginning was never read, or it was kept without a track."""
    said = document.get("said")
    if not said or "submitted_at" not in said or "parked" in document or "asked" not in document.get("track", {}):
        return None
    right = tracks.final(document["track"])
    return Case(document["_id"], moment(said["submitted_at"]), document, right["unit"] if right else None)


async def stored(documents: Documents, period: Period) -> AsyncIterator[Case | None]:
    """Read all that is stored, partition by partition, with no more than a page in memory: the cases of a period, and
    None for what can't be told of. What changes meanwhile is seen before or after the change. Raises StoreDown."""
    partitions = sorted(int(name) for name in await documents.marks() if name.isdecimal())
    for partition in partitions:
        after = ""
        while page := await documents.page(partition, after, PAGE):
            for document in page:
                case = case_of(document)
                if case is None or period.holds(case.at):
                    yield case
            after = page[-1]["_id"]
