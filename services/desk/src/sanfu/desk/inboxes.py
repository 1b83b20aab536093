"""What somebody reads of what notify keeps for them: each use case asks first whose box it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sanfu.desk.domain.boxes import boxes
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, Inbox, Letter
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Refusal


@dataclass(frozen=True, slots=True)
class Read:
    """A page of a box. `cases`: of the issues that its letters tell of, those that its reader may see."""

    letters: Sequence[Letter]
    next: str | None
    cases: dict[str, Document]


@dataclass(frozen=True, slots=True)
class Inboxes:
    """Every method raises InboxAway; those that name a box, Refusal 404 for one that is not the asker's."""

    desk: Desk
    inbox: Inbox

    def boxes(self, who: Viewer) -> Sequence[str]:
        """Name the boxes that somebody may open, their own first."""
        return boxes(who, self.desk.scope(who), self.desk.clock.now())

    async def page(self, who: Viewer, box: str, page: Page, *, unread: bool) -> Read:
        letters, next = await self.inbox.page(self._own(who, box), page, unread=unread)
        return Read(letters, next, await self._cases(who, letters))

    async def one(self, who: Viewer, box: str, id: str) -> tuple[Letter, Document | None]:
        """Return a letter, and its issue where that is one that its reader may see. Raises Refusal 404."""
        letter = await self.inbox.one(self._own(who, box), id)
        if letter is None:
            raise _unknown()
        cases = await self._cases(who, [letter])
        return letter, cases.get(letter.about or "")

    async def unread(self, who: Viewer) -> tuple[int, bool]:
        return await self.inbox.unread(self.boxes(who))

    async def read(self, who: Viewer, box: str, id: str) -> None:
        """Raises Refusal 404 for a letter that is not in this box."""
        if not await self.inbox.read(self._own(who, box), id):
            raise _unknown()

    async def read_all(self, who: Viewer, box: str, until: datetime) -> None:
        await self.inbox.read_all(self._own(who, box), until)

    def _own(self, who: Viewer, box: str) -> str:
        if box not in self.boxes(who):
            raise _unknown()
        return box

    async def _cases(self, who: Viewer, letters: Sequence[Letter]) -> dict[str, Document]:
        return await self.desk.seen(who, sorted({letter.about for letter in letters if letter.about}))


def _unknown() -> Refusal:
    return Refusal(404, "no-such-letter", "There is no such message, or it is not one of yours.")
