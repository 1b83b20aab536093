"""Who a delivery goes to: looked up when it is sent, not before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from sanfu.notify.domain import preferences
from sanfu.notify.domain.delivery import NOWHERE, Delivery
from sanfu.notify.domain.rules import STAFF
from sanfu.notify.handlers.people import opened
from sanfu.notify.ports import Document, Stores
from sanfu.runtime.sealing import Sealer, Unsealable

log = structlog.get_logger()

GROUPS = ("webhook", "dingtalk", "wecom")
"""Media by which a unit's people hear together, of its endpoint or robot, unless somebody of them has one."""


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where it goes, in which language (None: the city's own), and, of a unit's people, to whom."""

    to: str
    locale: str | None
    users: tuple[str, ...] = ()
    contact: int = 0
    """Of a party's: the version of what desk has written down of it; 0: nothing."""
    index: str | None = None
    """What stands for it where no address may stand."""
    on_duty: tuple["Address", ...] = ()
    """Of a duty officer's: of each who is on duty there."""
    instead: tuple["Address", ...] = ()
    """Where it goes if nobody is at any of those, in this order."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Index → why: of what goes in place of others, where it was not taken before."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Not known yet: look again."""

    why: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is nobody, or no way to reach them by this medium."""

    why: str
    index: str | None = None


Found = Address | Waits | Nobody


@dataclass(frozen=True, slots=True)
class People:
    """What is known of those whom a page of deliveries is for: units and users by code, contacts by issue."""

    units: Mapping[str, Document]
    users: Mapping[str, Document]
    contacts: Mapping[str, Sequence[Document]]
    sealer: Sealer
    on_duty: Callable[[str], Sequence[str] | None] = lambda _: None
    """Who a unit's roster says is on duty now; None: it has none."""
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Recipient → the media that they refused."""

    def find(self, delivery: Delivery, *, bound: bool = False) -> Found:
        """Say where a delivery goes. One that is `bound` nobody can refuse."""
        found = self._found(delivery, bound)
        if bound or not isinstance(found, Address) or delivery.audience == "unit":
            return found
        who = preferences.of_user(found.users[0]) if found.users else preferences.of_delivery(delivery)
        return Nobody("opted_out") if self._refuses(who, delivery.medium) else found

    def _refuses(self, who: str, medium: str) -> bool:
        return medium in self.refused.get(who, ())

    def _found(self, delivery: Delivery, bound: bool) -> Found:
        if delivery.audience in STAFF:
            return self._of_unit(delivery, bound)
        found = self._of_issue(delivery)
        user = delivery.facts.get("user")
        if isinstance(found, Nobody) and found.why != "erased" and delivery.audience == "filer" and user is not None:
            return self._user(delivery, str(user))
        return found

    def _of_unit(self, delivery: Delivery, bound: bool) -> Found:
        unit = self.units.get(delivery.unit or "")
        if delivery.users:
            named = self._user(delivery, delivery.users[0])
            return self._with_their_place(named, delivery, unit) if unit is not None else named
        if unit is None:
            return Waits("directory")
        if delivery.audience == "unit":
            return _address(_reach(unit, delivery.medium), None)
        asked = self._in_capacity(delivery.unit, delivery.audience)
        willing = [
            one for one in asked if bound or not self._refuses(preferences.of_user(one["code"]), delivery.medium)
        ]
        if asked and not willing:
            return Nobody("opted_out")
        found = _of_all(turned(willing, delivery), delivery.medium) or _together(willing, delivery.medium, unit)
        if delivery.audience == "duty_officer":
            found = found or next(iter(self._in_their_place(delivery.medium, unit)), None)
            if found is None and (missing := self._rings_nowhere(delivery, asked, unit)) is not None:
                return missing
        return self._with_their_place(found or (Nobody("no_address") if asked else Waits("nobody")), delivery, unit)

    def _rings_nowhere(self, delivery: Delivery, asked: Sequence[Document], unit: Document) -> Nobody | Waits | None:
        """An emergency that rings nowhere by any medium is news, once the directory is read."""
        if delivery.instead:
            return Nobody(NOWHERE)
        if not delivery.critical or any(self._on_duty(unit, asked, medium) for medium in preferences.CONTACT_FIELDS):
            return None
        return Waits(NOWHERE)

    def _on_duty(self, unit: Document, asked: Sequence[Document], medium: str) -> bool:
        return _of_all(asked, medium) is not None or bool(self._in_their_place(medium, unit))

    def _with_their_place(self, found: Found, delivery: Delivery, unit: Document) -> Found:
        """Say with a duty officer's address who else is on duty, and where it goes if nobody is at theirs any more."""
        if delivery.audience != "duty_officer" or not isinstance(found, Address):
            return found
        medium, on_duty = delivery.medium, self._in_capacity(unit["code"], delivery.audience)
        theirs = tuple(address for one in on_duty if (address := _of_all([one], medium)))
        return replace(found, on_duty=theirs, instead=self._in_their_place(medium, unit))

    def _in_capacity(self, unit: str | None, audience: str) -> list[Document]:
        """A unit's people in one capacity, by code; of those with a duty those who are on it now."""
        there = [one for one in self.users.values() if one["unit"] == unit and one["active"]]
        asked = sorted((one for one in there if audience in one["roles"]), key=lambda one: str(one["code"]))
        roster = self.on_duty(unit or "") if audience == "duty_officer" else None
        return asked if roster is None else [one for one in asked if one["code"] in roster]

    def _in_their_place(self, medium: str, unit: Document) -> tuple[Address, ...]:
        """Where nobody on duty is reached: the unit's duty phone, else its head."""
        phone = _reach(unit, medium)
        heads = _of_all(self._in_capacity(unit["code"], "unit_head"), medium)
        return tuple(one for one in (Address(phone, None) if phone else None, heads) if one is not None)

    def _user(self, delivery: Delivery, code: str) -> Found:
        user = self.users.get(code)
        passed = {code}
        while user is not None and not user["active"] and user.get("succeeded_by") not in (None, *passed):
            passed.add(user["succeeded_by"])
            user = self.users.get(user["succeeded_by"])
        if user is None:
            return Waits("directory")
        if not user["active"]:
            return Nobody("left")
        found = _address(_reached(user, delivery.medium), user["locale"])
        return Address(found.to, found.locale, delivery.users) if isinstance(found, Address) else found

    def _of_issue(self, delivery: Delivery) -> Found:
        if delivery.contact is None:
            return Nobody("no_contact")
        records = self.contacts.get(delivery.subject, ())
        if any("erased" in record for record in records):
            return Nobody("erased")
        versions = {record["writer"]: record["version"] for record in records}
        wanted = {"intake": delivery.contact, "desk": delivery.facts.get("corrected", 0)}
        if any(versions.get(writer, 0) < version for writer, version in wanted.items()):
            return Waits("contact")
        try:
            contact = opened(self.sealer, records, delivery.audience)
        except Unsealable as error:
            log.error("contact_sealed_fast", issue=delivery.subject, why=str(error))
            return Waits("key")
        if contact and not any(contact.get(field) for field in preferences.CONTACT_FIELDS.values()):
            return Nobody(NOWHERE)
        field = preferences.CONTACT_FIELDS.get(delivery.medium, delivery.medium)
        found = _address(contact.get(field), contact.get("language"))
        return replace(found, contact=versions.get("desk", 0)) if isinstance(found, Address) else found


def _of_all(asked: Sequence[Document], medium: str) -> Address | None:
    """All of these who are reached by the medium: the first, and who they are."""
    able = [one for one in asked if _reached(one, medium)]
    if not able:
        return None
    return Address(_reached(able[0], medium) or "", able[0]["locale"], tuple(one["code"] for one in able))


def turned(asked: Sequence[Document], delivery: Delivery) -> Sequence[Document]:
    """Begin with another of them at each try that was in vain: whose number upsets a provider keeps nobody waiting."""
    first = delivery.tries % len(asked) if asked and not delivery.critical else 0
    return [*asked[first:], *asked[:first]]


def _together(asked: Sequence[Document], medium: str, unit: Document) -> Address | None:
    """Where a unit's people hear of something together: once, however many they are."""
    to = _reach(unit, medium) if asked and medium in GROUPS else None
    return Address(to, None) if to else None


async def people(
    stores: Stores, sealer: Sealer, page: Sequence[Delivery],
    on_duty: Callable[[str], Sequence[str] | None] = lambda _: None,
) -> People:  # fmt: skip
    """Read what `find` needs for these deliveries: three queries, however many there are."""
    units = sorted({d.unit for d in page if d.unit})
    codes = {code for d in page for code in (*d.users[:1], d.facts.get("user")) if code}
    issues = sorted({d.subject for d in page if d.contact is not None})
    found = await stores.directory.get([*(f"unit:{c}" for c in units), *(f"user:{c}" for c in sorted(codes))])
    while heirs := _heirs(found.values()) - {key.removeprefix("user:") for key in found}:
        more = await stores.directory.get([f"user:{code}" for code in sorted(heirs)])
        if not more:
            break
        found |= more
    records = [*found.values(), *(await stores.directory.having("unit", units) if units else ())]
    named = [preferences.of_user(r["code"]) for r in records if r.get("what") == "user"]
    named += [preferences.of_delivery(d) for d in page if d.audience not in STAFF]
    said = await stores.preferences.get(named)
    kept = await stores.contacts.get([f"{issue}/{writer}" for issue in issues for writer in ("intake", "desk")])
    contacts = {i: [kept[key] for w in ("intake", "desk") if (key := f"{i}/{w}") in kept] for i in issues}
    by_kind = {what: {r["code"]: r for r in records if r.get("what") == what} for what in ("unit", "user")}
    return People(
        by_kind["unit"], by_kind["user"], contacts, sealer, on_duty,
        {who: preferences.refused(one) for who, one in said.items()},
    )  # fmt: skip


def _heirs(records: Iterable[Document]) -> set[str]:
    """Name the accounts that go on with the work of those among these who have left."""
    left = (one for one in records if one.get("what") == "user" and not one["active"])
    return {heir for one in left if (heir := one.get("succeeded_by"))}


def _reach(unit: Document, medium: str) -> str | None:
    own: Mapping[str, Any] = unit["reach"]
    code = str(unit["code"])
    fallback = {
        "sms": unit["duty_phone"], "email": unit["mailbox"], "inbox": f"unit:{code}",
        "dingtalk": code, "wecom": code, "webhook": code,
    }  # fmt: skip
    found: str | None = own.get(medium) or fallback.get(medium)
    return found


def _reached(user: Document, medium: str) -> str | None:
    own: Mapping[str, Any] = user["reach"]
    found: str | None = own.get(medium) or (f"user:{user['code']}" if medium == "inbox" else None)
    return found


def _address(to: str | None, locale: str | None) -> Address | Nobody:
    return Address(to, locale) if to else Nobody("no_address")
