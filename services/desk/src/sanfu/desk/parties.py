"""What a party does at the desk: it comes in by a signed link, or by number and phone, to its own case and no other."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts.recipients import outside
from sanfu.desk.contacts import SLOW, known, opened
from sanfu.desk.domain.deeds.correcting import corrections
from sanfu.desk.domain.rules import DeskRules
from sanfu.desk.domain.scope import of_party
from sanfu.desk.domain.secrecy import no_keys
from sanfu.desk.entry import Entry
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.runtime.links import Link, Links
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.preference_links import party_link_got_by, preferences_page
from sanfu.runtime.rules import Actor, Command, Refusal

PARTY: Final = Actor("party", "party")
VISIT: Final = timedelta(minutes=30)
"""How long one who came by number and phone stays in: a visit."""
NOTHING: Final[Mapping[str, Any]] = {"text": None, "issue": None, "reason": None, "asked_to": False}
COMMANDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "rate": {"resolved": "no", "satisfied": None, "reason": None},
    "remind": NOTHING,
    "request_reopen": NOTHING,
    "ask_review": NOTHING,
    "object": NOTHING,
    "withdraw": NOTHING,
}
"""What a party may do, in the order in which it is offered, and the least that it then says."""


@dataclass(frozen=True, slots=True)
class Parties:
    """`links` None: there is no key ring, nothing can be signed, and no party comes in. `intake_url`: where a party's
    browser finds intake, without a slash; `messages_url`: where it finds notify."""

    desk: Desk
    links: Links | None
    entry: Entry
    rules: Callable[[Pack], DeskRules]
    intake_url: str | None = None
    messages_url: str | None = None

    async def enter(self, number: str, digits: str, address: str) -> str:
        """Return the token of a visit. Raises Refusal: 401 if number and digits don't fit, 429 if one has to wait."""
        if self.links is None or self.desk.sealer is None:
            raise no_keys()
        case = await self.desk.numbered(number)
        number = case["receipt"] if case else "".join(number.split()).upper()
        noted = await self.entry.try_number(number, address)
        boxes = await self.desk.shelves.contacts.having("issue", case["_id"] if case else "")
        if case and not known(boxes, corrections(case)):
            raise Unavailable(SLOW)
        party = opened(self.desk.sealer, boxes, {"party"})["party"] or {}
        phone = "".join(digit for digit in str(party.get("phone") or "") if digit.isdecimal())
        right = hmac.compare_digest(phone[-4:].encode(), digits.strip().encode("utf-8", "replace"))
        if case is None or len(phone) < 4 or not right:
            raise Refusal(401, "not-the-party", "The number and the last four digits of the phone do not fit.")
        await self.entry.was_right(noted)
        return self.links.token(Link(number, "t", self.desk.clock.now() + VISIT, corrections(case)))

    async def case(self, token: str) -> Document:
        """Return the case that a link opens. Raises Refusal 404 for one that nobody made, that has ended, or that went
        to where the party is not reached."""
        link = self._read(token)
        found = await self.desk.cases.numbered(link.number) if link else None
        if link is None or found is None or link.contact != corrections(found):
            raise Refusal(404, "link-unknown", "This link is not valid, or no longer.")
        return found

    async def say(self, token: str, command: str, said: Mapping[str, Any], key: str) -> None:
        """Do a command in the party's name. Raises Refusal, Unavailable."""
        case = await self.case(token)
        await self.desk.command(case["_id"], command, said, actor=PARTY, scope=of_party(case["receipt"]), key=key)

    def preferences(self, case: Document, token: str) -> str | None:
        """Return where this party says by what it would rather not be told, for as long as a visit: who left no mail
        address is sent no other link there. It proves no more than the link by which the party came in."""
        link = self._read(token)
        if self.links is None or self.messages_url is None or link is None:
            return None
        return preferences_page(
            self.links, self.messages_url, outside("party", case["_id"]), self.desk.clock.now() + VISIT,
            got_by=party_link_got_by(link), contact=link.contact,
        )  # fmt: skip

    def _read(self, token: str) -> Link | None:
        return self.links.read(token, self.desk.clock.now()) if self.links else None

    def possible(self, case: Document) -> list[str]:
        """Name what the party can do now: whatever would not be refused."""
        return [command for command, said in COMMANDS.items() if self._would_do(case, command, said)]

    def _would_do(self, case: Document, command: str, said: Mapping[str, Any]) -> bool:
        given = Command(command, {"said": said, "scope": of_party(case["receipt"])}, PARTY, "")
        try:
            self.rules(self.desk.city.pack).decide(case, given, self.desk.clock.now())
        except Refusal:
            return False
        return True
