"""Take in what is added to a report: by a channel with its key, or by the party with its link."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from sanfu.contracts.contact_wire import context
from sanfu.intake.domain.supplements import OVERTAKEN, Rest, number
from sanfu.intake.handlers.corrections import WRITER, opened
from sanfu.intake.handlers.submissions import Do, Received, box
from sanfu.intake.ports import Kept, Records
from sanfu.runtime.clock import Clock
from sanfu.runtime.links import Links
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.sealing import Sealer

TRIES: Final = 5
PEOPLE: Final = ("party", "filer")


@dataclass(frozen=True, slots=True)
class Supplements:
    """`links` reads what notify and desk have signed for a party."""

    do: Do
    records: Records
    sealer: Sealer
    links: Links
    clock: Clock

    async def by_channel(self, receipt: str, channel: str, said: Mapping[str, Any], key: str) -> Received:
        """Add what a channel was told. The same key with the same body adds it once. Raises Refusal, Unavailable."""
        return await self._add(receipt, Actor(channel, "channel"), said, key)

    async def by_party(self, token: str, said: Mapping[str, Any], key: str) -> Received:
        """Add what the bearer of a link says. Raises Refusal, 404 for a link nobody made or that has ended."""
        link = self.links.read(token, self.clock.now())
        state = await self.records.by_receipt(link.number) if link else None
        if link is None or (state and link.contact != state.get("corrected", 0)):
            raise Refusal(404, "link-unknown", "This link is not valid, or no longer.")
        return await self._add(link.number, Actor("party", "party"), said, key)

    async def _add(self, receipt: str, by: Actor, said: Mapping[str, Any], key: str) -> Received:
        for tried in range(1, TRIES + 1):
            try:
                return await self._try(receipt, by, said, key)
            except Refusal as refusal:
                if refusal.slug != OVERTAKEN or tried == TRIES:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _try(self, receipt: str, by: Actor, said: Mapping[str, Any], key: str) -> Received:
        state = await self.records.by_receipt(receipt)
        if state is None:
            raise Refusal(404, "no-such-receipt", "The number is well formed, but no report has it.")
        issue: str = state["_id"]
        kept = await self.records.contact(issue)
        if kept is None and state["submission"]["contact"] != "none":
            raise Unavailable("Its contact is still on its way here: without it nobody knows what must be masked.")
        erased = kept is not None and not kept.boxes
        rest = None if erased else self._rest(issue, kept, number(state), said["text"])
        data = {
            "issue": issue,
            "said": {**said, "number": number(state)},
            "people": await self._people(issue, kept),
            "rest": rest,
        }
        body = hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
        done = await self.do(issue, Command("Supplement", data, by, f"supplement:{by.id}:{key}", body))
        told = done.state.get("contact")
        if rest and told == rest.version:
            await self.records.keep(replace(kept or Kept(issue, 0, {}), version=rest.version, boxes=rest.boxes))
        return Received(issue, done.state, done.repeated)

    def _rest(self, issue: str, kept: Kept | None, number: int, text: str) -> Rest:
        """Seal anew what was really written, with this added."""
        was = self._opened(kept, "original") or {}
        fresh = {**was, "added": [*was.get("added", ()), {"number": number, "text": text}]}
        boxes = {**(kept.boxes if kept else {}), "original": box(self.sealer, issue, "original", fresh)}
        return Rest((kept.version if kept else 0) + 1, boxes)

    async def _people(self, issue: str, kept: Kept | None) -> list[Mapping[str, Any]]:
        """Return who may not be named: as they came in, and as desk has corrected them."""
        known: list[Mapping[str, Any]] = [person for name in PEOPLE if (person := self._opened(kept, name))]
        fresh = await self.records.correction(issue)
        corrected = opened(self.sealer, fresh.box, context(issue, WRITER, "party")) if fresh else {}
        return [*known, corrected]

    def _opened(self, kept: Kept | None, name: str) -> dict[str, Any] | None:
        found = kept.boxes.get(name) if kept else None
        return opened(self.sealer, found, context(kept.issue, "intake", name)) if kept and found else None
