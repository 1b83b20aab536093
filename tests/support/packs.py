"""Packs for tests: the shipped one, and copies of it to break."""

import csv
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack

SHIPPED = Path(__file__).parents[2] / "cities" / "yiwu"
A_DAY = date(2026, 5, 6)


@cache
def shipped() -> Pack:
    """Return the shipped pack, loaded once; it is immutable."""
    pack = load(SHIPPED, A_DAY).pack
    assert pack is not None
    return pack


def copied(folder: Path) -> Path:
    """Copy the shipped pack into an empty folder and return its root."""
    return copytree(SHIPPED, folder / "pack")


def outward(folder: Path) -> Path:
    """Copy the shipped pack without its inbox: all that is told goes to a peer that listens."""
    root = copied(folder)
    (root / "texts" / "inbox.yaml").unlink()
    return root


def hasty(folder: Path) -> Path:
    """Copy it without its decency, too: nothing waits, whatever the hour at which a test runs."""
    root = outward(folder)
    (root / "telling.yaml").unlink()
    return root


def lasting(root: Path, file: str, **terms: tuple[str, str, str]) -> None:
    """Give rows of a table their valid_from, valid_to and succeeded_by, by code (`_` stands for `-`)."""
    path = root / file
    with path.open(encoding="utf-8", newline="") as table:
        head, *rows = csv.reader(table)
    columns = [name for name in LASTING if name not in head]
    head, rows = [*head, *columns], [[*row, *("" for _ in columns)] for row in rows]
    for code, term in terms.items():
        [row] = [row for row in rows if row[0] == code.replace("_", "-")]
        for name, value in zip(LASTING, term, strict=True):
            row[head.index(name)] = value
    with path.open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows([head, *rows])


def onboarded(root: Path, *codes: str) -> Path:
    """Have the pack say that these units' systems are given topics."""
    path = root / "units.csv"
    with path.open(encoding="utf-8", newline="") as table:
        head, *rows = csv.reader(table)
    with path.open("w", encoding="utf-8", newline="") as table:
        said = [[*row, "yes" if row[0] in codes else ""] for row in rows]
        csv.writer(table, lineterminator="\n").writerows([[*head, "topic"], *said])
    return root


LASTING = ("valid_from", "valid_to", "succeeded_by")


def edited(root: Path, file: str, old: str, new: str) -> int:
    """Replace the first occurrence of a text that must be there; return the line (from 1) where it stood."""
    path = root / file
    content = path.read_text(encoding="utf-8")
    assert old in content, f"{old!r} is not in {file}"
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    return content[: content.index(old)].count("\n") + 1
