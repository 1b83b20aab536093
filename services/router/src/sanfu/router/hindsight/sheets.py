"""Rows for people and for machines: an aligned table, CSV that no spreadsheet takes for formulas, JSON. Written as they
come: of a table that is long only the beginning is shown."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TextIO
from unicodedata import east_asian_width

from sanfu.runtime.spreadsheets import BOM, harmless

Form = Literal["table", "csv", "json"]
Row = Mapping[str, Any]
SHOWN = 60
"""Rows of a table: more than that nobody reads; CSV and JSON have all."""


class Sheet:
    """One list of rows under a head. `end` must be called; what it is given follows the rows."""

    def __init__(self, out: TextIO, form: Form, head: Sequence[str], name: str = "rows") -> None:
        self._out, self._form, self._head, self._name = out, form, head, name
        self._count, self._kept = 0, list[Row]()
        if form == "csv":
            out.write(BOM)
            self._csv = csv.writer(out)
            self._csv.writerow(head)
        elif form == "json":
            out.write(f'{{"{name}": [')

    def add(self, row: Row) -> None:
        self._count += 1
        match self._form:
            case "csv":
                self._csv.writerow([harmless(cell(row.get(name))) for name in self._head])
            case "json":
                self._out.write(("" if self._count == 1 else ",") + "\n " + json.dumps(row, ensure_ascii=False))
            case _ if self._count <= SHOWN:
                self._kept.append(row)

    def end(self, more: Row) -> None:
        """Close the list; JSON gets `more` beside it, the others leave that to the caller."""
        if self._form == "json":
            rest = json.dumps(more, ensure_ascii=False)[1:]
            self._out.write("\n]" + (", " + rest if more else "}") + "\n")
        elif self._form == "table":
            self._out.writelines(f"{line}\n" for line in aligned(self._head, self._kept))
            if self._count > SHOWN:
                self._out.write(f"… and {self._count - SHOWN} more: --format csv or json has all\n")


def aligned(head: Sequence[str], rows: Iterable[Row]) -> list[str]:
    """Lay rows out in columns; figures stand on the right."""
    cells = [list(head), *([cell(row.get(name)) for name in head] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(_padded, line, widths)).rstrip() for line in cells]


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{100 * value:.1f}%" if isinstance(value, float) else str(value)


def width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese signs take two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, wide: int) -> str:
    room = " " * (wide - width(text))
    return room + text if text[:1].isdigit() else text + room
