"""`open311.yaml`: what the city shows and takes over Open311. A pack may do without it."""

from collections.abc import Mapping, Sequence
from datetime import date

from sanfu.city import vocabulary as words
from sanfu.city.endings import used
from sanfu.city.model.what import Category, Channel
from sanfu.city.model.who import Localised, Town
from sanfu.city.open311 import FINER, SHOWN, STATES, WORDS, Open311, State
from sanfu.city.problems import nearest
from sanfu.city.reading import Section

FILE = "open311.yaml"
CLOSINGS = (
    *("resolved", "explained", "planned", "other_route", "unverifiable"),
    *("withdrawn", "answered", "refused", "merged", "incomplete"),
)


def open311(
    section: Section,
    *,
    channels: Mapping[str, Channel],
    categories: Mapping[str, Category],
    towns: Mapping[str, Town],
    notices: Mapping[str, Localised],
    locales: Sequence[str],
    today: date,
) -> Open311:
    """Read the file; every mistake in it becomes a problem of its own."""
    channel = section.one_known("channel", channels, "channel", required=True) or ""
    if channel in channels and not channels[channel].keyed:
        section.wrong("channel", f"{channel!r} has no keys", "name a channel with keyed: yes")
    reasons = [key.removeprefix("refusal.") for key in notices if key.startswith("refusal.")]
    known = (*STATES, *(f"closed.{kind}" for kind in CLOSINGS), *(f"refused.{reason}" for reason in reasons))
    audiences = channels[channel].audiences if channel in channels else words.AUDIENCES
    fitting = [code for code, category in categories.items() if category.audience in audiences]
    read = Open311(
        channel=channel,
        jurisdictions=_jurisdictions(section.section("jurisdictions"), towns),
        changeset=section.text("changeset"),
        contact=section.section("contact").localised(locales),
        key_service=section.section("key_service").localised(locales),
        receipt=section.section("receipt").localised(locales),
        services=section.known("services", fitting, f"category for {' or '.join(audiences)}", required=True),
        homes=frozenset(section.known("homes", categories, "category")),
        groups=_groups(section.section("groups"), audiences, locales),
        states=_states(section.section("states"), known, locales),
        known=known,
    )
    used(section, "services", read.services, categories, today)
    section.done()
    return read


def _jurisdictions(section: Section, towns: Mapping[str, Town]) -> dict[str, str | None]:
    found = dict[str, str | None]()
    for name, part in section.named():
        found[name] = part.one_known("town", towns, "town")
        part.done()
    if not found:
        section.findings.add(section.place, "names no jurisdiction", "add one, such as city.example: {}")
    return found


def _groups(section: Section, audiences: Sequence[str], locales: Sequence[str]) -> dict[str, Localised]:
    found: dict[str, Localised] = {audience: section.section(audience).localised(locales) for audience in audiences}
    section.done()
    return found


def _states(section: Section, known: Sequence[str], locales: Sequence[str]) -> dict[str, State]:
    found = dict[str, State]()
    for key, part in section.named():
        if key not in known:
            section.wrong(key, f"there is no state {key!r}", nearest(key, known))
        found[key] = _state(part, locales)
    for key in STATES:
        if key not in found:
            section.wrong(key, "is missing", f"add {key}, and further lines for a part of {' or '.join(FINER)}")
            found[key] = State("unlisted", "", {})
    return found


def _state(section: Section, locales: Sequence[str]) -> State:
    status = section.choice("status", SHOWN)
    listed = status != "unlisted"
    state = State(
        status,
        section.choice("word", WORDS, status.upper()) if listed else "",
        section.section("note").localised(locales) if listed else {},
    )
    section.done()
    return state
