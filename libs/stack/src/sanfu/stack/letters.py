"""`sanfu dlq`: what a service could not fold, and folding it again after the cure."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Column, Table

from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

app = typer.Typer(no_args_is_help=True, help="Dead letters: list them, show them, fold them again after the cure.")
console = answers()

Name = Annotated[str, typer.Option("--name", help="which stack of this checkout")]
Service = Annotated[str | None, typer.Option("--service", help="intake, router, sla, notify, desk (default: all)")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
Subject = Annotated[str, typer.Argument(help="the issue's id, as the list shows it")]


@app.command("list")
def listed(service: Service = None, name: Name = "main", as_json: AsJson = False) -> None:
    """List the dead letters of all services, oldest first. Ends with 0, also when there are some."""
    found = asyncio.run(_listed(Stack.known(name), service))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    if not found:
        console.print("no dead letters")
        return
    table = Table("service", Column("subject", no_wrap=True), "type", "reason")  # a subject is there to be copied
    for letter in found:
        kind = (letter["type"] or "—").removeprefix("sanfu.")
        row = (letter["service"], letter["subject"], kind, letter["reason"])
        table.add_row(*(str(cell if cell is not None else "—") for cell in row))
    console.print(table)


async def _listed(stack: Stack, service: str | None) -> list[Json]:
    async with Doors(stack) as doors:
        names = [service] if service else list(doors.services)
        letters = await asyncio.gather(*map(doors.dead_letters, names))
    return [{"service": name, **letter} for name, each in zip(names, letters, strict=True) for letter in each]


@app.command("show")
def show(subject: Subject, service: Service = None, name: Name = "main", as_json: AsJson = False) -> None:
    """Show a subject's dead letters with their bodies, and whether it is parked."""
    found = asyncio.run(_of_subject(Stack.known(name), service, subject))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for each in found:
        parked = "parked" if each["parked"] else "not parked"
        console.print(f"[bold]{each['service']}[/]: {parked}, {len(each['items'])} letters")
        for letter in each["items"]:
            console.print(f"  {letter['id']}  {letter['type']}\n    {letter['reason']}", markup=False)
            console.print(f"    {letter['body']}", markup=False)


async def _of_subject(stack: Stack, service: str | None, subject: str) -> list[Json]:
    async with Doors(stack) as doors:
        names = [service] if service else list(doors.services)
        found = await asyncio.gather(*(doors.dead_letters_of(name, subject) for name in names))
    known = [
        {"service": name, **each} for name, each in zip(names, found, strict=True) if each["items"] or each["parked"]
    ]
    if not known:
        raise PartError(f"no service has dead letters of {subject}: ./sanfu dlq list shows what there is")
    return known


@app.command("replay")
def replay(
    subject: Subject,
    service: Service = None,
    skip: Annotated[list[str] | None, typer.Option(help="id of a record that nothing will ever understand")] = None,
    name: Name = "main",
) -> None:
    """Fold a parked subject's records again, in their old order. Where one still fails, nothing is changed."""
    for done in asyncio.run(_replayed(Stack.known(name), service, subject, skip or ())):
        console.print(f"{done['service']}: {done['replayed']} records folded, {subject} is not parked any more")


async def _replayed(stack: Stack, service: str | None, subject: str, skip: Sequence[str]) -> list[Json]:
    parked = [each for each in await _of_subject(stack, service, subject) if each["parked"]]
    if not parked:
        raise PartError(f"{subject} is not parked anywhere: its dead letters were folded already, or can't be placed")
    async with Doors(stack) as doors:
        return [{"service": s, **await doors.replay(s, subject, skip)} for s in (each["service"] for each in parked)]
