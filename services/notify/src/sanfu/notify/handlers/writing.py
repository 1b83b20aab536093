"""Writes what a delivery says, by the facts as they stand when its turn has come: its text, or why there is none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem
from sanfu.contracts.envelope import moment
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain import preferences, wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import SHOWN, Taken, is_digest, listed
from sanfu.notify.domain.outdated import outdated, said_since
from sanfu.notify.handlers.recipients import Address, Nobody, Waits
from sanfu.notify.ports import Message
from sanfu.runtime.clock import Clock
from sanfu.runtime.links import Link, Links
from sanfu.runtime.preference_links import MAILED, preferences_page
from sanfu.runtime.store import Document


def measured_with(public_url: str | None) -> Callable[[Pack], Iterator[Problem]]:
    """Make a check of a pack: that its texts were measured with an address of parties' pages as long as this one."""

    def check(pack: Pack) -> Iterator[Problem]:
        long, measured = len((public_url or "").rstrip("/")), pack.public_url_length
        if long > measured:
            message = f"an SMS may outgrow its segments: SANFU_PUBLIC_URL has {long} characters, not {measured}"
            cure = f"write public_url_length: {long}, and check the pack"
            yield Problem("pack.yaml", 0, "public_url_length", message, cure)

    return check


@dataclass(frozen=True, slots=True)
class Writer:
    """For one medium. `public_url` is where a party's own page lies, `messages_url` where messages are refused; None:
    nothing links there."""

    medium: str
    pack: Pack
    links: Links
    clock: Clock
    public_url: str | None
    messages_url: str | None

    def message(self, one: Delivery, to: Address, text: wording.Text, *, may_refuse: bool) -> Message:
        way_out = self._way_out(one, to) if self.medium == "email" and may_refuse else None
        text = self._with_way_out(text, to, way_out)
        html = wording.html(text) if self.medium == "email" else None
        return Message(
            one.id, to.to, text.subject, text.body, one.critical, one.provider, html, text.approved, text.variables,
            way_out, text.about, text.neutral,
        )  # fmt: skip

    def _way_out(self, one: Delivery, to: Address) -> str | None:
        """Give where a mail's recipient may refuse further ones; a unit's mailbox is nobody's own."""
        if self.messages_url is None or one.audience == "unit":
            return None
        who = preferences.of_user(to.users[0]) if to.users else preferences.of_delivery(one)
        until = self.clock.now() + preferences.GOOD_FOR
        contact = 0 if is_digest(one) else to.contact
        return preferences_page(self.links, self.messages_url, who, until, got_by=self.medium, contact=contact)

    def _with_way_out(self, text: wording.Text, to: Address, way_out: str | None) -> wording.Text:
        """Say it at a mail's end, too, where the city has words for that."""
        pack = self.pack
        words = pack.decency.way_out.get(wording.locale_of(pack, to.locale))
        if way_out is None or words is None:
            return text
        return replace(text, body=f"{text.body.rstrip()}\n\n{words.format_map({'link': way_out})}\n")

    def text_of(
        self, one: Delivery, to: Address, documents: Mapping[str, Document], real: datetime
    ) -> wording.Text | Waits | Nobody:
        pack, facts = self.pack, documents.get(one.subject, {}).get("facts")
        if facts is None:
            return Waits("story")  # a store put back from a backup: the story is being read
        template = wording.template_of(pack, one, to.locale or facts.get("language") or pack.locales[0])
        if template is None:
            return Nobody("no_template")
        if over := outdated(one, facts):
            return Nobody(over)
        if not template.statutory and said_since(pack, one, facts):
            return Nobody("told_already")
        late = steps.waited_enough(one, "deadline", real)
        if wording.needs_deadline(template, one) and wording.limit_of(one, facts) is None and not late:
            return Waits("deadline")
        if one.audience == "party" and facts.get("deceased"):
            return Nobody("party_deceased")
        link = self._link(one, facts, to) if wording.needs_link(template) else ""
        return link if isinstance(link, Nobody) else wording.compose(pack, template, one, facts, link)

    def list_of(
        self, digest: Delivery, to: Address, documents: Mapping[str, Document], taken: Taken
    ) -> wording.Text | Nobody:
        """Several as a list, a single one in its own words."""
        pack = self.pack
        locale = wording.locale_of(pack, to.locale)
        known = [
            (one, documents[one.subject]["facts"]) for one in taken.first if "facts" in documents.get(one.subject, {})
        ]
        told = [(one, facts) for one, facts in known if not outdated(one, facts)]  # since a first of several had it
        count = taken.count - (len(known) - len(told))
        found = [(wording.template_of(pack, one, locale), one, facts) for one, facts in told]
        whole = [(template, one, facts) for template, one, facts in found if template is not None]
        if not whole:
            return Nobody("nothing_held")
        if count == 1:
            return wording.compose(pack, *whole[0])
        lines = [wording.line(pack, *each) for each in whole[:SHOWN]]
        return listed(pack, locale, digest, count, lines)

    def _link(self, one: Delivery, facts: Mapping[str, Any], to: Address) -> str | Nobody:
        """The party's own link, to its page, for this address; none where nobody said at which address that is."""
        until = wording.link_end(one.facts)
        if self.public_url is None or one.audience != "party":
            return Nobody("no_public_url")
        if until is None:
            return Nobody("nothing_to_do")
        what = f"f{one.facts['round']}" if "link_until" in one.facts else "p"
        what += MAILED if self.medium == "email" else ""
        link = Link(facts["receipt"], what, moment(until), to.contact)
        return f"{self.public_url.rstrip('/')}/my/{self.links.token(link)}"
