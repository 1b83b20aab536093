"""Where intake writes down which files there are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sanfu.intake.adapters.documents import attachment, filed
from sanfu.intake.domain.attachments import Attachment, Claim
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.store import StoreDown

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryAttachmentLog:
    """`ports.AttachmentLog`, for tests."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents

    @property
    def _all(self) -> dict[str, Any]:
        if self._documents.down:
            raise StoreDown("the store is down")
        found: dict[str, Any] = self._documents.others["attachments"]
        return found

    async def prepare(self) -> None:
        pass

    async def note(self, one: Attachment) -> None:
        self._all[one.id] = filed(one)

    async def get(self, ids: Sequence[str]) -> dict[str, Attachment]:
        return {id: attachment(self._all[id]) for id in ids if id in self._all}

    async def of(self, issue: str) -> list[Attachment]:
        return [attachment(one) for one in self._all.values() if one.get("issue") == issue]

    async def count(self, issue: str) -> int:
        return len(await self.of(issue))

    async def unbound(self, holder: str) -> int:
        return sum(one["holder"] == holder and "due" in one for one in self._all.values())

    async def claim(self, ids: Sequence[str], claim: Claim, due: datetime) -> int:
        free = [one for id in ids if (one := self._all.get(id)) and _is_free(one)]
        for one in free:
            one |= {"issue": claim.issue, "command": claim.command, "claim": claim.token, "due": due}
        return len(free)

    async def release(self, ids: Sequence[str], claim: Claim) -> None:
        for id in ids:
            one = self._all.get(id, {})
            if one.get("claim") == claim.token:
                del one["issue"], one["command"], one["claim"]

    async def settle(self, ids: Sequence[str], issue: str, command: str) -> None:
        for id in ids:
            one = self._all.get(id, {"going": True})
            if not one.get("going"):
                one |= {"issue": issue, "command": command}
                one.pop("due", None)

    async def due(self, now: datetime, limit: int) -> list[Attachment]:
        found = sorted((one for one in self._all.values() if "due" in one and one["due"] <= now), key=_due)
        return [attachment(one) for one in found[:limit]]

    async def condemn(self, id: str, due: datetime | None = None) -> bool:
        one = self._all.get(id)
        if one is None or (due is not None and one.get("due") != due):
            return False
        one["going"] = True
        one.setdefault("due", LONG_AGO)
        return True

    async def drop(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._all.pop(id, None)


def _is_free(one: Mapping[str, Any]) -> bool:
    return "received" in one and "issue" not in one and not one.get("going")


def _due(one: Mapping[str, Any]) -> datetime:
    found: datetime = one["due"]
    return found
