"""The ports in memory, for tests: held to the real ones by one behaviour suite."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sanfu.notify.adapters.digests_memory import MemoryDigests
from sanfu.notify.adapters.hooks_memory import MemoryHooks
from sanfu.notify.adapters.letter_records import letter_read, letter_written
from sanfu.notify.domain.delivery import HEARD, OPEN, TRACES, Delivery
from sanfu.notify.domain.records import read, written
from sanfu.notify.domain.rules import COLLECTION, OUTSIDE, RAISED
from sanfu.notify.ports import Document, Letter, Standing, Stores, Tally, Traces, Wanted
from sanfu.runtime.paging import Page


@dataclass(slots=True)
class MemoryDeliveries:
    """`ports.Deliveries` over the dict that the memory store's inserts go to."""

    documents: dict[str, Document] = field(default_factory=dict)

    async def prepare(self) -> None: ...

    async def insert(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self.documents.setdefault(delivery.id, written(delivery))

    async def withdraw(self, ids: Sequence[str]) -> frozenset[str]:
        for id in ids:
            if (found := self.documents.get(id)) and (found["state"], found["ver"]) == ("queued", 1):
                del self.documents[id]
        return frozenset(id for id in ids if id not in self.documents)

    async def ripe(
        self, medium: str, partitions: Iterable[int], *, now: datetime, real: datetime, limit: int
    ) -> list[Delivery]:
        mine = set(partitions)
        found = [d for d in self._in(mine) if d["state"] in OPEN and d["medium"] == medium]
        found = [d for d in found if "again" in d and d["due"] <= now and d["again"] <= real]
        return [read(d) for d in sorted(found, key=lambda d: (not d["critical"], d["again"]))[:limit]]

    async def replace(self, deliveries: Sequence[Delivery], mark: str) -> frozenset[str]:
        won = [d for d in deliveries if d.id in self.documents and self.documents[d.id]["ver"] == d.ver]
        for delivery in won:
            self.documents[delivery.id] = {**written(delivery), "ver": delivery.ver + 1, "mark": mark}
        return frozenset(delivery.id for delivery in won)

    async def marked(self, ids: Sequence[str], mark: str) -> frozenset[str]:
        return frozenset(id for id in ids if self.documents.get(id, {}).get("mark") == mark)

    async def unreported(self, partitions: Iterable[int], real: datetime, limit: int) -> list[Delivery]:
        found = [d for d in self._in(set(partitions)) if "report_at" in d and d["report_at"] <= real]
        return [read(d) for d in sorted(found, key=lambda d: d["report_at"])[:limit]]

    async def reported(self, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            if self.documents[one.id]["state"] == one.state:
                self.documents[one.id].pop("report_at", None)

    async def report_later(self, ids: Sequence[str], at: datetime) -> None:
        for id in ids:
            if "report_at" in self.documents[id]:
                self.documents[id]["report_at"] = at

    async def get(self, id: str) -> Delivery | None:
        return read(self.documents[id]) if id in self.documents else None

    async def erasing(self, subjects: Sequence[str]) -> Traces:
        for one in self._theirs(subjects):
            if "erased" not in one and (one["subject"] in subjects or "again" not in one or one["state"] == "sending"):
                one |= {"erased": True, "ver": one["ver"] + 1}
        found = [one for one in self._theirs(subjects) if "erased" in one]
        return Traces(
            frozenset(one["_id"] for one in found), frozenset(one["reached"] for one in found if "reached" in one)
        )

    async def forget(self, subjects: Sequence[str]) -> None:
        for one in self._theirs(subjects):
            for name in TRACES if "erased" in one else ():
                one.pop(name, None)

    def _theirs(self, subjects: Sequence[str]) -> list[Document]:
        outside = [one for one in self.documents.values() if one["audience"] in OUTSIDE]
        lists = {one.get("digest") for one in outside if one["subject"] in subjects}
        return [one for one in outside if one["subject"] in subjects or one["_id"] in lists]

    async def of(self, ids: Sequence[str]) -> list[Delivery]:
        return [read(self.documents[id]) for id in ids if id in self.documents]

    async def heard(self, medium: str, subjects: Sequence[str], events: Sequence[str]) -> list[Delivery]:
        theirs = [d for d in self.documents.values() if d["subject"] in subjects and d["event"] in events]
        return [read(d) for d in theirs if d["medium"] == medium and d["state"] in HEARD and d["users"]]

    async def carried(self, provider: str, ids: Sequence[str]) -> list[Delivery]:
        found = (d for d in self.documents.values() if d.get("provider") == provider)
        return [read(d) for d in found if d.get("provider_id") in ids]

    async def under_way(self, until: datetime) -> bool:
        return any(d["state"] == "sending" and d["again"] <= until for d in self.documents.values())

    async def page(self, wanted: Wanted, page: Page) -> list[Delivery]:
        found = sorted(self._wanted(wanted), key=_place, reverse=True)
        if page.after is not None:
            after = (page.after.key, page.after.id)
            found = [d for d in found if _place(d) < after]
        return [read(d) for d in found[: page.limit + 1]]

    def _wanted(self, wanted: Wanted) -> list[Document]:
        asked = wanted.conditions()
        user = asked.pop("users.0", None)
        found = [d for d in self.documents.values() if all(d.get(name) == value for name, value in asked.items())]
        found = [d for d in found if user is None or d.get("users", [])[:1] == [user]]
        found = [d for d in found if wanted.why is None or f"{d.get('why')}: ".startswith(f"{wanted.why}: ")]
        found = [d for d in found if wanted.since is None or d["at"] >= wanted.since]
        return [d for d in found if wanted.until is None or d["at"] < wanted.until]

    async def tally(self, wanted: Wanted, limit: int) -> list[Tally]:
        groups: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
        for document in self._wanted(wanted):
            groups[tuple(document.get(name) for name in ("medium", "state", "why", "provider"))].append(document)
        found = [_tally(key, each) for key, each in groups.items()]
        found.sort(key=lambda one: (-one.count, one.medium, one.state, one.why or "", one.provider or ""))
        return found[:limit]

    async def standing(self, partitions: Iterable[int]) -> list[Standing]:
        groups: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for document in self._in(set(partitions)):
            if document["state"] in OPEN and "again" in document:
                groups[document["medium"], document["state"]].append(document["at"])
        return [Standing(*key, len(ats), min(ats)) for key, ats in groups.items()]

    async def waiting(self, partitions: Iterable[int], *, since: datetime | None, until: datetime | None) -> int:
        begun = [d["waits_since"] for d in self._in(set(partitions)) if d["state"] == "held" and "waits_since" in d]
        return sum((since is None or at > since) and (until is None or at <= until) for at in begun)

    async def unreported_count(self, partitions: Iterable[int]) -> int:
        return sum("report_at" in d for d in self._in(set(partitions)))

    def _in(self, partitions: set[int]) -> list[Document]:
        return [d for d in self.documents.values() if d["p"] in partitions]


def _tally(key: Sequence[Any], each: Sequence[Document]) -> Tally:
    due = min((one["due"] for one in each if "due" in one), default=None)
    oldest, useful = min(one["at"] for one in each), min(one["useful_until"] for one in each)
    medium, state, why, provider = key
    return Tally(medium, state, why, provider, len(each), oldest, due, useful)


def _place(document: Mapping[str, Any]) -> tuple[int, str]:
    return int(document["at"].timestamp() * 1000), document["_id"]


@dataclass(slots=True)
class MemoryShelf:
    """`ports.Shelf` over a dict."""

    documents: dict[str, Document] = field(default_factory=dict)

    async def prepare(self, *fields: str) -> None: ...

    async def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        for document in documents:
            known = self.documents.get(document["_id"])
            if known is None or known["version"] < document["version"]:
                self.documents[document["_id"]] = copy.deepcopy(dict(document))

    async def erase(self, ids: Sequence[str]) -> None:
        for id in ids:
            known = self.documents.get(id, {"version": 0})
            self.documents[id] = {"_id": id, "version": known["version"], "erased": True}

    async def drop(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    async def get(self, ids: Iterable[str]) -> dict[str, Document]:
        return {id: copy.deepcopy(self.documents[id]) for id in ids if id in self.documents}

    async def having(self, field: str, values: Iterable[str | int]) -> list[Document]:
        wanted = set(values)
        return [copy.deepcopy(d) for d in self.documents.values() if d.get(field) in wanted]


@dataclass(slots=True)
class MemoryLetters:
    """`ports.Letters` over a dict."""

    documents: dict[str, Document] = field(default_factory=dict)

    async def prepare(self) -> None: ...

    async def put(self, letter: Letter) -> None:
        self.documents.setdefault(letter.id, letter_written(letter))

    async def drop(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)

    async def page(self, box: str, unread: bool, page: Page) -> list[Letter]:
        found = [d for d in self.documents.values() if d["box"] == box and not (unread and "read" in d)]
        found.sort(key=_place, reverse=True)
        if page.after is not None:
            after = (page.after.key, page.after.id)
            found = [d for d in found if _place(d) < after]
        return [letter_read(d) for d in found[: page.limit + 1]]

    async def one(self, box: str, id: str) -> Letter | None:
        found = self.documents.get(id)
        return letter_read(found) if found is not None and found["box"] == box else None

    async def mark(self, box: str, id: str, at: datetime) -> bool:
        found = self.documents.get(id)
        if found is None or found["box"] != box:
            return False
        found.setdefault("read", at)
        return True

    async def mark_all(self, box: str, until: datetime, at: datetime) -> int:
        before = until + timedelta(milliseconds=1)
        found = [d for d in self.documents.values() if d["box"] == box and d["at"] < before and "read" not in d]
        for document in found:
            document["read"] = at
        return len(found)


def memory_stores(others: dict[str, dict[str, Document]]) -> Stores:
    """Make the stores over a memory database's other collections: who starts again on those finds what was there."""
    deliveries = others.setdefault(COLLECTION, {})
    contacts, directory, preferences, unreachable, opted_out, aside, raised = (
        MemoryShelf(others.setdefault(name, {}))
        for name in ("contacts", "directory", "preferences", "unreachable", "opted_out", "aside", RAISED)
    )
    letters = MemoryLetters(others.setdefault("letters", {}))
    hooks = MemoryHooks(*(others.setdefault(name, {}) for name in ("hook_records", "hook_holders", "hook_looks")))
    return Stores(
        MemoryDeliveries(deliveries), MemoryDigests(deliveries), contacts, directory, preferences, unreachable,
        opted_out, letters, hooks, aside, raised,
    )  # fmt: skip
