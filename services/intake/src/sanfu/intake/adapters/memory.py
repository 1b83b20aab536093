"""Intake's records in memory, for tests: beside the memory store's documents, where its inserts go."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sanfu.intake.adapters.documents import read, written
from sanfu.intake.ports import ChannelKey, Kept
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import StoreDown


class MemoryRecords:
    """`ports.Records`."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents
        self._keys: dict[str, ChannelKey] = {}

    def _answer(self) -> None:
        if self._documents.down:
            raise StoreDown("the store is down")

    async def prepare(self) -> None:
        self._answer()

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        self._answer()
        return next((d for d in self._documents.documents.values() if d.get("receipt") == number), None)

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        self._answer()
        kept = map(read, self._documents.others["contacts"].values())
        return [one for one in kept if {*one.party, *one.filer} & {*indexes}]

    async def contact(self, issue: str) -> Kept | None:
        self._answer()
        found = self._documents.others["contacts"].get(issue)
        return read(found) if found else None

    async def keep(self, contact: Kept) -> None:
        self._answer()
        self._documents.others["contacts"][contact.issue] = written(contact)

    async def keys(self) -> list[ChannelKey]:
        self._answer()
        return list(self._keys.values())

    async def add_key(self, key: ChannelKey) -> None:
        self._answer()
        self._keys.setdefault(key.digest, key)

    async def revoke_key(self, id: str) -> bool:
        self._answer()
        found = [key for key in self._keys.values() if key.id == id]
        self._keys |= {key.digest: replace(key, revoked=True) for key in found}
        return bool(found)
