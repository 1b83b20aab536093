"""`sanfu sla replan`: reckon the open deadlines anew by the pack in use; look at what would change before."""

import asyncio
import json
from typing import Annotated

import typer

from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

console = answers()

ASKS_EVERY = 0.5
"""Seconds between two questions how far it is."""


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="list what would change, and change nothing")] = False,
    pack: Annotated[str | None, typer.Option(help="version that was looked at: nothing else is replanned by")] = None,
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object a line")] = False,
) -> None:
    """Reckon every open clock anew by the pack and the calendar in use. It goes on by itself if this command is ended,
    and after a crash of sla from where it was."""
    stack = Stack.known(name)
    asyncio.run(_looked(stack, as_json=as_json) if dry_run else _replanned(stack, pack, as_json=as_json))


async def _looked(stack: Stack, *, as_json: bool) -> None:
    last: Json = {}
    async with Doors(stack) as doors:
        async for last in doors.replan_changes():
            if as_json:
                print(json.dumps(last, ensure_ascii=False))
            elif "issue" in last:
                console.print(_line(last), markup=False)
    if "looked" not in last:
        raise PartError("the list was cut off: sla, or its database, went away; ask again")
    if not as_json:
        found = f"{last['clocks']} clocks of {last['issues']} issues would change, of {last['looked']} looked at"
        console.print(f"{found}; the same for good: ./sanfu sla replan --pack {last['pack']}")


def _line(row: Json) -> str:
    moved = "its triggers only" if row["triggers_only"] else f"{row['limit']} -> {row['new_limit']}"
    lights = "" if row["light"] == row["new_light"] else f"  light {row['light']} -> {row['new_light']}"
    return f"{row['issue']}  {row['clock']} ({row['unit']})  {moved}{lights}"


async def _replanned(stack: Stack, pack: str | None, *, as_json: bool) -> None:
    async with Doors(stack) as doors:
        found = await doors.replan(pack)
        with console.status("") as shown:
            while found["state"] in ("running", "waiting"):
                shown.update(f"{found['state']}: {found['looked']} looked at, {found['changed']} changed")
                await asyncio.sleep(ASKS_EVERY)
                found = await doors.replan_progress()
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    left = f", {found['left']} wait for an operator (./sanfu dlq list)" if found["left"] else ""
    console.print(f"{found['state']}: {found['looked']} issues looked at, {found['changed']} changed{left}")
