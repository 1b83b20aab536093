"""Lists of affairs in memory, for tests: held to the real ones by one behaviour suite."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sanfu.desk.domain.scope import Scope, covering
from sanfu.desk.ports import AffairsWanted, Document
from sanfu.runtime.paging import Page


@dataclass(frozen=True, slots=True)
class MemoryAffairs:
    """`ports.AffairsLists` over the documents of `runtime.memory.MemoryDocuments`."""

    documents: Mapping[str, Document]

    async def prepare(self) -> None: ...

    async def page(self, scope: Scope, wanted: AffairsWanted, page: Page) -> list[Document]:
        found = [one for one in self.documents.values() if "what" in one and covering(scope, one)]
        found = [one for one in found if all(_fits(_at(one, name), v) for name, v in wanted.conditions().items())]
        found.sort(key=lambda one: (one["limit"], one["_id"]))
        if page.after is not None:
            after = (page.after.key, page.after.id)
            found = [one for one in found if (one["limit"], one["_id"]) > after]
        return copy.deepcopy(found[: page.limit + 1])


def _at(document: Document, path: str) -> Any:
    """Return what stands at a path; None where nothing does."""
    found: Any = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _fits(value: Any, wanted: Any) -> bool:
    return wanted in value if isinstance(value, list) else bool(value == wanted)
