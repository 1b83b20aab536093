"""A city with many units: the shipped pack, and as many departments more, each with a category that goes to it."""

import csv
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree

from bench.parts import CITY
from sanfu.city.watching import PackHolder

CATEGORY = "fanout-{unit}"
"""The code of the category by which a report gets to a unit."""


def large_city(folder: Path, units: int) -> tuple[Path, list[str]]:
    """Write a pack into the folder in which so many units have topics; answer where it is, and their codes."""
    root = copytree(CITY, folder / "pack")
    there = sorted(code for code, unit in PackHolder(root).current.units.items() if unit.has_topic)
    further = [f"bureau-{number:03d}" for number in range(units - len(there))]
    _add(root / "units.csv", [
        {"code": code, "name_zh": f"第{number}局", "name_en": f"Bureau {number}", "kind": "department",
         "duty_phone": f"000-0001-{number:04d}", "mailbox": f"{code}@yiwu.example"}
        for number, code in enumerate(further, 1)
    ])  # fmt: skip
    codes = [*there, *further][:units]
    _add(root / "categories.csv", [
        {"code": CATEGORY.format(unit=code), "name_zh": f"第{number}类", "name_en": f"Category {number}",
         "audience": "resident", "default_unit": code, "default_grade": "simple", "keywords": f"第{number}类事项",
         "kind": "issue", "urgency_default": "normal", "secrecy_default": "internal",
         "audiences": "resident|enterprise|grassroots"}
        for number, code in enumerate(codes, 1)
    ])  # fmt: skip
    return root, codes


def _add(file: Path, rows: Sequence[dict[str, str]]) -> None:
    """Add rows to a table; columns that they don't name stay empty."""
    with file.open(encoding="utf-8", newline="") as table:
        columns = next(csv.reader(table))
    with file.open("a", encoding="utf-8", newline="") as table:
        csv.DictWriter(table, columns, restval="", lineterminator="\n").writerows(rows)
