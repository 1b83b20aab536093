"""`sanfu import FILE`: a channel's list to intake; how far it is; which rows were not taken, and why."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

console = answers()

ASKS_EVERY = 0.5
"""Seconds between two questions how far it is."""
SHOWN = 50
"""Bad rows that are printed; `--json` prints all."""


def run(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GB 18030) or XLSX, with a row of headers")],
    channel: Annotated[str, typer.Option("--channel", "-c", help="in whose name: hotline, visit, petition, …")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell every bad row, and take nothing")] = False,
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object")] = False,
) -> None:
    """Take in a list, each row a report of its own. The same list again goes on where it was, and takes nothing twice;
    once it was done with, it says when that was. Ends with 1 when a row was not taken."""
    if not file.is_file():
        raise PartError(f"there is no file {file}")
    ended = asyncio.run(_imported(Stack.known(name), file, channel, dry_run=dry_run))
    if as_json:
        print(json.dumps(ended, ensure_ascii=False))
    else:
        _print(ended)
    raise typer.Exit(1 if ended["bad"] or ended["state"] != "done" else 0)


async def _imported(stack: Stack, file: Path, channel: str, *, dry_run: bool) -> Json:
    async with Doors(stack) as doors:
        one = await doors.send_list(file, channel, dry_run=dry_run)
        with console.status("") as shown:
            while one["state"] in ("waiting", "running"):
                shown.update(f"{one['state']}: {one['rows']} of about {one['expected']} rows, {one['bad']} bad")
                await asyncio.sleep(ASKS_EVERY)
                one = {**one, **await doors.list_progress(one["id"], channel)}
        return {**one, "bad_rows": [row async for row in doors.bad_rows(one["id"], channel)]}


def _print(one: Json) -> None:
    for row in one["bad_rows"][:SHOWN]:
        for error in row["errors"]:
            column = error["column"] or error["field"]
            console.print(f"line {row['line']}, {column}: {error['problem']} → {error['expected']}", markup=False)
    if one["bad"] > SHOWN:
        console.print(f"… and {one['bad'] - SHOWN} more bad rows (--json lists all)")
    if one["ignored"]:
        console.print(f"columns that nobody reads: {', '.join(one['ignored'])}", markup=False)
    if one["problem"]:
        console.print(f"broke off after {one['rows']} rows: {one['problem']}", markup=False)
    console.print(told(one), markup=False)


def told(one: Json) -> str:
    """Say in one line what became of a list, or what would."""
    figures = f"{one['repeated']} were there, {one['bad']} bad"
    if when := one.get("taken_before"):
        return f"This very list was done with at {when} ({one['taken']} taken then, {figures}): nothing was taken now."
    word = "would be taken" if one["dry_run"] else "taken"
    return f"{one['rows']} rows: {one['taken']} {word}, {figures}"
