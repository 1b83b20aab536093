"""Accounts: who may come in, and what they were given beside what the pack's staff list gives them. Pure.

An account is a record of desk's own, laid over the staff list: a field it does not hold is the list's. Its document:

- `_id`, `version`, `kind` (person | system), `name`, `unit`, `locale`, `email`, `phone`, `subject` (at the provider),
  `active`, `until` (the instant it leaves)
- `grants`: given here, each with an id; `stands_in`: for whom, from when until when. Neither is ever deleted, it ends
- `password`, `initial` (it must be changed), `token` (its digest), `token_until`
- `last`: the change that made this version, as the audit keeps it
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.people import derived
from sanfu.desk.domain.scope import CASELESS, LEVELS, SEALED, Grant, Viewer

Document = Mapping[str, Any]

PERSON: Final = "person"
SYSTEM: Final = "system"
OF_UNITS: Final = frozenset({"officer", "unit_head", "duty_officer", "liaison", "window_agent"})
"""Roles that stand for a unit: a grant of one names its unit, or an area to look at."""


@dataclass(frozen=True, slots=True)
class Account:
    """A record laid over the staff list."""

    id: str
    kind: str
    name: str
    unit: str
    locale: str
    roles: tuple[str, ...]
    active: bool
    until: datetime | None
    record: Document
    since: datetime | None = None
    inherited: tuple[Document, ...] = ()
    """The posts that it goes on with by the staff list, each as a substitution without an end."""

    def works(self, now: datetime) -> bool:
        """Tell whether it may come in."""
        begun = self.since is None or self.since <= now
        return self.active and begun and (self.until is None or now < self.until)

    @property
    def stands_in(self) -> tuple[Document, ...]:
        """For whom it stands in, from when until when: by the staff list, and by what was said here."""
        return (*self.inherited, *self.record.get("stands_in", ()))


Inheritances = Mapping[str, Sequence[Document]]


def account(id: str, record: Document | None, pack: Pack, inherited: Inheritances | None = None) -> Account | None:
    """Lay a record over the staff list; None for somebody whom neither knows. `inherited`: of many, once for all."""
    staff, own = pack.staff.get(id), record or {}
    if staff is None and not own.get("unit"):
        return None
    kind = own.get("kind", PERSON)
    return Account(
        id, kind,
        own.get("name") or (staff.name if staff else id),
        own.get("unit") or (staff.unit if staff else ""),
        own.get("locale") or (staff.locale if staff else "zh"),
        (staff.roles if staff else ()) if kind == PERSON else ("unit_system",),
        own.get("active", True) and (staff is None or staff.active),
        _earlier(_moment(own.get("until")), pack.begins(staff.valid_to) if staff and staff.valid_to else None), own,
        pack.begins(staff.valid_from) if staff and staff.valid_from else None,
        tuple((inheritances(pack) if inherited is None else inherited).get(id, ())),
    )  # fmt: skip


def inheritances(pack: Pack) -> Inheritances:
    """Give each post a term for every one that ended and it goes on with, at once or as a successor's successor."""
    found: dict[str, list[Document]] = {}
    for former, post in pack.staff.items():
        since, at = post.valid_to, post
        while since and at.valid_to and at.succeeded_by:
            since, heir = max(since, at.valid_to), at.succeeded_by
            term = {"id": f"{heir}:post:{former}", "for": former, "since": instant(pack.begins(since)), "until": None}
            found.setdefault(heir, []).append({**term, "why": "post"})
            at = pack.staff[heir]
    return found


def everybody(records: Mapping[str, Document], pack: Pack) -> list[Account]:
    """Return all accounts by id: those of the staff list, and those made here."""
    inherited = inheritances(pack)
    found = [account(id, records.get(id), pack, inherited) for id in sorted({*pack.staff, *records})]
    return [one for one in found if one is not None]


def own_grants(of: Account, pack: Pack) -> tuple[Grant, ...]:
    """Return what somebody holds themselves: by the staff list, and given here."""
    return (*derived(of.id, of.unit, of.roles, pack), *(given(each) for each in of.record.get("grants", ())))


def substitutions(of: Account, now: datetime) -> list[Document]:
    """Return the substitutions in which somebody stands in for another at this instant."""
    return [each for each in of.stands_in if _lasts(each, now)]


