"""Intake's records in memory, for tests: beside the memory store's documents, where its inserts go."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sanfu.intake.adapters.documents import correction, noted, read, written
from sanfu.intake.ports import ChannelKey, Correction, Import, Kept
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import StoreDown


class MemoryRecords:
    """`ports.Records` and `ports.ImportLog`."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents
        self._keys: dict[str, ChannelKey] = {}
        self._imports: dict[str, Import] = {}
        self._bad: dict[tuple[str, int], Sequence[Mapping[str, str]]] = {}

    def _answer(self) -> None:
        if self._documents.down:
            raise StoreDown("the store is down")

    async def prepare(self) -> None:
        self._answer()

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        self._answer()
        return next((d for d in self._documents.documents.values() if d.get("receipt") == number), None)

    async def issue(self, id: str) -> Mapping[str, Any] | None:
        self._answer()
        return self._documents.documents.get(id)

    async def near(self, keys: Sequence[str], since: str, most: int) -> list[tuple[str, Mapping[str, Any]]]:
        self._answer()
        found: list[tuple[str, Mapping[str, Any]]] = [
            (id, one)
            for id, one in self._documents.documents.items()
            if {*keys} & {*one.get("near", ())} and one["received_at"] >= since
        ]
        return sorted(found, key=lambda each: str(each[1]["received_at"]), reverse=True)[:most]

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        self._answer()
        kept = {one.issue: one for one in map(read, self._documents.others["contacts"].values())}
        corrected = {one.issue: one.party for one in self._corrections().values() if {*one.party} & {*indexes}}
        found = [one for one in kept.values() if {*one.party, *one.filer} & {*indexes} or one.issue in corrected]
        bare = [Kept(issue, 0, {}) for issue in corrected if issue not in kept]
        return [replace(one, corrected=corrected.get(one.issue, ())) for one in (*found, *bare)]

    async def contact(self, issue: str) -> Kept | None:
        self._answer()
        found = self._documents.others["contacts"].get(issue)
        return read(found) if found else None

    async def keep(self, contact: Kept) -> bool:
        self._answer()
        contacts = self._documents.others["contacts"]
        if contacts.get(contact.issue, {"version": 0})["version"] != contact.version - 1:
            return False
        contacts[contact.issue] = written(contact)
        return True

    async def correction(self, issue: str) -> Correction | None:
        self._answer()
        return self._corrections().get(issue)

    async def correct(self, corrections: Sequence[Correction]) -> None:
        self._answer()
        for one in corrections:
            known = self._corrections().get(one.issue)
            if known is None or known.version < one.version:
                self._documents.others["corrections"][one.issue] = noted(one)

    async def drop_corrections(self, issues: Sequence[str]) -> None:
        self._answer()
        for issue in issues:
            self._documents.others["corrections"].pop(issue, None)

    def _corrections(self) -> dict[str, Correction]:
        return {issue: correction(one) for issue, one in self._documents.others["corrections"].items()}

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

    async def known(self, id: str) -> Import | None:
        self._answer()
        return self._imports.get(id)

    async def begin(self, one: Import, was: Import | None) -> bool:
        self._answer()
        if self._imports.get(one.id) != was:
            return False
        if one.rows == 0:
            self._bad = {place: errors for place, errors in self._bad.items() if place[0] != one.id}
        self._imports[one.id] = one
        return True

    async def note(self, one: Import, bad: Mapping[int, Sequence[Mapping[str, str]]]) -> bool:
        self._answer()
        self._bad |= {(one.id, line): errors for line, errors in bad.items()}
        if self._imports[one.id].copy != one.copy:
            return False
        self._imports[one.id] = one
        return True

    async def stay(self, ids: Sequence[str], copy: str, alive: float) -> None:
        self._answer()
        own = [id for id in ids if id in self._imports and self._imports[id].copy == copy]
        self._imports |= {id: replace(self._imports[id], alive=alive) for id in own}

    async def bad_rows(self, id: str, after: int, limit: int) -> list[tuple[int, Sequence[Mapping[str, str]]]]:
        self._answer()
        found = sorted((line, errors) for (of, line), errors in self._bad.items() if of == id and line > after)
        return found[:limit]
