"""From a row of a list to a report: by what its columns are called, and what its cells say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.form import Question
from sanfu.city.model import Category, Pack, Unit
from sanfu.city.succession import there
from sanfu.contracts.envelope import instant
from sanfu.intake.domain.admission import Fault

YES, NO = frozenset({"是", "有", "yes", "true", "1", "y"}), frozenset({"否", "无", "no", "false", "0", "n"})
TITLE = 50
"""Characters of the text that stand for a title where a list has none."""
LOOKED = 20
"""Rows in which the head of a list is looked for: above it stand its name, its office, its month."""
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_MARKS = str.maketrans({"年": "-", "月": "-", "日": " ", "/": "-", ".": "-", "时": ":", "分": "", "T": " ", "：": ":"})

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Head:
    """What the columns of a list hold. `fields`: field of the report by the column's place; `names`: its header."""

    line: int
    fields: Mapping[int, str]
    names: Mapping[str, str]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one list by the pack, in a channel's name."""

    pack: Pack
    channel: str
    head: Head

    @classmethod
    def of(cls, pack: Pack, channel: str, rows: Sequence[Row]) -> "Reader | None":
        """Find the head among a list's first rows: the one with the most known headers, one of which is the text's.
        None if there is none."""
        known, best = columns(pack, channel), None
        for line, row in enumerate(rows[:LOOKED], 1):
            head = _head(line, row, known)
            if "text" in head.names and (best is None or len(head.fields) > len(best.fields)):
                best = head
        return cls(pack, channel, best) if best else None

    def report(self, row: Row, day: date) -> tuple[dict[str, Any], list[Fault]]:
        """Return the report that a row is on a day, as the API would take it, and what of its cells can't be read."""
        found: dict[str, Any] = {"answers": {}}
        wrong = list[Fault]()
        for place, field in self.head.fields.items():
            cell = row[place].strip() if place < len(row) else ""
            if not cell:
                continue
            try:
                _set(found, field, self._read(field, cell, day))
            except (ValueError, OverflowError) as error:
                wrong.append(Fault(field, "can_not_be_read", str(error)))
        found.setdefault("title", str(found.get("text", "")).strip().split("\n")[0][:TITLE])
        found.setdefault("external_id", own_number(row))
        return found, wrong

    def _read(self, field: str, cell: str, day: date) -> Any:
        """Raises ValueError that says what would be right."""
        outer, _, inner = field.partition(".")
        if outer == "answers":
            return self._answer(self.pack.form_of(self.channel).questions[inner], cell)
        if field in ("reported_at", "limit_asked"):
            return instant(_time(cell).replace(tzinfo=ZoneInfo(self.pack.zone)))
        if field in ("may_name_me", "place.may_be_home"):
            return _yes(cell)
        if field in ("place.lon", "place.lat"):
            return _degrees(cell)
        if field == "place.crs":
            return cell.lower().replace("-", "")
        if field == "found_on.entry":
            return _whole(cell)
        if field == "category":
            return _coded(cell, _named(self.pack.categories, day))
        if field in ("unit", "filer.unit", "place.town"):
            towns = field == "place.town"
            return _coded(
                cell, _named({c: one for c, one in self.pack.units.items() if not towns or c in self.pack.towns}, day)
            )
        return self.pack.cell_words.get(field, {}).get(cell, cell)

    def _answer(self, question: Question, cell: str) -> Any:
        match question.type:
            case "choice":
                return _coded(cell, {code: tuple(names.values()) for code, names in question.choices.items()})
            case "yes_no":
                return _yes(cell)
            case "integer":
                return _whole(cell)
            case "date":
                return _time(cell).date().isoformat()
            case "text":
                return " ".join(cell.split())


def columns(pack: Pack, channel: str) -> dict[str, str]:
    """Return what columns of a channel's lists are called: header → field. Its own go before everybody's."""
    form = pack.form_of(channel)
    own = {
        header: f"answers.{question.code}"
        for question in form.questions.values()
        for header in (question.code, *question.title.values(), *question.headers)
    }
    return {**pack.columns, **own, **form.columns}


def own_number(row: Row) -> str:
    """Number a row that has no number by what it says: in a list that was mended or grew, it is the same report."""
    said = "\x1f".join(cell.strip() for cell in row).rstrip("\x1f")
    return f"row:{sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


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


def _set(report: dict[str, Any], field: str, value: Any) -> None:
    outer, _, inner = field.partition(".")
    if inner:
        report.setdefault(outer, {})[inner] = value
    else:
        report[outer] = value


def _named(known: Mapping[str, Unit | Category], day: date) -> dict[str, tuple[str, ...]]:
    """Give each code its names. One that is gone, or not there yet, is known by a name that nobody else has then."""
    present = {code: (one.name_zh, one.name_en) for code, one in there(known, day).items()}
    taken = {name for names in present.values() for name in names}
    others = {code: (one.name_zh, one.name_en) for code, one in known.items() if code not in present}
    return present | {code: tuple(name for name in names if name not in taken) for code, names in others.items()}


def _coded(cell: str, named: Mapping[str, tuple[str, ...]]) -> str:
    if cell in named:
        return cell
    found = [code for code, names in named.items() if cell in names]
    if len(found) != 1:
        shown = ", ".join(names[0] for names in [*filter(None, named.values())][:8])
        raise ValueError(f"one of the city's names or codes, as {shown} …")
    return found[0]


def _time(cell: str) -> datetime:
    text = " ".join(cell.translate(_MARKS).split()).rstrip(":")
    for form in TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (local to the city, whose zone the caller knows)
        except ValueError:
            continue
    raise ValueError("a date, with a time of day if need be, as 2026-05-06 09:30")


def _yes(cell: str) -> bool:
    if cell.lower() not in YES | NO:
        raise ValueError("是 or 否, yes or no")
    return cell.lower() in YES


def _whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdecimal() and len(cell) < 12):
        raise ValueError("a whole number")
    return int(cell)


def _degrees(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError("degrees as 120.0750") from None


def by_column(faults: Iterator[Fault] | Sequence[Fault], head: Head) -> list[dict[str, str]]:
    """Tell what is wrong with a row by the headers of its own list."""
    return [{**one.shown(), "column": head.names.get(one.field, "")} for one in faults]