def borrowed(of: Account, term: Document, pack: Pack) -> tuple[Grant, ...]:
    """Return what somebody's substitute holds for them, while it lasts. What lets them keep accounts stays theirs."""
    since, until = _moment(term["since"]), _moment(term["until"])
    return tuple(
        Grant(
            held.role, held.unit, held.town, held.audiences, held.channels, held.ceiling,
            _later(held.since, since), _earlier(held.until, until), held.raised_by, held.filer,
            need=held.need, standing_for=of.id, standing_in=of.unit,
        )
        for held in own_grants(of, pack) if held.role not in CASELESS
    )  # fmt: skip


def viewer(of: Account, stood_for: Mapping[str, Account], pack: Pack, now: datetime) -> Viewer:
    """See an account as the rules do. `stood_for`: those for whom it stands in now, by id."""
    terms = [term for term in substitutions(of, now) if term["for"] in stood_for]
    lent = [grant for term in terms for grant in borrowed(stood_for[term["for"]], term, pack)]
    return Viewer(of.id, of.unit, (*own_grants(of, pack), *lent))


def days(pack: Pack) -> Iterator[datetime]:
    """Give the instants at which posts of the staff list begin or end."""
    dates = {day for post in pack.staff.values() for day in (post.valid_from, post.valid_to) if day}
    yield from map(pack.begins, dates)


def boundaries(record: Document) -> Iterator[datetime]:
    """Give the instants at which what an account is, holds or stands in for begins or ends, by its record."""
    terms = [*record.get("grants", ()), *record.get("stands_in", ())]
    instants = [record.get("until"), *(term.get(end) for term in terms for end in ("since", "until"))]
    yield from (moment(at) for at in instants if at is not None)


def posts(of: Account, all: Mapping[str, Account], now: datetime) -> tuple[str, ...]:
    """Return the roles in which somebody is to be told of what concerns their unit, at this instant: their own, those
    given to them here, and those of a colleague for whom they stand in."""
    away = [all[term["for"]] for term in substitutions(of, now) if term["for"] in all]
    lent = [role for one in away if one.unit == of.unit for role in _own_posts(one, now)]
    return tuple(dict.fromkeys([*_own_posts(of, now), *lent]))


def _own_posts(of: Account, now: datetime) -> Iterator[str]:
    yield from of.roles
    for one in map(given, of.record.get("grants", ())):
        if one.in_force(now) and one.unit in (None, of.unit) and one.town is None and one.raised_by is None:
            yield one.role


def given(grant: Document) -> Grant:
    """Read a grant as it is kept."""
    return Grant(
        grant["role"], grant["unit"], grant["town"], _some(grant["audiences"]), _some(grant["channels"]),
        grant["ceiling"], _moment(grant["since"]), _moment(grant["until"]), grant["raised_by"],
    )  # fmt: skip


def unfit(grant: Document, pack: Pack) -> tuple[str, str] | None:
    """Say what is wrong with a grant that is to be given: the field, and what would be right."""
    role, unit, town = grant["role"], grant["unit"], grant["town"]
    places = [place for place in (unit, town, grant["raised_by"]) if place is not None]
    if len(places) > 1:
        return "town", "one of unit, town, raised_by"
    if unknown := [field for field in ("unit", "raised_by") if grant[field] and grant[field] not in pack.units]:
        return unknown[0], "a unit of the city"
    if town is not None and town not in pack.towns:
        return "town", "a town of the city"
    if (grant["ceiling"] == SEALED) != (role == "discipline_liaison"):
        return "ceiling", "`sealed` for a discipline liaison, and for nobody else"
    if grant["ceiling"] != SEALED and grant["ceiling"] not in LEVELS:
        return "ceiling", f"one of {', '.join(LEVELS)}"
    if role in OF_UNITS and not places:
        return "unit", f"the unit or area of this {role}"
    return _unknown_codes(grant, pack) or _backwards(grant)


def _unknown_codes(grant: Document, pack: Pack) -> tuple[str, str] | None:
    if unknown := set(grant["channels"] or ()) - set(pack.channels):
        return "channels", f"codes of the city's channels, not {', '.join(sorted(unknown))}"
    return None


def _backwards(term: Document) -> tuple[str, str] | None:
    if term["since"] and term["until"] and term["until"] <= term["since"]:
        return "until", "an instant after `since`"
    return None


def _lasts(term: Document, now: datetime) -> bool:
    since, until = _moment(term["since"]), _moment(term["until"])
    return (since is None or since <= now) and (until is None or now < until)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _some(codes: list[str] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
