"""Message templates from texts/*.yaml: each message in every language of the pack, checked word by word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sanfu.city import vocabulary as words
from sanfu.city.directory import CODE
from sanfu.city.model import Audience, Delivery, Medium, Priority, Template
from sanfu.city.placeholders import PLACEHOLDERS, REVEALING, placeholders
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
        _check(written, texts, samples)
        found += written
    for section in texts.values():
        section.done()
    entry.done()
    return found


def _check(written: Sequence[Template], texts: Mapping[str, Section], samples: Mapping[str, str]) -> None:
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
        if _filled(texts[name], first.locale, text, usable) and first.medium == "sms":
            _check_length(texts[name], first.locale, text.format_map(samples))


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


def _check_length(section: Section, locale: str, longest: str) -> None:
    room = SEGMENT_LATIN if longest.isascii() else SEGMENT_WIDE
    if len(longest) > room:
        message = f"may grow to {len(longest)} characters, more than one SMS of {room}"
        section.wrong(locale, message, "shorten it, or pay for two", fatal=False)
