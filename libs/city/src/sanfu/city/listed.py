"""Rows of lists as people keep them: which one is the head, what its columns hold, and what cells say.

Everything a cell can't be read as raises ValueError that says what would be right, and does not repeat the cell.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sanfu.city.model.what import Category
from sanfu.city.model.who import Unit
from sanfu.city.succession import there

YES: Final = frozenset({"是", "有", "yes", "true", "1", "y"})
NO: Final = frozenset({"否", "无", "no", "false", "0", "n"})
LOOKED: Final = 20
"""Rows in which the head of a list is looked for: above it stand its name, its office, its month."""
TIMES: Final = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_MARKS = str.maketrans({"年": "-", "月": "-", "日": " ", "/": "-", ".": "-", "时": ":", "分": "", "T": " ", "：": ":"})

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Head:
    """What the columns of a list hold. `fields`: a field's name by its column's place; `names`: its header."""

    line: int
    fields: Mapping[int, str]
    names: Mapping[str, str]
    ignored: tuple[str, ...]


def head_among(rows: Sequence[Row], known: Mapping[str, str], one_of: Collection[str]) -> Head | None:
    """Find the head among a list's first rows: the one with the most known headers, with one of these fields. None if
    there is none."""
    best: Head | None = None
    for line, row in enumerate(rows[:LOOKED], 1):
        head = _head(line, row, known)
        if not head.names.keys().isdisjoint(one_of) and (best is None or len(head.fields) > len(best.fields)):
            best = head
    return best


def _head(line: int, row: Row, known: Mapping[str, str]) -> Head:
    fields, names, ignored = dict[int, str](), dict[str, str](), list[str]()
    for place, cell in enumerate(row):
        header = "".join(cell.split()).rstrip("*＊：:")
        field = known.get(header) or known.get(cell.strip())
        if field is not None and field not in names:
            fields[place], names[field] = field, cell.strip()
        elif header:
            ignored.append(cell.strip()[:60])
    return Head(line, fields, names, tuple(ignored))


def named(known: Mapping[str, Unit | Category], day: date) -> dict[str, tuple[str, ...]]:
    """Give each code its names. One that is gone, or not there yet, is known by a name that nobody else has then."""
    present = {code: (one.name_zh, one.name_en) for code, one in there(known, day).items()}
    taken = {name for names in present.values() for name in names}
    others = {code: (one.name_zh, one.name_en) for code, one in known.items() if code not in present}
    return present | {code: tuple(name for name in names if name not in taken) for code, names in others.items()}


def coded(cell: str, named: Mapping[str, tuple[str, ...]]) -> str:
    if cell in named:
        return cell
    found = [code for code, names in named.items() if cell in names]
    if len(found) != 1:
        shown = ", ".join(names[0] for names in [*filter(None, named.values())][:8])
        raise ValueError(f"one of the city's names or codes, as {shown} …")
    return found[0]


def when(cell: str) -> datetime:
    text = " ".join(cell.translate(_MARKS).split()).rstrip(":")
    for form in TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (local to the city, whose zone the caller knows)
        except ValueError:
            continue
    raise ValueError("a date, with a time of day if need be, as 2026-05-06 09:30")


def yes(cell: str) -> bool:
    if cell.lower() not in YES | NO:
        raise ValueError("是 or 否, yes or no")
    return cell.lower() in YES


def whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdecimal() and len(cell) < 12):
        raise ValueError("a whole number")
    return int(cell)


def degrees(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError("degrees as 120.0750") from None
