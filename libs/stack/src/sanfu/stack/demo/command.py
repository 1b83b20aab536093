"""`sanfu demo`: bring a stack of its own up, play, count, and leave it running."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack.consoles import notes
from sanfu.stack.demo import figures, screen
from sanfu.stack.demo.answering import Answering, subscribed
from sanfu.stack.demo.hours import Hours
from sanfu.stack.demo.pace import Jumping, Running
from sanfu.stack.demo.play import Play
from sanfu.stack.demo.reports import Report, chosen
from sanfu.stack.demo.script import Script
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.demo.told import story
from sanfu.stack.doors import Doors
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

SETTINGS = {
    "SANFU_PUBLIC_RATE": "1000000/minute",  # all residents of the demo write from one address
    "SANFU_OPEN311_WRITING": "1000000/minute",  # and all who use an app, with one key
}
BEFORE = timedelta(minutes=5)
"""The show begins so long before its first report."""

console = notes()


def run(
    reports: Annotated[int, typer.Option(min=1, help="how many of the city pack's reports")] = 120,
    speed: Annotated[
        float | None, typer.Option(min=1, help="a free-running show: business time runs X times as fast")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="last line on standard output: the figures")] = False,
    name: Annotated[str, typer.Option("--name", help="the stack to play on; its data is forgotten first")] = "demo",
    port_base: Annotated[int | None, typer.Option(help="its first port (demo: 8800)")] = None,
) -> None:
    """Show a city at work: real reports through the real system, scripted officers, a clock that jumps.

    Without --speed the clock stands still until everything is quiet, so that the figures are exact on any machine.
    Ends with 1 when they don't add up.
    """
    if name == "main":
        raise PartError("the demo never plays on main: it would forget its data; choose another --name")
    stack = Stack(name, base=port_base, anchored=True, environment=SETTINGS)
    pack = _pack(stack)
    chosen_ones = chosen(pack, reports)
    found = asyncio.run(_play(_fresh(stack, chosen_ones[0].sent_at - BEFORE), pack, chosen_ones, speed))
    console.print(screen.table(found, pack))
    console.print(screen.loop(found))
    console.print(screen.verdict(found))
    _farewell(stack, Staffing(pack).office(), found.adds_up)
    if as_json:
        print(json.dumps(found.shown(), ensure_ascii=False))
    raise typer.Exit(0 if found.adds_up else 1)


def _pack(stack: Stack) -> Pack:
    loaded = load(stack.plan.city, datetime.now(UTC).date())
    if loaded.pack is None:
        raise PartError(f"the city pack is broken: ./sanfu city check {stack.plan.city} says where")
    return loaded.pack


def _fresh(stack: Stack, start: datetime) -> Stack:
    """Bring the demo's stack up with nothing in it, its clock standing at the start."""
    began = time.monotonic()
    console.print(f"bringing the stack up: {stack.plan.name}")
    stack.reset()
    stack.places.run.mkdir(parents=True)
    write_anchor(stack.places.clock, Anchor(start, datetime.now(UTC), 0))
    stack.up(console.print)
    console.print(f"up after {time.monotonic() - began:.1f} s; watch it at {stack.urls['desk']}/board")
    return stack


async def _play(stack: Stack, pack: Pack, reports: list[Report], speed: float | None) -> figures.Figures:
    staffing = Staffing(pack)
    shown = screen.Screen(console, pack, len(reports))
    async with Doors(stack) as doors:
        start = reports[0].sent_at - BEFORE
        free = Running(stack.places.clock, doors, start, speed) if speed else None
        pace = free or Jumping(stack.places.clock, doors, start)
        broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, security=security(ServiceSettings()))
        await broker.start()
        by_topic = None if free else Answering(broker)  # what is seen at once after it is sent may not be done yet
        play = Play(Script(pack, staffing, Hours(pack, national_calendar())), doors, pace, shown.show, by_topic)
        try:
            with shown.bar:
                await play.run(reports)
        finally:
            await broker.stop()
        if free is not None:
            pace = await free.stop()
        await pace.settle()
        numbers = [taken["receipt"] for taken in play.receipts.values()]
        return await figures.read(
            doors, staffing, numbers, await story(stack, [unit for unit in pack.units if subscribed(pack, unit)])
        )


def _farewell(stack: Stack, office: str, adds_up: bool) -> None:
    console.print("[green]it adds up[/]" if adds_up else "[red]it does not add up[/]: see the lines with ✗")
    console.print(f"board     {stack.urls['desk']}/board", soft_wrap=True)
    console.print(f"          sign in as the office ({office}): {stack.keys.users[office]}", soft_wrap=True)
    console.print(f"form      {stack.urls['intake']}/report")
    console.print(f"messages  {stack.urls['sinks']}/")
    console.print(f"keys      ./sanfu keys --name {stack.plan.name}")
    console.print(f"still running; stop it with  ./sanfu down --name {stack.plan.name}")
