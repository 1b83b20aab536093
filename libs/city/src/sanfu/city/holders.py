"""Who holds a role of a unit, and which messages and rungs of a ladder reach nobody because no one does."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from sanfu.city.model.clocks import Clock, Rung
from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem
from sanfu.city.succession import in_its_place, there
from sanfu.city.vocabulary import wire_type

Held = Collection[tuple[str, str]]
"""(unit, role): somebody of the unit acts in it."""

LEADING = ("department", "vertical", "company", "party", "town", "section")
"""Kinds of unit that may be given the lead of any issue; of the others, external ones apart, those that the pack's
tables give it by name."""
SHOWN = 5
"""Units that a remark names."""
_ROLES = ("officer", "unit_head", "duty_officer", "supervisor", "leader")
"""Audiences that are roles of a unit."""
_CLIMBED = wire_type("EscalationRaised")
_OWED = (
    ("IssueSubmitted", "party"), ("IssueRefused", "party"), ("IssueClosed", "party"), ("IssueAssigned", "unit"),
    ("IssueAssigned", "duty_officer"), ("LightChanged", "officer"), ("LightChanged", "unit_head"),
)  # fmt: skip
"""Whom a city has to tell of what."""


def held(pack: Pack, today: date) -> Held:
    """Return which roles somebody acts in: of a post that is no more, its successor, if of the same unit."""
    found = set[tuple[str, str]]()
    for one in pack.staff.values():
        heir = pack.staff.get(in_its_place(pack.staff, one.id, today) or "")
        if one.active and heir is not None and heir.active and heir.unit == one.unit:
            found.update((one.unit, role) for role in one.roles)
    return found


def nobody_told(pack: Pack, known: Held, today: date) -> Iterator[Problem]:
    """Remark on whom messages are written for and who is not there: one remark for each role, and each rung."""
    leads = _leads(pack, today)
    yield from _owed(pack)
    yield from _roles(pack, known, leads)
    yield from _addresses(pack, leads)
    yield from _rungs(pack, known, leads)


def _owed(pack: Pack) -> Iterator[Problem]:
    told = {(one.event, one.audience) for one in pack.templates}
    for event, audience in _OWED:
        if (wire_type(event), audience) not in told:
            message, cure = f"no message tells the {audience} of {event}", f"add one to the audience {audience}"
            yield Problem("texts/", 0, event, message, cure, fatal=False)


def _leads(pack: Pack, today: date) -> list[str]:
    """Units that may be given the lead or a task, in the table's order."""
    named = {pack.fallback_unit, pack.emergency_unit, pack.office_unit}
    named |= {rule.unit for rule in pack.rules if rule.active and rule.unit}
    for category in there(pack.categories, today).values():
        named |= {category.default_unit, *category.assist_units}
    units = there(pack.units, today)
    return [code for code, unit in units.items() if unit.kind in LEADING or (code in named and unit.kind != "external")]


def _roles(pack: Pack, known: Held, leads: Iterable[str]) -> Iterator[Problem]:
    """A leader is told by a rung, or as the one who sponsors: of no unit that has to be looked through."""
    asked: dict[str, dict[str, None]] = {role: {} for role in _ROLES}
    for one in pack.templates:
        if one.audience in asked and (one.unit or one.audience != "leader"):
            asked[one.audience].update(dict.fromkeys([one.unit] if one.unit else leads))
    alarmed = {pack.emergency_unit, *pack.towns}  # of whom nobody may be missing at all: remarked on by itself
    for role, units in asked.items():
        missing = [code for code in units if not _reached(pack, known, code, role)]
        if role == "duty_officer":
            missing = [code for code in missing if code not in alarmed]
        if missing:
            message = f"messages to the {role} reach nobody in {_counted(missing)}"
            cure = f"add people of these units with the role {role}"
            yield Problem("staff.csv", 0, "roles", message, cure, fatal=False)


def _reached(pack: Pack, known: Held, unit: str, role: str) -> bool:
    """Tell whether somebody hears. For who is on duty the unit's duty phone stands in, or its head."""
    if (unit, role) in known:
        return True
    return role == "duty_officer" and (bool(pack.units[unit].duty_phone) or (unit, "unit_head") in known)


def _addresses(pack: Pack, leads: Collection[str]) -> Iterator[Problem]:
    """What is told to a unit as such goes to its duty phone or mailbox."""
    media = {one.medium for one in pack.templates if one.audience == "unit"}
    for medium, column in (("sms", "duty_phone"), ("email", "mailbox")):
        missing = [code for code in leads if medium in media and not getattr(pack.units[code], column)]
        if missing:
            message = f"messages to a unit by {medium} reach nobody in {_counted(missing)}"
            yield Problem("units.csv", 0, column, message, f"write their {column}", fatal=False)


def _rungs(pack: Pack, known: Held, leads: Iterable[str]) -> Iterator[Problem]:
    for clock in pack.policy.clocks.values():
        for number, rung in enumerate(clock.ladder, 1):
            key = f"clocks.{clock.code}.ladder[{number}]"
            if not _told_of(pack, clock, rung):
                message = f"no message tells the {rung.role} of this rung"
                cure = f"add one to texts/: EscalationRaised to the audience {rung.role}"
                yield Problem("policy.yaml", 0, key, message, cure, fatal=False)
            missing = [code for code in _of_rung(pack, leads, rung) if not _reached(pack, known, code, rung.role)]
            if missing:
                message = f"this rung reaches no {rung.role} in {_counted(missing)}"
                cure = f"add people with the role {rung.role} to staff.csv, or name another unit or role"
                yield Problem("policy.yaml", 0, key, message, cure, fatal=False)


def _told_of(pack: Pack, clock: Clock, rung: Rung) -> bool:
    """Tell whether some message is for whoever the rung names."""
    told = (one for one in pack.templates if one.event == _CLIMBED and one.audience == rung.role)
    return any(one.may_tell({"to_role": rung.role, "clock": clock.code}) for one in told)


def _of_rung(pack: Pack, leads: Iterable[str], rung: Rung) -> Iterable[str]:
    match rung.unit:
        case "@lead":
            return leads
        case "@office":
            return [pack.office_unit]
        case "@group":
            return dict.fromkeys(pack.audience_groups.values())
    return [rung.unit]


def _counted(codes: Collection[str]) -> str:
    shown = ", ".join([*codes][:SHOWN])
    return f"{len(codes)} unit{'s' if len(codes) > 1 else ''}: {shown}{', …' if len(codes) > SHOWN else ''}"
