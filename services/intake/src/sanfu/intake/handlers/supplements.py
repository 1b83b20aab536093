"""Take in what is added to a report: by a channel with its key, or by the party with its link."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sanfu.contracts.contact_wire import context
from sanfu.intake.domain.attachments import Attachment
from sanfu.intake.domain.supplements import OVERTAKEN, Rest, number
from sanfu.intake.domain.urgency import EMERGENCY
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.corrections import WRITER, opened
from sanfu.intake.handlers.submissions import Do, Received, box, written
from sanfu.intake.ports import Kept, Records
from sanfu.runtime.clock import Clock
from sanfu.runtime.fold import Done
from sanfu.runtime.links import Link, Links
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
    attachments: Attachments

    async def by_channel(self, receipt: str, channel: str, said: Mapping[str, Any], key: str, holder: str) -> Received:
        """Add what a channel was told; `holder`: whose files it names. The same key with the same body adds it once.
        Raises Refusal, Unavailable."""
        return await self._add(receipt, Actor(channel, "channel"), said, key, holder)

    async def by_party(self, token: str, said: Mapping[str, Any], key: str) -> Received:
        """Add what the bearer of a link says. Raises Refusal, 404 for a link nobody made or that has ended."""
        link = self.link(token)
        state = await self.records.by_receipt(link.number)
        if state and link.contact != state.get("corrected", 0):
            raise _no_link()
        return await self._add(link.number, Actor("party", "party"), said, key, of_party(token))

    def link(self, token: str) -> Link:
        """Read a party's link. Raises Refusal 404."""
        found = self.links.read(token, self.clock.now())
        if found is None:
            raise _no_link()
        return found

    async def _add(self, receipt: str, by: Actor, said: Mapping[str, Any], key: str, holder: str) -> Received:
        issue, name = (await self._state(receipt))["_id"], f"supplement:{by.id}:{key}"

        async def added(files: Sequence[Attachment]) -> Done:
            body = hashlib.sha256(written(said, files)).hexdigest()
            command = Command("Supplement", {**said, "attachments": [one.told() for one in files]}, by, name, body)
            for tried in range(1, TRIES + 1):
                try:
                    return await self._try(receipt, command)
                except Refusal as refusal:
                    if refusal.slug != OVERTAKEN or tried == TRIES:
                        raise
            raise AssertionError("the last try returns or raises")

        done = await self.attachments.bind(said["attachments"], holder, issue, name, added)
        levels = {done.state["urgency"], *(event.data.get("urgency") for event in done.events)}
        return Received(issue, done.state, done.repeated, EMERGENCY in levels)

    async def _state(self, receipt: str) -> Mapping[str, Any]:
        state = await self.records.by_receipt(receipt)
        if state is None:
            raise Refusal(404, "no-such-receipt", "The number is well formed, but no report has it.")
        return state

    async def _try(self, receipt: str, command: Command) -> Done:
        """Do a command whose data is what is said, looking at how the issue stands now."""
        state = await self._state(receipt)
        said = {**command.data, "number": number(state)}
        issue: str = state["_id"]
        kept = await self.records.contact(issue)
        if kept is None and state["submission"]["contact"] != "none":
            raise Unavailable("Its contact is still on its way here: without it nobody knows what must be masked.")
        erased = kept is not None and not kept.boxes
        if erased and said["attachments"]:
            raise Refusal(409, "erased", "This person was erased: no file is kept of them, but in a new report.")
        was = self._opened(kept, "original") or {}
        rest = None if erased else self._rest(issue, kept, was, said)
        data = {
            "issue": issue,
            "said": said,
            "earlier": _earlier(state["submission"], was),
            "people": await self._people(issue, kept),
            "rest": rest,
        }
        done = await self.do(issue, replace(command, data=data))
        if rest and done.state.get("contact") == rest.version:
            if done.repeated:  # told before, and lost track of before it was kept: its number is not the next one
                said = {**said, "number": done.state["supplements"]}
                rest = self._rest(issue, kept, was, said)
            await self._keep(kept or Kept(issue, 0, {}), rest, said, command)
        return done

    async def _keep(self, kept: Kept, rest: Rest, said: Mapping[str, Any], command: Command) -> None:
        """Keep what was told of the contact. Where that was changed meanwhile, by an erasure say, it is told anew as it
        rests by now: who was erased comes back neither here nor where the topic is read."""
        while not await self.records.keep(replace(kept, version=rest.version, boxes=rest.boxes)):
            kept = await self.records.contact(kept.issue) or kept
            was = self._opened(kept, "original") or {}
            if any(one["number"] == said["number"] for one in was.get("added", ())):
                return  # the same was sent twice at one instant
            rest = self._rest(kept.issue, kept, was, said) if kept.boxes else Rest(kept.version + 1, {})
            now = {"issue": kept.issue, "version": rest.version, "boxes": rest.boxes}
            await self.do(kept.issue, Command("TellContact", now, command.actor, f"{command.key}:{rest.version}"))

    def _rest(self, issue: str, kept: Kept | None, was: Mapping[str, Any], said: Mapping[str, Any]) -> Rest:
        """Seal anew what was really written, with this added."""
        files = {"attachments": said["attachments"]} if said["attachments"] else {}
        fresh = {**was, "added": [*was.get("added", ()), {"number": said["number"], "text": said["text"], **files}]}
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


def _no_link() -> Refusal:
    return Refusal(404, "link-unknown", "This link is not valid, or no longer.")


def of_party(token: str) -> str:
    """Return whose files are that come by a party's link."""
    return f"party:{hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _earlier(submission: Mapping[str, Any], original: Mapping[str, Any]) -> str:
    """Return what was written before, as far as it is known here: as it really was, or as the story has it."""
    told = {**submission, **original}
    parts = [told["title"], told["text"], *map(str, told["answers"].values())]
    parts += [one["text"] for one in original.get("added", ())]
    return "\n".join(filter(None, parts))
