"""Commands that hand over to a program of the checkout: benches, a deadline's arithmetic; and the pack's check."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sanfu.city import drafting
from sanfu.city.comparing import diff_report
from sanfu.city.ground import FILE as AREAS
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.loading import PLACES, load
from sanfu.city.model.pack import Pack
from sanfu.city.reporting import check_report
from sanfu.router.handlers import unfit_model
from sanfu.sla.domain.inversions import first_inversion
from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

city = typer.Typer(no_args_is_help=True, help="City packs.")
sla = typer.Typer(no_args_is_help=True, help="Limits and lights.")
console = answers(soft_wrap=False)


def bench(
    name: Annotated[
        str,
        typer.Argument(help="machine, intake, flow, timers, desk, router, duplicates, imports, notify or fanout"),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="last line: one JSON object")] = False,
    armed: Annotated[
        int | None, typer.Option("--open", help="timers, duplicates: so many are open, such as 1000000")
    ] = None,
    cases: Annotated[int | None, typer.Option("--cases", help="desk: so many cases (default: 1000000)")] = None,
) -> None:
    """Measure something against its bare counterpart, on servers of its own. Minutes; let nothing else run."""
    more = ["--open", str(armed)] if armed is not None else []
    more += ["--cases", str(cases)] if cases is not None else []
    hand_over("bench", name, *(["--json"] if as_json else []), *more)


@city.command("check")
def check(
    directory: Annotated[Path | None, typer.Argument(help="of the pack (default: the shipped one)")] = None,
) -> None:
    """Check a city pack: every mistake with its file, line or key, and what would be right."""
    where = directory.resolve() if directory else shipped_city(checkout())
    if not where.is_dir():
        raise PartError(f"{where} is no directory: name the one that holds the pack's pack.yaml")
    national = national_calendar()
    sound, lines = check_report(where, further=[lambda pack: first_inversion(pack, national), unfit_model])
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)


@city.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="directory of the pack in use")],
    after: Annotated[Path, typer.Argument(help="directory of the new one")],
) -> None:
    """Say what a new pack would do: what is new, gone or other in it, and what follows for open issues."""
    packs = [_sound(where) for where in (before, after)]
    taken, lines = diff_report(packs[0], packs[1], datetime.now(UTC).date())
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    raise typer.Exit(0 if taken else 1)


@city.command("draft")
def draft(
    directory: Annotated[Path | None, typer.Argument(help="of the pack (default: the shipped one)")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="write over what is there")] = False,
) -> None:
    """Draft areas.geojson from the towns' points and places.csv from the pack's reports, where a city has neither.

    They are drafts: nearest points are no borders. Look through them, and put a survey in their place.
    """
    where = (directory or shipped_city(checkout())).resolve()
    pack = _sound(where)
    reports = pack.reports.read_text(encoding="utf-8").splitlines() if pack.reports else []
    drafts = {
        AREAS: drafting.areas(pack.towns, pack.bounds),
        PLACES: drafting.places(map(json.loads, reports), pack.towns),
    }
    if kept := [name for name in drafts if (where / name).exists() and not anew]:
        raise PartError(f"{' and '.join(kept)} is there already: --anew writes over it")
    for name, content in drafts.items():
        (where / name).write_text(content, encoding="utf-8")
        console.print(f"wrote {where / name}", markup=False, soft_wrap=True)


def _sound(where: Path) -> Pack:
    if not where.is_dir():
        raise PartError(f"{where} is no directory: name the one that holds the pack's pack.yaml")
    found = load(where.resolve(), datetime.now(UTC).date()).pack
    if found is None:
        raise PartError(f"{where} can't be used as a pack: ./sanfu city check {where} says why")
    return found


@sla.command("explain")
def explain(
    issue: Annotated[
        str | None, typer.Argument(help="an issue's id: its clocks, as the running service has them")
    ] = None,
    clock: Annotated[str | None, typer.Option("--clock", help="one clock only: handling, follow_up, …")] = None,
    file: Annotated[str | None, typer.Option("--json", help="cases given as data; - for standard input")] = None,
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    english: Annotated[bool, typer.Option("--en", help="in English (default: Chinese)")] = False,
) -> None:
    """Print how a deadline comes about, step by step: of an issue, or of cases in a file."""
    if (issue is None) == (file is None):
        raise PartError("name an issue, or give --json FILE: one of the two")
    if file is not None:
        if file != "-" and not Path(file).is_file():
            raise PartError(f"there is no file {file}")
        hand_over("sanfu.sla", "explain", "--json", file, *(["--en"] if english else []))
        return
    for told in asyncio.run(_explained(Stack.known(name), issue or "", clock)):
        console.print(_steps(told, "en" if english else "zh"))


async def _explained(stack: Stack, issue: str, clock: str | None) -> list[Json]:
    async with Doors(stack) as doors:
        known = [one["key"] for one in (await doors.clocks_of(issue))["clocks"]]
        if clock is not None and clock not in known:
            raise PartError(f"{issue} has no clock {clock}; it has {', '.join(known) or 'none'}")
        wanted = [clock] if clock else known
        return [{"clock": each, **await doors.explanation(issue, each)} for each in wanted]


def _steps(told: Json, locale: str) -> Table:
    shown = Table("UTC", "", title=f"{told['clock']}: {told['announced']}", title_justify="left")
    for step in told["steps"]:
        shown.add_row((step["at"] or "")[:16].replace("T", " "), step[locale])
    return shown


def given(option: str, path: Path | None) -> list[str]:
    return [] if path is None else [option, str(path.resolve())]


def hand_over(module: str, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
    """Run a module of this environment in the checkout, with these settings, and end as it does."""
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run([sys.executable, "-m", module, *arguments], check=False, cwd=checkout(), env=environment)
    raise typer.Exit(done.returncode)
