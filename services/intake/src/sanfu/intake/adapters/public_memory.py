"""What everybody may know of, in memory, for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.intake.ports import Look
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import StoreDown

Issue = Mapping[str, Any]


class MemoryPublicIssues:
    """`ports.PublicIssues`."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents

    def _all(self) -> list[Issue]:
        if self._documents.down:
            raise StoreDown("the store is down")
        return list(self._documents.documents.values())

    async def prepare(self) -> None:
        self._all()

    async def known(self, ids: Sequence[str]) -> list[Issue]:
        found = {one["_id"]: one for one in self._all() if "submission" in one}
        return [found[id] for id in dict.fromkeys(ids) if id in found]

    async def look(self, look: Look) -> list[Issue]:
        found = [
            one
            for one in self._all()
            if _fits(one, look)
            and _within(one["received_at"], look.received)
            and _within(one["public"]["updated"], look.updated)
        ]
        found.sort(key=lambda one: str(one["_id"]))
        found.sort(key=lambda one: str(one["public"]["updated"] if look.updated else one["received_at"]), reverse=True)
        return found[look.skip : look.skip + look.limit]

    async def updates(self, look: Look) -> list[tuple[Issue, Issue]]:
        found = [
            (one, told)
            for one in self._all()
            if _fits(one, look)
            for told in one["public"]["updates"]
            if _within(told["at"], look.updated)
        ]
        found.sort(key=lambda pair: (pair[1]["at"], pair[1]["id"]))
        return found[look.skip : look.skip + look.limit]


def _fits(issue: Issue, look: Look) -> bool:
    known = issue.get("public", {"shown": False})
    return bool(
        known["shown"]
        and known["key"] in look.keys
        and (not look.categories or known["category"] in look.categories)
        and look.town in (None, issue["submission"]["place"]["town"])
    )


def _within(at: str, span: tuple[str, str] | None) -> bool:
    return span is None or span[0] <= at <= span[1]
