"""A rule's conditions that are no plain lists of codes: on time, and on answers to a channel's own questions."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from sanfu.city.form import Form, Question
from sanfu.city.problems import nearest
from sanfu.city.quantities import DAYS, day, span_of_hours, weekdays
from sanfu.city.reading import Section
from sanfu.city.when import AnswerIs, Times, Value

KINDS_OF_DAY = ("workday", "day_off")
SPAN = ".."


def times(section: Section) -> Times:
    """Read `{hours: ["18:00-08:00"], days: [mon-fri, day_off], from: 2026-07-01, until: 2026-09-30}`."""
    hours = list(_each(section, "hours", span_of_hours))
    days = list(_each(section, "days", _days))
    begin, end = (section.parsed(key, day, None) for key in ("from", "until"))
    if begin and end and end < begin:
        section.wrong("until", "is before `from`", "write a later date, or the same")
    section.done()
    if not any(section.raw(key) for key in ("hours", "days", "from", "until")):
        section.findings.add(section.place, "says no time", "write hours, days, from or until")
    kinds = frozenset(kind for kind in days if isinstance(kind, str))
    weekly = frozenset(one for span in days if not isinstance(span, str) for one in span)
    return Times(tuple(hours), weekly, kinds, begin, end)


def _each(section: Section, key: str, read: Any) -> Iterator[Any]:
    for text in section.raw(key):
        try:
            yield read(text)
        except ValueError as error:
            section.wrong(key, f"{text!r} can't be read", str(error))


def _days(text: str) -> str | tuple[int, ...]:
    if text in KINDS_OF_DAY:
        return text
    try:
        return weekdays(text)
    except ValueError:
        raise ValueError(f"{nearest(text, (*DAYS, *KINDS_OF_DAY))}, or a span such as mon-fri") from None


def answers(section: Section, channels: Collection[str], forms: Mapping[str, Form]) -> tuple[AnswerIs, ...]:
    """Read `{errand: [sign], floors: ["5.."]}` against the forms of the rule's channels, all of which must ask it."""
    if section.names and not channels:
        section.findings.add(section.place, "asks for answers without a channel", "add channels: [...] to the rule")
        section.asked.update(section.names)
        return ()
    return tuple(_answer(section, code, channels, forms) for code in section.names)


def _answer(section: Section, code: str, channels: Collection[str], forms: Mapping[str, Form]) -> AnswerIs:
    written = section.raw(code)
    asked = [form.questions.get(code) if (form := forms.get(channel)) else None for channel in channels]
    for channel, question in zip(channels, asked, strict=True):
        if question is None:
            known = forms[channel].questions if channel in forms else ()
            section.wrong(code, f"the form of {channel!r} does not ask {code!r}", nearest(code, known))
    if not written:
        section.wrong(code, "allows no answer", "list at least one")
    found = AnswerIs(code)
    for question in (each for each in asked if each):
        found = _read(section, question, written)
    return found


def _read(section: Section, question: Question, written: Collection[str]) -> AnswerIs:
    if question.type == "text":
        return AnswerIs(question.code, words=tuple(word.casefold() for word in written))
    values, spans = list[Value](), list[tuple[Value | None, Value | None]]()
    for text in written:
        begin, dots, end = text.partition(SPAN)
        ends = tuple(_typed(question, one) for one in (begin, end)) if dots else (_typed(question, text),)
        wrong = [one for one in ends if one is not None and not question.right(one)]
        if wrong or (dots and (question.type not in ("integer", "date") or ends == (None, None))):
            more = ", or a span as 3..8, 3.. or ..8" if question.type in ("integer", "date") else ""
            section.wrong(question.code, f"{text!r} is no answer to it", f"write {question.expected()}{more}")
        elif dots:
            spans.append((ends[0], ends[-1]))
        elif (value := ends[0]) is not None:
            values.append(value)
    return AnswerIs(question.code, tuple(values), tuple(spans))


def _typed(question: Question, text: str) -> Value | None:
    """Read what stands for an answer; None: nothing, an open end."""
    match question.type:
        case "yes_no":
            return {"yes": True, "true": True, "no": False, "false": False}.get(text.strip(), text.strip())
        case "integer" if text.strip().isdecimal():
            return int(text)
        case "date" if _is_date(text.strip()):
            return date.fromisoformat(text.strip()).isoformat()
    return text.strip() or None


def _is_date(text: str) -> bool:
    try:
        day(text)
    except ValueError:
        return False
    return True
