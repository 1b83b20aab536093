"""`sanfu lists add FILE --list ID`: what somebody keeps as a table, onto a list at the desk; which rows are bad."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

lists = typer.Typer(no_args_is_help=True, help="Lists of visits, experience sheets, check-ups.")
console = answers()


@lists.callback()
def group() -> None:
    """Have a name before every command, however few there are."""


@lists.command()
def add(  # noqa: PLR0917  # options of a command line, never given by position
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GB 18030) or XLSX, with a row of headers")],
    held: Annotated[str, typer.Option("--list", help="the list's id, as /v1/lists shows it")],
    user: Annotated[str, typer.Option("--as", help="account in whose name: the holder's, or the office's")],
    due: Annotated[str, typer.Option(help="the date by when, for rows that say none: 2026-05-08")] = "",
    what: Annotated[str, typer.Option(help="what is visited, for rows that say none: enterprise, project …")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell every bad row, and take nothing")] = False,
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object")] = False,
) -> None:
    """Put a file's rows on a list: all of them or, if one is bad, none. The same file again adds nothing twice.
    Ends with 1 when a row is bad."""
    if not file.is_file():
        raise PartError(f"there is no file {file}")
    always = {name: value for name, value in (("due", due), ("what", what)) if value}
    found = asyncio.run(_added(Stack.known(name), user, held, file, always, dry_run=dry_run))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found, dry_run=dry_run)
    raise typer.Exit(1 if found["bad"] else 0)


async def _added(stack: Stack, user: str, held: str, file: Path, always: dict[str, str], *, dry_run: bool) -> Json:
    async with Doors(stack) as doors:
        with console.status("reading"):
            return await doors.add_to_list(user, held, file, dry_run=dry_run, **always)


def _print(found: Json, *, dry_run: bool) -> None:
    for one in found["bad"]:
        told = f"line {one['line']}, {one['column'] or one['field']}: {one['problem']} → {one['expected']}"
        console.print(told, markup=False)
    if found["ignored"]:
        console.print(f"columns that nobody reads: {', '.join(found['ignored'])}", markup=False)
    if found["bad"] and not dry_run:
        console.print("nothing was added: mend these rows, and send the file again")
    else:
        word = "would be added" if dry_run else "added"
        console.print(f"{found['rows']} rows: {found['added']} {word}, {found['repeated']} were there")
