"""The ports in memory, for tests: held to the real ones by one behaviour suite."""

import asyncio
import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sanfu.desk.domain.scope import Scope, covering
from sanfu.desk.ports import Document, Found, Row, Shelves, Sought, Wanted
from sanfu.runtime.paging import Page


@dataclass(frozen=True, slots=True)
class MemoryCases:
    """`ports.Cases` over the documents of `runtime.memory.MemoryDocuments`."""

    documents: Mapping[str, Document]

    async def prepare(self) -> None: ...

    async def page(self, scope: Scope, wanted: Wanted, page: Page) -> list[Document]:
        found = [case for case in self._seen(scope) if _fits(case, wanted)]
        found.sort(key=lambda case: (case[wanted.by], case["_id"]))
        if page.after is not None:
            after = (page.after.key, page.after.id)
            found = [case for case in found if (case[wanted.by], case["_id"]) > after]
        return copy.deepcopy(found[: page.limit + 1])

    async def search(self, scope: Scope, sought: Sought, most: int) -> list[Document]:
        found = [case for case in self._seen(scope) if _is_sought(case, sought) and _fits(case, sought.wanted)]
        found.sort(key=lambda case: (case["submitted_at"], case["_id"]), reverse=True)
        return copy.deepcopy(found[:most])

    async def these(self, scope: Scope, ids: Sequence[str]) -> list[Document]:
        return copy.deepcopy([case for case in self._seen(scope) if case["_id"] in ids])

    async def numbered(self, receipt: str) -> Document | None:
        found = (case for case in self.documents.values() if case.get("receipt") == receipt)
        return copy.deepcopy(next(found, None))

    async def count(self, scope: Scope) -> list[Row]:
        seen = Counter((c["light"], c["state"], c["unit"]) for c in self._seen(scope) if c["open"])
        return [Row(*key, count) for key, count in seen.items()]

    async def found_on(self, lists: Sequence[str]) -> list[Found]:
        cases = [case for case in self.documents.values() if case.get("found_on")]
        seen = Counter((c["found_on"]["affair"], c["state"]) for c in cases if c["found_on"]["affair"] in lists)
        return [Found(*key, count) for key, count in seen.items()]

    def _seen(self, scope: Scope) -> list[Document]:
        return [case for case in self.documents.values() if "state" in case and covering(scope, case)]


def _fits(case: Document, wanted: Wanted) -> bool:
    equal = all(_is(_part(case, name), value) for name, value in wanted.conditions().items())
    return equal and all(_between(case[name], *span) for name, span in wanted.spans().items())


def _part(case: Document, name: str) -> Any:
    outer, _, inner = name.partition(".")
    return (case.get(outer) or {}).get(inner) if inner else case.get(outer)


def _is_sought(case: Document, sought: Sought) -> bool:
    return {*sought.tokens} <= {*case["found_by"]} and (case["open"] or case["submitted_at"] >= sought.since)


def _is(held: Any, value: Any) -> bool:
    return bool(value in held if isinstance(held, list) else value == held)


def _between(held: str, start: str | None, end: str | None) -> bool:
    return (start is None or held >= start) and (end is None or held < end)


@dataclass(slots=True)
class MemoryShelf:
    """`ports.Shelf` over a dict."""

    documents: dict[str, Document] = field(default_factory=dict)

    async def prepare(self, *fields: str) -> None: ...

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        return {id: copy.deepcopy(self.documents[id]) for id in ids if id in self.documents}

    async def all(self) -> list[Document]:
        return copy.deepcopy(list(self.documents.values()))

    async def having(self, field: str, *values: str) -> list[Document]:
        found = (d for d in self.documents.values() if any(_is(d.get(field), value) for value in values))
        return [copy.deepcopy(document) for document in found]

    async def put(self, documents: Sequence[Document]) -> None:
        for document in documents:
            known = self.documents.get(document["_id"])
            if known is None or known["version"] < document["version"]:
                self.documents[document["_id"]] = copy.deepcopy(document)

    async def swap(self, document: Document) -> bool:
        await asyncio.sleep(0)
        if self.documents.get(document["_id"], {"version": 0})["version"] != document["version"] - 1:
            return False
        self.documents[document["_id"]] = copy.deepcopy(document)
        return True

    async def page(self, wanted: Mapping[str, str], page: Page, *, newest: bool = False) -> list[Document]:
        def place(document: Document) -> tuple[str, str]:
            return (document["at"] if newest else document["_id"], document["_id"])

        found = [d for d in self.documents.values() if all(d.get(name) == value for name, value in wanted.items())]
        found.sort(key=place, reverse=newest)
        if page.after is not None:
            after = (str(page.after.key) if newest else page.after.id, page.after.id)
            found = [d for d in found if (place(d) < after if newest else place(d) > after)]
        return copy.deepcopy(found[: page.limit + 1])

    async def drop(self, ids: Sequence[str]) -> None:
        for id in ids:
            self.documents.pop(id, None)


def memory_shelves(others: dict[str, dict[str, Document]]) -> Shelves:
    """Make the shelves over a memory database's other collections: who starts again on those finds what was there."""
    return Shelves(*(MemoryShelf(others.setdefault(each.name, {})) for each in fields(Shelves)))
