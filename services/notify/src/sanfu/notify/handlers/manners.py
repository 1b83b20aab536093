"""With what decency a page of deliveries is sent: what left lately, and what the lists among it have taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import (
    SHOWN,
    SIFTED,
    Taken,
    digest_id,
    is_digest,
    is_outside,
    may_be_joined,
    opened,
    outside_id,
)  # fmt: skip
from sanfu.notify.domain.holding import ASLEEP, DAY, Hold, Holding, Manner, Recent
from sanfu.notify.domain.rules import STAFF, is_emergency
from sanfu.notify.handlers.recipients import Address, Found
from sanfu.notify.ports import Digests
from sanfu.runtime.store import Document


@dataclass(slots=True)
class Manners:
    """`recent` goes on with what this page sends; `taken`: by the digests of this page; `still_open`: of the digests
    that its deliveries are held for, or would be had they come in time. `reached` and `left`:
    what stands for the address of each that is for somebody outside, and when something left for that, oldest first.
    """

    holding: Holding
    now: datetime
    recent: dict[str, Recent]
    taken: Mapping[str, Taken]
    still_open: Mapping[str, Delivery]
    reached: Mapping[str, str] = field(default_factory=dict)
    left: dict[str, list[datetime]] = field(default_factory=dict)

    @property
    def listed(self) -> list[Delivery]:
        """What stands in the digests of this page."""
        return [one for each in self.taken.values() for one in each.first]

    def raised(self, one: Delivery, documents: Mapping[str, Document]) -> Delivery:
        """Make it critical if its issue, or one that its list tells of, has become an emergency since."""
        told = self.taken[one.event].first if is_digest(one) else (one,)
        facts = (documents.get(each.subject, {}).get("facts", {}) for each in told if each.of == "issues")
        return replace(one, critical=True) if any(map(is_emergency, facts)) else one

    async def meet(self, digests: Digests, medium: str, page: Sequence[Delivery], found: Mapping[str, Found]) -> None:
        """Hear where these go, and ask what left for those outside."""
        indexed = {one.id: found[one.id] for one in page if one.audience not in STAFF and one.recipient is not None}
        self.reached = {id: one.index for id, one in indexed.items() if isinstance(one, Address) and one.index}
        if addresses := sorted({*self.reached.values()}):
            self.left = await digests.left(medium, addresses, self.now - DAY)

    def considered(self, one: Delivery, documents: Mapping[str, Document], real: datetime) -> tuple[Delivery, bool]:
        """Hold it, or let it go on, and say which: True if it is not to be sent now."""
        if is_digest(one):
            told = ((each, _urgency(each, documents)) for each in self.taken[one.event].first)
            later = self.holding.of_list(one, told, self.now)
            return (one, False) if later is None else (steps.hold(one, later.why, later.until, now=self.now), True)
        if one.digest is not None and one.state == "held":
            if one.digest in self.still_open:
                return steps.after_its_digest(one, real), True
            one = replace(one, digest=None)
        hold = self.holding.of(one, self._manner(one), _urgency(one, documents), self._recent(one), self.now)
        if hold is None:
            lists = _lists_for(one, self.holding, self.recent)
            overdue = [id for id in lists if id in self.still_open and may_be_joined(self.still_open[id], self.now)]
            return self._joining(one, overdue[0], real) if overdue else (one, False)
        if one.begins is not None and hold.until >= one.begins:  # it would be told when that has begun
            asleep = hold.why in ASLEEP
            return (steps.end(one, "skipped", f"stale: {hold.why}", real) if asleep else one), asleep
        return steps.hold(one, hold.why, hold.until, now=self.now, digest=self._digest(one, hold)), True

    def _joining(self, one: Delivery, digest: str, real: datetime) -> tuple[Delivery, bool]:
        """Let it go with a list that is due and whose turn has not come: the provider has had enough, or is dead."""
        held = steps.hold(one, "gathered", self.now, now=self.now, digest=digest)
        return steps.after_its_digest(held, real), True

    def _recent(self, one: Delivery) -> Recent | Sequence[datetime]:
        if one.audience in STAFF:
            return self.recent.get(one.recipient or "", Recent())
        return self.left.get(self.reached.get(one.id, ""), ())

    def _digest(self, one: Delivery, hold: Hold) -> str | None:
        """The list that it is held for."""
        if not hold.listed:
            return None
        if one.audience in STAFF:
            return digest_id(one.recipient, one.medium, hold.until) if one.recipient else None
        return outside_id(self.reached[one.id], one.medium, hold.until)

    def bound(self, one: Delivery) -> bool:
        """Tell whether nobody can refuse it."""
        return one.critical or (not is_digest(one) and self._manner(one).statutory)

    def _manner(self, one: Delivery) -> Manner:
        template = wording.template_of(self.holding.pack, one, self.holding.pack.locales[0])
        if template is None:
            return Manner("normal")
        return Manner(template.urgency, template.statutory, bool(template.line) and not wording.needs_link(template))

    def note(self, one: Delivery) -> None:
        """Hear that one is being sent."""
        if one.recipient is None:
            return
        if one.audience in STAFF:
            self.recent[one.recipient] = self.recent.get(one.recipient, Recent()).and_one(self.now)
        elif one.reached is not None:
            self.left.setdefault(one.reached, []).append(self.now)

    def newly_opened(
        self, page: Sequence[Delivery], after: Sequence[Delivery], place: Callable[[str], int]
    ) -> list[Delivery]:
        """The digests that something of a page is now held for, as they stand at first; they may be there already."""
        fresh = {
            one.digest: one
            for before, one in zip(page, after, strict=True)
            if one.digest not in (None, before.digest) and one.digest not in self.still_open
        }
        return [opened(one, place, self.reached.get(one.id)) for one in fresh.values() if one.state == "held"]


def _urgency(one: Delivery, documents: Mapping[str, Document]) -> str | None:
    found: str | None = documents.get(one.subject, {}).get("facts", {}).get("urgency")
    return found


def _lists_for(one: Delivery, holding: Holding, recent: Mapping[str, Recent]) -> list[str]:
    """Name the lists that it belongs into if one of them still waits."""
    if one.recipient is None:
        return []
    ends = holding.ends(one, recent.get(one.recipient, Recent()))
    return [digest_id(one.recipient, one.medium, until) for until in ends]


async def manners(digests: Digests, holding: Holding, medium: str, page: Sequence[Delivery], now: datetime) -> Manners:
    """Look at what a page of deliveries needs. The digests in it take what is held for them."""
    lists = [one for one in page if is_digest(one)]
    if own := [one.id for one in lists if one.id == one.event]:
        await digests.take(own)
    taken = dict[str, Taken]()
    for outside, most in ((False, SHOWN), (True, SIFTED)):
        if asked := [one.event for one in lists if is_outside(one) is outside]:
            taken |= await digests.taken(asked, most)
    recipients = sorted({one.recipient for one in page if one.recipient is not None and one.audience in STAFF})
    recent = await digests.recent(medium, recipients, now - DAY) if recipients else {}
    named = {one.digest for one in page if one.digest is not None and one.state == "held"}
    named |= {id for one in page if not is_digest(one) for id in _lists_for(one, holding, recent)}
    still_open = await digests.still_open(sorted(named)) if named else {}
    return Manners(holding, now, dict(recent), taken, still_open)
