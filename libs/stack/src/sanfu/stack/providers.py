"""`sanfu providers`: who carries messages, how each does, what waits for them; put one aside, take it back, try it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from sanfu.contracts.envelope import moment
from sanfu.notify.adapters.hook_calls import Hook
from sanfu.notify.adapters.plan import planned, planned_hooks
from sanfu.notify.ports import Provider as Carrying
from sanfu.stack.consoles import answers
from sanfu.stack.doors import Json
from sanfu.stack.notify_doors import NotifyDoors
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack
from sanfu.stack.tables import plain, wide
from sanfu.stack.times import ago, now_of, span

app = typer.Typer(help="Providers of messages: how they do, and what an operator does about it.")
WAITS = "what waits; ./sanfu deliveries shows each"
console = answers()
CALL_S = 10.0
"""Seconds for a call, as good as any where none is made."""
ENDLESS = 1_000_000
"""Messages that one may be given of whom nothing is known but good."""
COLOURS = {
    "well": "green",
    "untried": "cyan",
    "rests": "red",
    "probed": "yellow",
    "slowed": "yellow",
    "aside": "magenta",
}
OPEN = ("queued", "sending", "held")

Name = Annotated[str, typer.Option("--name", help="which stack of this checkout")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
Provider = Annotated[str, typer.Argument(help="its name, as the table shows it; sms/NAME where two media have one")]


@app.callback(invoke_without_command=True)
def show(context: typer.Context, name: Name = "main", as_json: AsJson = False) -> None:
    """Show each provider and what waits. Ends with 1 when a medium has providers and none of them takes anything."""
    if context.invoked_subcommand is not None:
        return
    stack = Stack.known(name)
    found, waiting = asyncio.run(_seen(stack))
    if as_json:
        print(json.dumps({"providers": found, "waiting": waiting}, ensure_ascii=False))
    else:
        console = wide()
        console.print(table(found))
        if any(one["places"] for one in found):
            console.print(places(found))
        console.print(waits(waiting, now_of(stack)) if waiting else "nothing waits")
    raise typer.Exit(1 if _silent(found) else 0)


async def _seen(stack: Stack) -> tuple[list[Json], list[Json]]:
    async with NotifyDoors(stack) as doors:
        with Console(stderr=True).status("asking notify"):
            found = await doors.providers()
            waiting = [one for state in OPEN for one in await doors.tallies({"state": state})]
    return found, waiting


def _silent(found: list[Json]) -> list[str]:
    """Name the media of which nobody takes anything now."""
    takes = {one["medium"] for one in found if one["state"] not in {"rests", "aside"}}
    return sorted({one["medium"] for one in found} - takes)


def table(found: list[Json]) -> Table:
    rated = any(one["rates"] for one in found)
    vain = any(one.get("in_vain") for one in found)
    columns = ["took one", *["took none since"] * vain, *["rates left"] * rated, "last said"]
    shown = plain("medium", "provider", "state", "next", "may take", *columns)
    for one in found:
        colour = COLOURS.get(one["state"], "white")
        said = f"put aside: {one['because']}" if one["because"] else one["why"] or ""
        taken = "" if one["taken_ago"] is None else f"{span(one['taken_ago'])} ago"
        waits = "" if one["state"] == "aside" else f"in {span(one['wait'])}" if one["wait"] else "now"
        rates = ", ".join(
            f"{rate['left']} of {rate['most']}/{span(rate['seconds']).removeprefix('1 ')}" for rate in one["rates"]
        )
        state = f"[{colour}]{one['state']}[/]"
        room = "all" if one["room"] >= ENDLESS else str(one["room"])
        shown.add_row(
            one["medium"],
            one["provider"],
            state,
            waits,
            room,
            taken,
            *[in_vain(one)] * vain,
            *[rates] * rated,
            escape(said),
        )
    return shown


def in_vain(one: Json) -> str:
    """Say since when a provider has taken nothing of all that it was given: in this machine's own time."""
    if not one.get("in_vain"):
        return ""
    at, tries = moment(one["in_vain_since"]), "1 try" if one["in_vain"] == 1 else f"{one['in_vain']} tries"
    long = span((datetime.now(UTC) - at).total_seconds())
    return f"{at.astimezone():%m-%d %H:%M}, {long} ago: {tries}"


