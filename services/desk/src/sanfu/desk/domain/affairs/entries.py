"""What stands on a list: each entry held to its kind and to the words of the city, and when the next one is due."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sanfu.city.model.pack import Pack
from sanfu.contracts import credit
from sanfu.contracts.envelope import instant
from sanfu.contracts.masking import Mask
from sanfu.desk.domain.deeds.deed import Deed, wrong

VISIT, EXPERIENCE, CHECKUP = "visit", "experience", "checkup"
UNNAMED: Final = "household"
"""What is visited without a name of it being kept: a household in need. Its code in the register stands for it."""
OTHER: Final = "other"
"""The theme that says: one's own. The list of themes is open."""
MOST: Final = 100
"""Entries of one list: with a text to each of them its document stays below 256 KiB."""
EARLIEST: Final = date(2000, 1, 1)
CODED: Final[Mapping[str, tuple[str, str]]] = {
    "what": (VISIT, "visited"), "purpose": (VISIT, "purpose"), "theme": (EXPERIENCE, "theme"),
    "theme_group": (EXPERIENCE, "theme_group"),
}  # fmt: skip
"""Field that holds a code → the question, and the channel whose form asks it, whose choices it is one of."""
_KEPT: Final = ("what", "title", "code", "town", "purpose", "theme", "theme_group", "theme_text")

Entry = Mapping[str, Any]


def numbered(deed: Deed, kind: str, said: Sequence[Mapping[str, Any]], first: int, due: str | None) -> list[Entry]:
    """Return entries as they are kept, counted from `first`; `due` is the date of those that name none.

    Raises Refusal 422 that names the field.
    """
    if first + len(said) - 1 > MOST:
        raise wrong("entries", "too_many", f"at most {MOST} on one list: open another")
    found = list[Entry]()
    for place, one in enumerate(said):
        field = f"entries[{place}]"
        _fits(deed.pack, kind, one, field)
        day = None if one.get("on") else one["due"] or due
        if kind == VISIT and day is None and not one.get("on"):
            raise wrong(f"{field}.due", "missing", "by which date it is visited, here or for the whole list")
        found.append(
            {"number": first + place, **{name: one[name] for name in _KEPT}, "due": _end_of(deed, day, f"{field}.due")}
        )
    return found


def _end_of(deed: Deed, day: str | None, field: str) -> str | None:
    """Return the instant at which a date of the city ends."""
    if day is None:
        return None
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise wrong(field, "no_date", "a date as 2026-05-06") from None
    if after <= deed.today:
        raise wrong(field, "in_the_past", f"a date not before {deed.today}")
    return instant(datetime.combine(after, time(), ZoneInfo(deed.pack.zone)))


def day_of(deed: Deed, day: str | None, field: str) -> str:
    """Return the date on which something was done: today, if none is said. Raises Refusal 422."""
    if day is None:
        return deed.today.isoformat()
    try:
        read = date.fromisoformat(day)
    except ValueError:
        raise wrong(field, "no_date", "a date as 2026-05-06") from None
    if not EARLIEST <= read <= deed.today:
        raise wrong(field, "not_then", f"a date from {EARLIEST} until today, {deed.today}")
    return day


def _fits(pack: Pack, kind: str, one: Mapping[str, Any], field: str) -> None:
    """Hold one entry to what its kind of list is about."""
    takes = {VISIT: ("what", "purpose"), EXPERIENCE: ("theme", "theme_group", "theme_text"), CHECKUP: ()}[kind]
    for name in {"what", "purpose", "theme", "theme_group", "theme_text"}.difference(takes):
        if one[name] is not None:
            raise wrong(f"{field}.{name}", "not_fitting", f"nothing: it is not asked on a list of kind {kind}")
    if one["town"] is not None and one["town"] not in pack.towns:
        raise wrong(f"{field}.town", "unknown_town", _one_of(pack.towns))
    if kind == VISIT:
        _visited(pack, one, field)
    elif kind == EXPERIENCE:
        _experienced(pack, one, field)
    elif one["title"] is None:
        raise wrong(f"{field}.title", "missing", "what is checked")


def _visited(pack: Pack, one: Mapping[str, Any], field: str) -> None:
    chosen(pack, VISIT, "visited", one["what"], f"{field}.what")
    if one["purpose"] is not None:
        chosen(pack, VISIT, "purpose", one["purpose"], f"{field}.purpose")
    if one["what"] == UNNAMED:
        if one["title"] is not None:
            raise wrong(f"{field}.title", "personal_data", "nothing: of a household in need only the register's code")
        if one["code"] is None or Mask(()).text(one["code"]) != one["code"]:
            raise wrong(f"{field}.code", "missing", "the household's code in the register, which is no ID number")
    elif one["title"] is None:
        raise wrong(f"{field}.title", "missing", "what is visited, by its name")
    if one["what"] == "enterprise" and one["code"] is not None and not credit.right(one["code"]):
        raise wrong(f"{field}.code", "not_a_credit_code", "a unified social credit code (GB 32100)")


def _experienced(pack: Pack, one: Mapping[str, Any], field: str) -> None:
    chosen(pack, EXPERIENCE, "theme", one["theme"], f"{field}.theme")
    own = one["theme"] == OTHER
    for name, expected in (("theme_group", "its group"), ("theme_text", "the theme in words")):
        if own == (one[name] is None):
            raise wrong(f"{field}.{name}", "missing" if own else "not_fitting", expected if own else "nothing")
    if own:
        chosen(pack, EXPERIENCE, "theme_group", one["theme_group"], f"{field}.theme_group")


def chosen(pack: Pack, channel: str, question: str, answer: str | None, field: str) -> None:
    """Hold a code to the choices of a question of the channel's form. Raises Refusal 422."""
    asked = pack.form_of(channel).questions.get(question)
    if answer is None or (asked is not None and asked.choices and answer not in asked.choices):
        raise wrong(field, "unknown_code", _one_of(asked.choices if asked else ()))


def _one_of(codes: Collection[str]) -> str:
    return f"one of: {', '.join(list(codes)[:60])}" if codes else "a code"


def stands_there(kind: str, entries: Iterable[Entry], one: Entry) -> bool:
    """Tell whether an entry stands on a list already: what has a code is known by it, else by all that it says. The
    same thing is experienced more than once, on other days."""
    said, day = _known_by(one), one.get("on") if kind == EXPERIENCE else None
    return any(_known_by(each) == said and day in (None, each.get("on")) for each in entries)


def _known_by(one: Entry) -> tuple[Any, ...]:
    return (one["what"], one["code"]) if one["code"] else tuple(one[name] for name in _KEPT)


def next_due(entries: Iterable[Entry]) -> str | None:
    """Return when the next entry is due that has come to nothing yet."""
    return min((one["due"] for one in entries if one["due"] and not one.get("result")), default=None)


def turned(before: str | None, entries: Iterable[Entry]) -> dict[str, Any]:
    """Say when the next entry is due, and whether that is another instant than before: then its clock starts anew."""
    after = next_due(entries)
    return {"entry_by": after, "turn": after is not None and after != before}
