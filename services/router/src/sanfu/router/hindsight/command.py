"""`python -m sanfu.router report` and `backtest`: over the router's own documents, with the service's own settings."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, get_args

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.city.succession import in_its_place
from sanfu.contracts.envelope import instant
from sanfu.router.domain.rules import RouterRules
from sanfu.router.handlers import rules_of
from sanfu.router.hindsight.asked import Unusable, opened, period_of, rules_with
from sanfu.router.hindsight.backtest import Backtest, Said
from sanfu.router.hindsight.cases import Period, stored
from sanfu.router.hindsight.returns import BY, Returns, Same
from sanfu.router.hindsight.sheets import Form, Sheet
from sanfu.router.settings import RouterSettings
from sanfu.runtime.service import Parts, real_parts
from sanfu.runtime.store import Documents, StoreDown

TELL_EVERY = 2.0
"""Seconds after which one is told how far it is, and again."""
COUNTED = ("assigned", "returned", "returned_share", "charged", "charged_share", "known", "right", "right_share")
SUGGESTED = ("model", "asked", "known", "first", "first_share", "top3", "top3_share")
CHANGED = (
    "issue", "submitted_at", "channel", *(f"before_{name}" for name in Said._fields),
    *(f"after_{name}" for name in Said._fields), "right", "returned", "effect",
)  # fmt: skip


@dataclass
class Asked:
    """What the command line asks for, over which documents, by which pack."""

    pack: Pack
    documents: Documents
    period: Period
    form: Form
    out: TextIO
    err: TextIO
    looked: int = 0
    told_at: float = field(default_factory=time.monotonic)

    @property
    def same(self) -> Same:
        units, day = self.pack.units, self.pack.day(self.period.until)

        def of_today(code: str) -> str:
            return in_its_place(units, code, day) or code

        return lambda one, other: of_today(one) == of_today(other)

    def tick(self) -> None:
        """Count an issue that was looked at; say how many, where it takes long."""
        self.looked += 1
        if time.monotonic() - self.told_at >= TELL_EVERY:
            self.told_at = time.monotonic()
            self.err.write(f"{self.looked} issues looked at\n")


def main(arguments: Sequence[str]) -> int:
    """Look back. Answers the exit code: 1 what was asked for can't be done."""
    asked = _reader().parse_args(arguments)
    try:
        settings = RouterSettings()
        return asyncio.run(_run(asked, settings, real_parts(settings, "router")))
    except Unusable as wrong:
        sys.stderr.write(f"{wrong}\n")
    except StoreDown as error:
        sys.stderr.write(f"the router's database does not answer: {error}\n")
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser("python -m sanfu.router")
    commands = reader.add_subparsers(dest="what", required=True)
    report = commands.add_parser("report", help="returns by rule, category and model version")
    backtest = commands.add_parser("backtest", help="what other rules would have done")
    backtest.add_argument("--rules", type=Path, required=True, help="the new rules.yaml")
    backtest.add_argument("--in-use", action="store_true", help="compare with the rules in use, not with what was said")
    for each in (report, backtest):
        each.add_argument("--since", help="a date, or so many days as 30d (default)")
        each.add_argument("--until", help="a date: issues submitted before that day")
        each.add_argument("--format", choices=get_args(Form), default="table")
        each.add_argument("--out", type=Path, help="write it there")
    return reader


async def _run(asked: argparse.Namespace, settings: RouterSettings, parts: Parts) -> int:
    now = parts.clock.now()
    pack = load(settings.pack, now.date()).pack
    if pack is None:
        raise Unusable(f"{settings.pack} can't be used as a pack: ./sanfu city check says why")
    period = period_of(asked.since, asked.until, pack.zone, now)
    new = rules_with(settings.pack, asked.rules, now.date()) if asked.what == "backtest" else None
    try:
        with opened(asked.out) as out:
            wanted = Asked(pack, parts.documents, period, asked.format, out, sys.stderr)
            if new is None:
                await report(wanted)
            else:
                await backtest(wanted, new, rules_of(pack) if asked.in_use else None)
    finally:
        if parts.database is not None:
            parts.database.client.close()
    return 0


async def report(asked: Asked) -> None:
    """Write what came of the assignments of a period."""
    figures = Returns(asked.same)
    async for case in stored(asked.documents, asked.period):
        asked.tick()
        figures.add(case)
    shown = figures.shown()
    if asked.form == "json":
        asked.out.write(json.dumps({**_days(asked), **shown}, ensure_ascii=False, indent=1) + "\n")
    elif asked.form == "csv":
        sheet = Sheet(asked.out, "csv", ("by", "key", *COUNTED))
        for by in BY:
            for row in shown[f"by_{by}"]:
                sheet.add({"by": by, "key": row[by], **row})
    else:
        for by in BY:
            _table(asked.out, (by, *COUNTED), shown[f"by_{by}"])
        _table(asked.out, SUGGESTED, shown["suggestions"])
    _close(asked, shown, "")


async def backtest(asked: Asked, rules: RouterRules, against: RouterRules | None) -> None:
    """Write what the new rules would change, row by row, and what that comes to."""
    test = Backtest(rules, asked.same, against)
    sheet = Sheet(asked.out, asked.form, CHANGED, "changes")
    async for case in stored(asked.documents, asked.period):
        asked.tick()
        if change := test.tried(case):
            sheet.add(change.plain())
    shown = test.shown()
    sheet.end({**_days(asked), "rules": rules.pack.version, "against": "in_use" if against else "decided", **shown})
    effects = ", ".join(f"{name} {count}" for name, count in shown["effects"].items())
    right = "; ".join(
        f"{side}: {counts['assigned']} assigned at once, {counts['right']} right of {counts['known']} known"
        for side, counts in shown["automatic"].items()
    )
    _close(asked, shown, f"{shown['changed']} would change: {effects}\n{right}\n")


def _table(out: TextIO, head: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    sheet = Sheet(out, "table", head)
    for row in rows:
        sheet.add(row)
    sheet.end({})
    out.write("\n")


def _close(asked: Asked, shown: Mapping[str, Any], more: str) -> None:
    """Say over what it was reckoned: beside a table, and not among the rows of a file that a program reads."""
    days = _days(asked)
    out = asked.out if asked.form == "table" else asked.err
    left = ", ".join(f"{name} {count}" for name, count in shown["left_out"].items() if count)
    out.write(f"{days['since']} to {days['until']}: {shown['looked_at']} issues")
    out.write(f"; left out: {left}\n{more}" if left else f"\n{more}")


def _days(asked: Asked) -> dict[str, str]:
    return {"since": instant(asked.period.since), "until": instant(asked.period.until)}
