"""Lists of what was held, of one issue or several: which of it is still to be told, and, of those outside, where.

Whose address that is notify doesn't know: each issue has its own party, who may have been corrected, erased or have
refused since. So a list goes by what its messages find today, and only once all that it took are to go there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import preferences, wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import SIFTED, is_digest, is_outside
from sanfu.notify.domain.heirs import passed_on
from sanfu.notify.domain.outdated import outdated, said_since
from sanfu.notify.handlers.manners import Manners
from sanfu.notify.handlers.recipients import Address, Found, Nobody
from sanfu.notify.ports import Digests

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sifted:
    """`found`: where a list goes. `changed`: what it took and is not told with it, at its end or let go; then the list
    waits for the next turn."""

    found: Found
    changed: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Sieve:
    """What is known of the messages in the lists of a page."""

    pack: Pack
    found: Mapping[str, Found]
    facts: Mapping[str, Facts]
    now: datetime
    real: datetime

    def of(self, digest: Delivery, members: Sequence[Delivery]) -> Sifted:
        """Sift what a list took. Where a list for staff goes is not asked of its messages; what another unit goes on
        with leaves it."""
        if not is_outside(digest):
            return self._of_staff(digest, members)
        looked = [(one, self._without(digest, one)) for one in members]
        changed = [after for _, after in looked if after is not None]
        told = next((one for one, after in looked if after is None), None)
        return Sifted(Nobody("nothing_held") if told is None else self._address(told), changed)

    def _of_staff(self, digest: Delivery, members: Sequence[Delivery]) -> Sifted:
        changed = []
        for one in members:
            facts = self.facts.get(one.subject, {})
            if why := outdated(one, facts):
                changed.append(steps.end(replace(one, digest=None), "skipped", why, self.real))
            elif heir := passed_on(one, facts):
                changed.append(heir)
        return Sifted(self.found[digest.id] if members else Nobody("nothing_held"), changed)

    def _address(self, one: Delivery) -> Found:
        found = self.found[one.id]
        language = self.facts[one.subject].get("language")
        return replace(found, locale=found.locale or language) if isinstance(found, Address) else found

    def _without(self, digest: Delivery, one: Delivery) -> Delivery | None:
        """What becomes of one that is not told with the list; None: it is."""
        found, facts, alone = self.found[one.id], self.facts.get(one.subject), replace(one, digest=None)
        if facts is None or not isinstance(found, Address) or found.index != digest.reached:
            return steps.released(one)
        if over := self._over(one, facts):
            return steps.end(alone, "skipped", over, self.real)
        kept = steps.stale(alone, self.now, self.real)
        return None if kept is alone else kept

    def _over(self, one: Delivery, facts: Facts) -> str | None:
        if wording.template_of(self.pack, one, self.pack.locales[0]) is None:
            return "no_template"
        if said_since(self.pack, one, facts):
            return "told_already"
        return "party_deceased" if one.audience == "party" and facts.get("deceased") else outdated(one, facts)


def lists_to_sift(page: Sequence[Delivery]) -> list[Delivery]:
    """The lists of a page whose messages are looked at anew; a copy for a further person changes none of them."""
    return [one for one in page if is_digest(one) and (is_outside(one) or one.id == one.event)]


def lists_outside(page: Sequence[Delivery]) -> list[Delivery]:
    """The lists of a page that are for addresses outside."""
    return [one for one in page if is_digest(one) and is_outside(one)]


async def whom(digests: Digests, digest: str) -> list[str]:
    """For whom a list's messages were, as preferences know them."""
    taken = await digests.taken([digest], SIFTED)
    return sorted({preferences.of_delivery(one) for one in taken[digest].first})


def taken_outside(page: Sequence[Delivery], decently: Manners) -> list[Delivery]:
    """What these took, as far as it is looked at."""
    return [one for digest in lists_outside(page) for one in decently.taken[digest.event].first]
