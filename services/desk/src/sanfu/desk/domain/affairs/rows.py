"""From a row of a list that somebody keeps as a table to an entry: by what columns are called, and cells say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sanfu.city.listed import Head, Row, coded, head_among, named, when
from sanfu.city.model.pack import Pack
from sanfu.desk.domain.affairs.entries import CODED

NAMING: Final = ("title", "code", "theme", "theme_text")
"""Fields of which one says what an entry is about."""

Fault = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one file by the pack. `always`: what holds for rows whose columns don't say it."""

    pack: Pack
    head: Head
    always: Mapping[str, str]

    @classmethod
    def of(cls, pack: Pack, rows: Sequence[Row], always: Mapping[str, str]) -> "Reader | None":
        """Find the head among a file's first rows. None if none names a column that says what is to be done."""
        head = head_among(rows, pack.entry_columns, NAMING)
        return cls(pack, head, always) if head else None

    def entry(self, row: Row, day: date) -> tuple[dict[str, Any], list[Fault]]:
        """Return the entry that a row is on a day, as the API takes it, and what of its cells can't be read."""
        found, wrong = dict[str, Any](self.always), list[Fault]()
        for place, field in self.head.fields.items():
            cell = row[place].strip() if place < len(row) else ""
            if not cell:
                continue
            try:
                found[field] = self._read(field, cell, day)
            except (ValueError, OverflowError) as error:
                wrong.append({"field": field, "problem": "can_not_be_read", "expected": str(error)})
        return found, wrong

    def _read(self, field: str, cell: str, day: date) -> str:
        """Raises ValueError that says what would be right."""
        if field in ("due", "on"):
            return when(cell).date().isoformat()
        if field == "town":
            units = self.pack.units
            return coded(cell, named({code: units[code] for code in self.pack.towns if code in units}, day))
        if field in CODED:
            channel, question = CODED[field]
            asked = self.pack.form_of(channel).questions.get(question)
            return coded(cell, {code: tuple(each.values()) for code, each in (asked.choices if asked else {}).items()})
        return cell if field == "text" else " ".join(cell.split())

    def told(self, faults: Sequence[Fault], line: int) -> list[dict[str, Any]]:
        """Tell what is wrong with a row by its line and by the header of its own file."""
        return [{"line": line, "column": self.head.names.get(one["field"], ""), **one} for one in faults]
