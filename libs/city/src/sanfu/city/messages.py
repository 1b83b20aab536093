"""Message templates from texts/*.yaml: each message in every language of the pack, checked word by word."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sanfu.city import vocabulary as words
from sanfu.city.directory import CODE
from sanfu.city.model import Audience, Delivery, Medium, Priority, Template
from sanfu.city.placeholders import EXAMPLES, PLACEHOLDERS, REVEALING, placeholders
from sanfu.city.quantities import minutes
from sanfu.city.reading import Section

AUDIENCES: tuple[Audience, ...] = ("party", "filer", "unit", "officer", "unit_head", "duty_officer")
MEDIA: tuple[Medium, ...] = ("sms", "email")
DELIVERIES: tuple[Delivery, ...] = ("at_most_once", "at_least_once")
PRIORITIES: tuple[Priority, ...] = ("normal", "critical")
SEGMENT_WIDE, SEGMENT_LATIN = 70, 160
"""Characters of one SMS: with any character outside ASCII, and without."""


def templates(documents: Iterable[Section], locales: tuple[str, ...]) -> tuple[Template, ...]:
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
            found += _message(message_id, entry, locales)
        document.done()
    return tuple(found)


def _message(message_id: str, entry: Section, locales: tuple[str, ...]) -> list[Template]:
    texts = {name: entry.section(name) for name in ("subject", "body", "neutral")}
    medium = entry.choice("medium", MEDIA)
    common = Template(
        id=message_id,
        locale="",
        event=words.wire_type(entry.one_known("event", words.EVENTS, "event", required=True) or "IssueSubmitted"),
        where=entry.section("where").listed(),
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
    for locale in locales:
        subject = texts["subject"].text(locale) if medium == "email" else None
        body, neutral = texts["body"].text(locale), texts["neutral"].text(locale)
        found.append(replace(common, locale=locale, subject=subject, body=body, neutral=neutral))
        _check(found[-1], texts)
    for section in texts.values():
        section.done()
    entry.done()
    return found


def _check(template: Template, texts: Mapping[str, Section]) -> None:
    allowed = PLACEHOLDERS.get(template.event)
    if allowed is None:
        texts["body"].wrong(template.locale, "nobody is told of this event", "choose an event that has placeholders")
        return
    bodies = {"subject": template.subject or "", "body": template.body, "neutral": template.neutral}
    for name, text in bodies.items():
        usable = allowed if name == "body" else allowed - REVEALING
        if _filled(texts[name], template.locale, text, usable) and template.medium == "sms":
            _check_length(texts[name], template.locale, text)


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


def _check_length(section: Section, locale: str, text: str) -> None:
    longest = text.format_map(EXAMPLES)
    room = SEGMENT_LATIN if text.isascii() else SEGMENT_WIDE
    if len(longest) > room:
        message = f"may grow to {len(longest)} characters, more than one SMS of {room}"
        section.wrong(locale, message, "shorten it, or pay for two", fatal=False)
