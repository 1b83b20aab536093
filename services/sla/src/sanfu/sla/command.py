"""`python -m sanfu.sla explain`: a deadline's arithmetic on the command line."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.model.pack import Pack
from sanfu.sla.explaining import WrongCase, explain


def main(arguments: Sequence[str], pack: Pack | None = None) -> int:
    """`explain --json FILE [--en]`: print the arithmetic of the case, or the cases, in a file (`-`: standard input)."""
    match [one for one in arguments if one != "--en"]:
        case ["explain", "--json", file]:
            given = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
        case _:
            sys.stderr.write("usage: python -m sanfu.sla explain --json FILE [--en]\n")
            return 2
    national = national_calendar()
    locale = "en" if "--en" in arguments else "zh"
    for number, one in enumerate(given if isinstance(given, list) else [given]):
        try:
            found = explain(one, pack, national=national)
        except WrongCase as wrong:
            sys.stderr.write(f"case {number}: {wrong}\n")
            return 1
        sys.stdout.write("\n".join(found.lines(locale)) + "\n\n")
    return 0
