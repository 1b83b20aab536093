"""Message templates from texts/*.yaml: each message in every language of the pack, checked word by word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sanfu.city import vocabulary as words
from sanfu.city.directory import CODE
from sanfu.city.model import Audience, Delivery, Medium, Priority, Template
from sanfu.city.placeholders import LINK, PLACEHOLDERS, REVEALING, placeholders
from sanfu.city.quantities import minutes
from sanfu.city.reading import Section

AUDIENCES: tuple[Audience, ...] = (
    "party", "filer", "unit", "officer", "unit_head", "duty_officer", "leader",
)  # fmt: skip
MEDIA: tuple[Medium, ...] = ("sms", "email")
DELIVERIES: tuple[Delivery, ...] = ("at_most_once", "at_least_once")
PRIORITIES: tuple[Priority, ...] = ("normal", "critical")
SEGMENT_WIDE, SEGMENT_LATIN = 70, 160
"""Characters of one SMS: with any character outside ASCII, and without."""
HEADER_WIDE, HEADER_LATIN = 3, 7
"""Characters that each loses where it is one of several."""


Examples = Mapping[str, Mapping[str, str]]
"""Locale → placeholder → an example at its longest."""


def templates(documents: Iterable[Section], examples: Examples) -> tuple[Template, ...]:
    """Read every message, in every locale that has examples."""
    found: list[Template] = []
    ids: set[str] = set()
    for document in documents:
        for entry in document.sections("messages"):
            message_id = entry.text("id")
            if not CODE.fullmatch(message_id):
                entry.wrong("id", f"{message_id!r} is no code", "write 2 to 40 characters of [a-z0-9-]")
            if message_id in ids:
                entry.wrong("id", f"{message_id!r} is there twice", "rename one of them")
            ids.add(message_id)
            found += _message(message_id, entry, examples)
        document.done()
    return tuple(found)


def _message(message_id: str, entry: Section, examples: Examples) -> list[Template]:
    texts = {name: entry.section(name) for name in ("subject", "body", "neutral")}
    named = entry.known("event", words.EVENTS, "event", required=True)
    events = [words.wire_type(event) for event in named if event in words.EVENTS]
    medium = entry.choice("medium", MEDIA)
    segments = entry.parsed("segments", _few, 1)
    common = Template(
        id=message_id,
        locale="",
        event="",
        where=entry.section("where").conditions(),
        audience=entry.choice("audience", AUDIENCES),
        medium=medium,
        subject=None,
        body="",
        neutral="",
        delivery=entry.choice("delivery", DELIVERIES),
        useful_for=entry.parsed("useful_for", minutes, 24 * 60),
        urgency=entry.choice("urgency", PRIORITIES, "normal"),
    )
    found = []
    for locale, samples in examples.items():
        subject = texts["subject"].text(locale) if medium == "email" else None
        body, neutral = texts["body"].text(locale), texts["neutral"].text(locale)
        written = [replace(common, locale=locale, event=e, subject=subject, body=body, neutral=neutral) for e in events]
        _check(written, texts, samples, segments)
        found += written
    for section in texts.values():
        section.done()
    entry.done()
    return found


def _check(
    written: Sequence[Template], texts: Mapping[str, Section], samples: Mapping[str, str], segments: int
) -> None:
    """Check one message in one language, which several events may have in common."""
    if not written:
        return
    first, allowed = written[0], [PLACEHOLDERS.get(template.event, frozenset()) for template in written]
    if not all(allowed):
        texts["body"].wrong(first.locale, "nobody is told of this event", "choose an event that has placeholders")
        return
    common = frozenset.intersection(*allowed)
    for name, text in {"subject": first.subject or "", "body": first.body, "neutral": first.neutral}.items():
        usable = common if name == "body" else common - REVEALING
        usable = usable if first.audience == "party" and name != "subject" else usable - {LINK}
        if _filled(texts[name], first.locale, text, usable) and first.medium == "sms":
            _check_length(texts[name], first.locale, text.format_map(samples), segments)


def _filled(section: Section, locale: str, text: str, usable: frozenset[str]) -> bool:
    """Tell whether the text's placeholders are all usable here; what is wrong is noted."""
    try:
        unknown = placeholders(text) - usable
    except ValueError as error:
        section.wrong(locale, "has a placeholder that can't be read", str(error))
        return False
    for name in sorted(unknown):
        why = "would reveal what is confidential" if name in REVEALING else "is not known for this event"
        section.wrong(locale, f"the placeholder {{{name}}} {why}", f"use only: {', '.join(sorted(usable))}")
    return not unknown


def _check_length(section: Section, locale: str, longest: str, segments: int) -> None:
    room = SEGMENT_LATIN if longest.isascii() else SEGMENT_WIDE
    if segments > 1:
        room = (room - HEADER_LATIN if longest.isascii() else room - HEADER_WIDE) * segments
    if len(longest) > room:
        message = f"may grow to {len(longest)} characters, more than {segments} SMS of {room} together"
        section.wrong(locale, message, f"shorten it, or pay for more: `segments: {segments + 1}`", fatal=False)


def _few(text: str) -> int:
    if text not in {"1", "2", "3"}:
        raise ValueError("write how many SMS it may take: 1, 2 or 3")
    return int(text)
