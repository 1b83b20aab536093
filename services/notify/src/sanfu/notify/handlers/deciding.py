"""Decides what becomes of a page of deliveries, before anything of it is written or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.domain.heirs import passed_on
from sanfu.notify.handlers.hats import once_each
from sanfu.notify.handlers.manners import Manners, manners
from sanfu.notify.handlers.on_duty import untold
from sanfu.notify.handlers.outside import Sieve, Sifted, lists_to_sift, taken_outside
from sanfu.notify.handlers.pauses import as_told
from sanfu.notify.handlers.recipients import Address, Found, Nobody, People, Waits, people
from sanfu.notify.handlers.tools import Tools
from sanfu.notify.handlers.writing import Writer
from sanfu.notify.ports import Message
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.store import Document

declare("notify.after_taken", "digests have taken what is held for them, and are not claimed")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What becomes of each of a page, and of what its lists do not tell, before anything is sent; the messages of those
    that are to be sent now; and the lists that something is held for."""

    after: Sequence[Delivery]
    messages: Mapping[str, Message]
    lists: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Deciding:
    """About the deliveries of one medium. `carried`: by anybody; else each ends."""

    tools: Tools
    medium: str
    carried: bool

    async def prepared(self, page: Sequence[Delivery], now: datetime, real: datetime) -> Prepared:
        """Decide about a page."""
        tools = self.tools
        holding = tools.holding()
        decently = await manners(tools.stores.digests, holding, self.medium, page, now)
        if decently.taken:
            crashpoint("notify.after_taken")
        documents = await self._documents([*page, *decently.listed])
        page = [decently.raised(one, documents) for one in page]
        all = [*page, *(decently.raised(one, documents) for one in taken_outside(page, decently))]
        known = await people(tools.stores, tools.sealer, all, lambda unit: holding.on_duty(unit, now))
        found = await self._found(all, known, decently)
        found = await as_told(tools.stores.deliveries, tools.pack(), all, found, documents)
        await decently.meet(tools.stores.digests, self.medium, page, found)
        sifted = self._sifted(page, decently, found, documents, real)
        found |= {id: one.found for id, one in sifted.items()}
        after, messages, apart = list[Delivery](), dict[str, Message](), list[Delivery]()
        for before in page:
            one = steps.stale(steps.recovered(before, real), now, real)
            heir = passed_on(one, documents.get(one.subject, {}).get("facts", {})) if one.is_open else None
            if heir is not None:
                one = heir  # looked up, and its hours kept, with the next page
            elif one.is_open and one.id in sifted and sifted[one.id].changed:
                one, apart = replace(one, again=real), [*apart, *sifted[one.id].changed]
            elif one.is_open:
                one, waits = decently.considered(one, documents, real)
                begun = None if waits else self._begun(one, found[one.id], documents, decently, real)
                one, message = begun or (one, None)
                if message is not None:
                    messages[one.id] = message
                    decently.note(one)
            after.append(one)
        lists = decently.newly_opened(page, after, tools.place)
        return Prepared([*after, *apart], messages, lists)

    def _sifted(
        self, page: Sequence[Delivery], decently: Manners, found: Mapping[str, Found],
        documents: Mapping[str, Document], real: datetime,
    ) -> dict[str, Sifted]:  # fmt: skip
        """Look through the lists."""
        if not self.carried:
            return {}
        facts = {subject: one["facts"] for subject, one in documents.items() if "facts" in one}
        sieve = Sieve(self.tools.pack(), found, facts, decently.now, real)
        return {one.id: sieve.of(one, decently.taken[one.event].first) for one in lists_to_sift(page)}

    async def _documents(self, page: Sequence[Delivery]) -> dict[str, Document]:
        """What is known of the subjects of a page, issues and affairs."""
        subjects: dict[str, set[str]] = {"issues": set(), "affairs": set()}
        for one in page:
            if not is_digest(one):
                subjects[one.of].add(one.subject)
        return await self.tools.stories.read(sorted(subjects["issues"]), sorted(subjects["affairs"]))

    async def _found(self, page: Sequence[Delivery], known: People, decently: Manners) -> dict[str, Found]:
        """Where each goes: nowhere, if nobody carries this medium, or nobody is at its address any more."""
        if not self.carried:
            return {one.id: Nobody("no_provider") for one in page}
        found = {one.id: known.find(one, bound=decently.bound(one)) for one in page}
        found = await once_each(self.tools.stores.deliveries, self.medium, page, found, known)
        found = await untold(self.tools.stores.deliveries, page, found)
        found = await self.tools.unreachable.looked_up(page, found)
        return await self.tools.opting_out.passed_over(page, found, decently.bound)

    def _begun(
        self, one: Delivery, found: Found, documents: Mapping[str, Document], decently: Manners, real: datetime
    ) -> tuple[Delivery, Message | None]:
        writer = self._writer()
        text: wording.Text | Waits | Nobody
        if not isinstance(found, Address):
            text = found
        elif is_digest(one):
            text = writer.list_of(one, found, documents, decently.taken[one.event])
        else:
            text = writer.text_of(one, found, documents, real)
        match text:
            case Waits(why) if steps.waited_enough(one, why, real):
                return steps.end(one, "skipped", "no_recipient" if why == "nobody" else why, real), None
            case Waits(why):
                return steps.wait(one, why, real), None
            case Nobody(why, index):
                return steps.end(replace(one, reached=index), "skipped", why, real), None
        assert isinstance(found, Address)  # noqa: S101 (else there is no text)
        until = real + timedelta(seconds=self.tools.timing.lease)
        message = writer.message(one, found, text, may_refuse=not decently.bound(one))
        return steps.claim(one, found.users, until, decently.now, found.index), message

    def _writer(self) -> Writer:
        tools = self.tools
        return Writer(self.medium, tools.pack(), tools.links, tools.clock, tools.public_url, tools.messages_url)