def places(found: list[Json]) -> Table:
    """The robots and endpoints that are not well: each does well or badly by itself."""
    shown = plain("provider", "place", "state", "next", "since", "last said", title="not well; the others carry")
    for one in found:
        for place in one["places"]:
            state = f"[{COLOURS.get(place['state'], 'white')}]{place['state']}[/]"
            since = "" if place["began_ago"] is None else f"{span(place['began_ago'])} ago"
            waits = f"in {span(place['wait'])}" if place["wait"] else "now"
            what = (f"{one['medium']}/{one['provider']}", escape(place["place"]), state, waits, since)
            shown.add_row(*what, escape(place["why"] or ""))
    return shown


def waits(found: list[Json], now: datetime) -> Table:
    number = Column("messages", justify="right")
    shown = plain("medium", "state", "reason", number, "oldest event", "first goes", "first is of no use", title=WAITS)
    for one in found:
        due = _goes(one, now)
        row = (one["medium"], one["state"], one["why"] or "", str(one["count"]), ago(one["oldest"], now), due)
        shown.add_row(*row, ago(one["useful_until"], now))
    return shown


def _goes(one: Json, now: datetime) -> str:
    """Say when the first of these goes: what is queued when somebody takes it; what is held at its time, or once what
    it waits for is here."""
    if one["state"] != "held" or one["due"] is None:
        return "when taken"
    if moment(one["due"]) > now:
        return ago(one["due"], now)
    return "when taken" if one["why"] == "window" else "when it is here"


def sound(file: Path) -> tuple[Mapping[str, Sequence[Carrying]], Mapping[str, Hook]]:
    """Read a file of providers and hooks. Raises PartError that names each mistake."""
    if not file.is_file():
        raise PartError(f"there is no file {file}")
    try:
        text = file.read_text(encoding="utf-8")
        return planned(text, CALL_S), planned_hooks(text)
    except (ValueError, OSError) as error:
        raise PartError(f"{file}: {error}") from None


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="the providers' file, as SANFU_PROVIDERS_FILE names it")],
) -> None:
    """Say whether all is right in this file: before you restart notify. Nothing is connected to."""
    plan, hooks = sound(file)
    for medium, there in plan.items():
        if there:
            console.print(f"{medium:<9} {', then '.join(one.name for one in there)}", markup=False)
    if hooks:
        console.print(f"units     {', '.join(hooks)}", markup=False)
    if not (hooks or any(plan.values())):
        raise PartError(f"{file} names nobody: notify would send nothing")


@app.command("rest")
def rest(
    provider: Provider,
    because: Annotated[str, typer.Option("--because", help="for whoever comes next; no personal data")],
    name: Name = "main",
) -> None:
    """Put a provider aside: it is given nothing until `resume`, also after a restart of notify."""
    _order(name, provider, "rest", {"because": because})


@app.command("resume")
def resume(provider: Provider, name: Name = "main") -> None:
    """Take a provider back that was put aside: two messages, then more with each that it takes."""
    _order(name, provider, "resume", {})


@app.command("try")
def probe(provider: Provider, name: Name = "main") -> None:
    """Give a provider that rests one message now, and do not wait for its rest to end."""
    _order(name, provider, "try", {})


def unchanged(provider: str, order: str, found: Json) -> str:
    """Say that an order changed nothing; nothing where it did."""
    if found.get("changed", True):
        return ""
    if order == "rest":
        return (
            f"{provider} was put aside before, since {found['since']}: it stands as it was, with the reason given then"
        )
    return {
        "resume": f"{provider} was not put aside: nothing has changed",
        "try": f"{provider} waits for no time of its own: nothing has changed",
    }[order]


def _order(name: str, provider: str, order: str, body: Json) -> None:
    async def ordered() -> Json:
        async with NotifyDoors(Stack.known(name)) as doors:
            return await doors.order_provider(provider, order, body)

    found = asyncio.run(ordered())
    wide().print(table([found]))
    if said := unchanged(provider, order, found):
        console.print(said, markup=False)
    if order == "try" and found["state"] == "aside":
        console.print(
            f"{provider} is put aside, and is asked nothing: ./sanfu providers resume {provider}", markup=False
        )
