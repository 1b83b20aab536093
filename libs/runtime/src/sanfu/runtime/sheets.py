"""Rows of CSV and XLSX files, one after the other: no file is ever whole in memory. All cells are texts.

A formula is the text that was written: nothing is computed, and no value that a file claims for it is believed.
"""

import csv
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook

MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_CELL = 20_000
"""Characters: an issue's text has 10,000 at most, so a longer cell is refused by its own row."""
MOST_UNPACKED = 512 * 1024 * 1024
MOST_STRINGS = 64 * 1024 * 1024
"""Bytes of an XLSX unpacked, and of its table of texts, which a reader holds in memory."""
MOST_RATIO = 250
"""Times that a part may be larger unpacked: XML of a list packs to a tenth, or a fortieth where it repeats itself."""
SMALL_PART = 4 * 1024 * 1024
MOST_PARTS = 500
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class NotATable(Exception):
    """A file can't be read as a list; says what would be right."""


def rows(path: Path) -> Iterator[list[str]]:
    """Return the rows of a file, blank ones too. Raises NotATable, also on the way."""
    with path.open("rb") as file:
        begins = file.read(4)
    if begins == OLD_EXCEL:
        raise NotATable("This is an .xls, or locked by a password: save it as .xlsx or CSV.")
    read = _sheet(path) if begins == ZIP else _csv(path)
    for number, row in enumerate(read, 1):
        if number > MOST_ROWS:
            raise NotATable(f"A list has at most {MOST_ROWS} rows: send it in parts.")
        yield row


def expected(path: Path) -> int:
    """Guess how many lines a file has, for showing how far it is: line ends of a CSV, what a sheet says of itself."""
    with path.open("rb") as file:
        if file.read(4) != ZIP:
            return 1 + sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))
    _no_bomb(path)
    with path.open("rb") as file, closing(_opened(file)) as book:
        return min(int(book.worksheets[0].max_row or 0), MOST_ROWS)


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _csv(path: Path) -> Iterator[list[str]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="", errors="strict") as file:
        begins = file.read(4096)
        file.seek(0)
        counts = {mark: begins.count(mark) for mark in ",\t;"}
        reader = csv.reader(file, delimiter=max(counts, key=lambda mark: counts[mark]))
        try:
            for row in reader:
                if len(row) > MOST_COLUMNS:
                    raise NotATable(f"Line {reader.line_num} has more than {MOST_COLUMNS} columns.")
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise NotATable(f"Near line {reader.line_num}: this is no CSV in UTF-8 or GB 18030 ({error}).") from error


def _encoding(path: Path) -> str:
    """UTF-8, or what Excel in Chinese writes. The whole file must be it, piece by piece."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while piece := file.read(1 << 18):
                    if "\0" in piece:
                        raise NotATable("This is neither CSV nor XLSX.")
            return encoding
        except UnicodeDecodeError:
            continue
    raise NotATable("This is neither CSV in UTF-8 or GB 18030 nor XLSX.")


# ── XLSX ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sheet(path: Path) -> Iterator[list[str]]:
    _no_bomb(path)
    try:
        with path.open("rb") as file, closing(_opened(file)) as book:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
                yield [_text(cell) for cell in row]
    except NotATable:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part leads it into
        raise NotATable(f"This is no sound .xlsx ({type(error).__name__}): save it again, or as CSV.") from error


def _opened(file: BinaryIO) -> Workbook:
    """What a workbook's styles lack is nobody's concern here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(file, read_only=True, data_only=False, keep_links=False)


def _no_bomb(path: Path) -> None:
    """Look at what the archive says of itself before anything is unpacked. What lies about it breaks off by its CRC:
    no more is unpacked than was said."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise NotATable("This is no sound .xlsx: save it again, or as CSV.") from error
    wide = [one for one in parts if one.file_size > SMALL_PART and one.file_size > MOST_RATIO * one.compress_size]
    texts = sum(one.file_size for one in parts if one.filename.lower().endswith("sharedstrings.xml"))
    if wide or len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED or texts > MOST_STRINGS:
        raise NotATable("Unpacked, this .xlsx is too large for a list: save it as CSV, or send it in parts.")
    if any("vbaproject" in one.filename.lower() for one in parts):
        raise NotATable("This workbook holds macros: save it as .xlsx or CSV.")


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S")
        case date() | time():
            return cell.isoformat()
    return str(cell)[: LONGEST_CELL + 1].encode("utf-8", "replace").decode()
