"""Erase a person: wherever intake received the contact, and for all who read it from the topic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.submissions import Do
from sanfu.intake.ports import Kept, Records
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.rules import Actor, Command

declare("intake.before_scrub", "a tombstone is in the outbox, intake's own copy of the contact is still there")

OPERATOR = Actor("operator", "system_administrator")


@dataclass(frozen=True, slots=True)
class Erasures:
    """`indexes` makes a person's blind indexes, as they were made when the contact came in."""

    do: Do
    records: Records
    indexes: Callable[[Mapping[str, Any]], list[str]]
    attachments: Attachments

    async def erase(self, person: Mapping[str, Any]) -> list[str]:
        """Erase a person by `phone`, `email` or both, and return the issues it was about.

        As a party: a tombstone, for the whole contact, and the files go. As a filer only: a contact without him, for it
        is the party's.
        Safe to repeat, and to be repeated after any failure; raises Unavailable, StoreDown.
        """
        indexes, erased = self.indexes(person), list[str]()
        while found := await self.records.contacts_of(indexes):
            for kept in found:
                as_party = bool({*kept.party, *kept.corrected} & {*indexes})
                await self._erase(kept, _without(kept, as_party), as_party)
                erased.append(kept.issue)
        return [*dict.fromkeys(erased)]

    async def _erase(self, kept: Kept, left: Kept, whole: bool) -> None:
        data = {"issue": kept.issue, "version": left.version, "boxes": left.boxes}
        await self.do(kept.issue, Command("TellContact", data, OPERATOR, f"erase:{left.version}"))
        if whole:
            await self.attachments.forget(kept.issue)
        crashpoint("intake.before_scrub")
        if await self.records.keep(left) and not left.boxes:  # else it is found again, as it rests by now
            await self.records.drop_corrections([kept.issue])
        if whole:  # what was added before that is gone, too: whoever adds something from now on sees that it is erased
            await self.attachments.forget(kept.issue)


def _without(kept: Kept, as_party: bool) -> Kept:
    if as_party:
        return Kept(kept.issue, kept.version + 1, {})
    boxes = {name: box for name, box in kept.boxes.items() if name != "filer"}
    return replace(kept, version=kept.version + 1, boxes=boxes, filer=())
