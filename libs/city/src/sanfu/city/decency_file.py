"""`telling.yaml`: with what decency people are told. A pack may do without it: then nothing waits."""

from collections.abc import Sequence

from sanfu.city import vocabulary as words
from sanfu.city.decency import Decency, ListTexts
from sanfu.city.messages import MEDIA
from sanfu.city.model.who import Localised
from sanfu.city.placeholders import placeholders
from sanfu.city.quantities import minutes, span_of_hours, time_of_day, whole
from sanfu.city.reading import Section
from sanfu.city.segments import fits, length, room

FILE = "telling.yaml"
CAPPED = ("party", "staff")
MOST_GATHERED = 24 * 60
MOST_LISTED = 9999
"""What a list counts to, where its words are measured."""
_WORDS = {"subject": {"city", "count"}, "head": {"city", "count"}, "more": {"more"}}


def decency(section: Section, city: Localised) -> Decency:
    """Read the file of a city of this name; every mistake in it becomes a problem of its own. A pack may do without
    words for lists of who is outside: these are headed by the city's name."""
    locales = tuple(city)
    quiet, off, outside = section.section("quiet"), section.section("day_off"), section.section("lists_outside")
    read = Decency(
        quiet=quiet.parsed("hours", span_of_hours, None),
        quiet_media=quiet.known("media", MEDIA, "medium", required=bool(quiet.names)),
        day_off_events=frozenset(map(words.wire_type, _events(off))),
        day_off_media=off.known("media", MEDIA, "medium", required=bool(off.names)),
        morning=off.parsed("until", time_of_day, 0),
        gather=section.parsed("gather", _gathered, 0),
        digest_at=tuple(_times(section, "digest")),
        caps={who: caps.parsed(who, whole(1, 10_000), 0) for caps in [section.section("caps")] for who in caps.names},
        way_out=_way_out(section.section("way_out"), locales),
        lists=_lists(section.section("lists"), city),
        outside=_lists(outside, city) if outside.names else {},
    )
    _caps(section.section("caps"))
    for part, key in ((quiet, "hours"), (off, "until")):
        if part.names and not part.raw(key):
            part.wrong(key, "is missing", f"add {key}")
        part.done()
    if (read.gather or read.caps) and not read.digest_at:
        section.wrong("digest", "is missing", 'say when what waits is told, as in digest: ["08:30", "14:00"]')
    section.done()
    return read


def _events(section: Section) -> list[str]:
    named = section.known("events", words.EVENTS, "event", required=bool(section.names))
    return [event for event in named if event in words.EVENTS]


def _gathered(text: str) -> int:
    found = minutes(text)
    if found > MOST_GATHERED:
        raise ValueError("write a day at most")
    return found


def _times(section: Section, key: str) -> list[int]:
    found = list[int]()
    for text in section.raw(key):
        try:
            found.append(time_of_day(text))
        except ValueError as error:
            section.wrong(key, f"{text!r} can't be read", str(error))
    return sorted(found)


def _caps(section: Section) -> None:
    for who in section.names:
        section.raw(who)
        if who not in CAPPED:
            section.wrong(who, f"nobody is called {who!r} here", f"write {' or '.join(CAPPED)}")
    section.done()


def _way_out(section: Section, locales: Sequence[str]) -> dict[str, str]:
    """The pack may have none: then mails say nothing of it."""
    found = {locale: _text(section, locale, {"link"}) for locale in locales} if section.names else {}
    section.done()
    return found


def _lists(section: Section, city: Localised) -> dict[str, ListTexts]:
    """Every word round a list, in every language."""
    parts = {name: section.section(name) for name in _WORDS}
    approved = {locale: section.section("approved").section(locale) for locale in city}
    found = {}
    for locale, name in city.items():
        subject, head, more = (_text(parts[name], locale, usable) for name, usable in _WORDS.items())
        codes = {name: approved[locale].text(name) for name in approved[locale].names}
        found[locale] = ListTexts(subject, head, more, codes)
        _leaves_room(parts["head"], locale, found[locale], name)
    for part in (*parts.values(), *approved.values()):
        part.done()
    section.done()
    return found


def _leaves_room(section: Section, locale: str, words: ListTexts, city: str) -> None:
    """Check that a list by SMS has room for what it lists: the words round it fill one of its three at most."""
    counts = {"city": city, "count": MOST_LISTED, "more": MOST_LISTED}
    whole = f"{words.head.format_map(counts)}\n{words.more.format_map(counts)}"
    if not fits(whole, 1):
        message = f"may grow, with `more`, to {length(whole)} characters, more than the {room(whole, 1)} of an SMS"
        section.wrong(locale, message, "shorten one of the two")


def _text(section: Section, locale: str, usable: set[str]) -> str:
    text = section.text(locale)
    try:
        unknown = placeholders(text) - usable
    except ValueError as error:
        section.wrong(locale, "has a placeholder that can't be read", str(error))
        return ""
    for name in sorted(unknown):
        section.wrong(locale, f"the placeholder {{{name}}} is not known here", f"use only: {', '.join(sorted(usable))}")
    return "" if unknown else text
