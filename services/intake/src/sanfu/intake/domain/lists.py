"""From a row of a list to a report: by what its columns are called, and what its cells say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.form import Question
from sanfu.city.listed import Head, Row, coded, degrees, head_among, named, when, whole, yes
from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant
from sanfu.intake.domain.admission import Fault

TITLE = 50
"""Characters of the text that stand for a title where a list has none."""


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
        head = head_among(rows, columns(pack, channel), {"text"})
        return cls(pack, channel, head) if head else None

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
            return instant(when(cell).replace(tzinfo=ZoneInfo(self.pack.zone)))
        if field in ("may_name_me", "place.may_be_home"):
            return yes(cell)
        if field in ("place.lon", "place.lat"):
            return degrees(cell)
        if field == "place.crs":
            return cell.lower().replace("-", "")
        if field == "found_on.entry":
            return whole(cell)
        if field == "category":
            return coded(cell, named(self.pack.categories, day))
        if field in ("unit", "filer.unit", "place.town"):
            towns = field == "place.town"
            return coded(
                cell, named({c: one for c, one in self.pack.units.items() if not towns or c in self.pack.towns}, day)
            )
        return self.pack.cell_words.get(field, {}).get(cell, cell)

    def _answer(self, question: Question, cell: str) -> Any:
        match question.type:
            case "choice":
                return coded(cell, {code: tuple(names.values()) for code, names in question.choices.items()})
            case "yes_no":
                return yes(cell)
            case "integer":
                return whole(cell)
            case "date":
                return when(cell).date().isoformat()
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


def _set(report: dict[str, Any], field: str, value: Any) -> None:
    outer, _, inner = field.partition(".")
    if inner:
        report.setdefault(outer, {})[inner] = value
    else:
        report[outer] = value


def by_column(faults: Iterator[Fault] | Sequence[Fault], head: Head) -> list[dict[str, str]]:
    """Tell what is wrong with a row by the headers of its own list."""
    return [{**one.shown(), "column": head.names.get(one.field, "")} for one in faults]
