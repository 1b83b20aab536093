"""With what decency a page of deliveries is sent: what left lately, and what the lists among it have taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import SHOWN, Taken, digest_id, is_digest, opened
from sanfu.notify.domain.holding import ASLEEP, DAY, Holding, Manner, Recent
from sanfu.notify.ports import Digests


@dataclass(slots=True)
class Manners:
    """`recent` goes on with what this page sends; `taken`: by the digests of this page; `still_open`: of the digests
    that its deliveries are held for."""

    holding: Holding
    now: datetime
    recent: dict[str, Recent]
    taken: Mapping[str, Taken]
    still_open: frozenset[str]

    @property
    def listed(self) -> list[Delivery]:
        """What stands in the digests of this page."""
        return [one for each in self.taken.values() for one in each.first]

    def considered(self, one: Delivery, facts: Mapping[str, Any] | None, real: datetime) -> tuple[Delivery, bool]:
        """Hold it, or let it go on, and say which: True if it is not to be sent now."""
        if is_digest(one):
            return one, False
        if one.digest is not None and one.state == "held":
            if one.digest in self.still_open:
                return steps.after_its_digest(one, real), True
            one = replace(one, digest=None)
        manner = self._manner(one)
        urgency = (facts or {}).get("urgency")
        recent = self.recent.get(one.recipient or "", Recent())
        hold = self.holding.of(one, manner, urgency, recent, self.now)
        if hold is None:
            return one, False
        if one.begins is not None and hold.until >= one.begins:  # it would be told when that has begun
            asleep = hold.why in ASLEEP
            return (steps.end(one, "skipped", f"stale: {hold.why}", real) if asleep else one), asleep
        digest = digest_id(one.recipient, one.medium, hold.until) if hold.listed and one.recipient else None
        return steps.hold(one, hold.why, hold.until, now=self.now, digest=digest), True

    def bound(self, one: Delivery) -> bool:
        """Tell whether nobody can refuse it."""
        return one.critical or (not is_digest(one) and self._manner(one).statutory)

    def _manner(self, one: Delivery) -> Manner:
        template = wording.template_of(self.holding.pack, one, self.holding.pack.locales[0])
        return Manner(template.urgency, template.statutory) if template else Manner("normal")

    def note(self, one: Delivery) -> None:
        """Hear that one is being sent."""
        if one.recipient is not None and not one.critical:
            self.recent[one.recipient] = self.recent.get(one.recipient, Recent()).and_one(self.now)


def newly_opened(page: Sequence[Delivery], after: Sequence[Delivery], place: Callable[[str], int]) -> list[Delivery]:
    """The digests that something of a page is now held for, as they stand at first; they may be there already."""
    fresh = {
        one.digest: one for before, one in zip(page, after, strict=True) if one.digest not in (None, before.digest)
    }
    return [opened(one, place) for one in fresh.values() if one.state == "held"]


async def manners(digests: Digests, holding: Holding, medium: str, page: Sequence[Delivery], now: datetime) -> Manners:
    """Look at what a page of deliveries needs. The digests in it take what is held for them."""
    lists = [one for one in page if is_digest(one)]
    if own := [one.id for one in lists if one.id == one.event]:
        await digests.take(own)
    taken = await digests.taken([one.event for one in lists], SHOWN) if lists else {}
    named = sorted({one.digest for one in page if one.digest is not None and one.state == "held"})
    still_open = await digests.still_open(named) if named else frozenset()
    recipients = sorted({one.recipient for one in page if one.recipient is not None})
    recent = await digests.recent(medium, recipients, now - DAY) if recipients else {}
    return Manners(holding, now, dict(recent), taken, still_open)
