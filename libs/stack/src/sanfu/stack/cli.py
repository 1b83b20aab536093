"""`sanfu`: the command line. A command that needs more than a few lines has a module of its own and is named here."""

import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from sanfu.stack import (
    access,
    deliveries,
    gate,
    importing,
    keys,
    letters,
    listing,
    onboarding,
    providers,
    rebuilding,
    replanning,
    routing,
    running,
    services,
    subscribing,
    tables,
    tools,
)
from sanfu.stack.consoles import notes
from sanfu.stack.demo import command as demo
from sanfu.stack.doctor import examine
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from sanfu.stack.programs import PartError, last_lines
from sanfu.stack.stack import Stack
from sanfu.stack.system import MissingPackages

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Sanfu on one machine: Kafka, MongoDB and all services in one command.",
)
app.command("demo")(demo.run)
app.command("import")(importing.run)
app.command("rebuild")(rebuilding.run)
app.command("subscribe")(subscribing.run)
app.command("keys")(keys.run)
app.command("bench")(tools.bench)
app.add_typer(access.app, name="access")
app.add_typer(letters.app, name="dlq")
app.add_typer(providers.app, name="providers")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(onboarding.app, name="unit")
app.add_typer(listing.lists, name="lists")
app.add_typer(tools.city, name="city")
tools.sla.command("replan")(replanning.run)
app.add_typer(tools.sla, name="sla")
app.add_typer(routing.router, name="router")
app.add_typer(routing.rules, name="rules")
app.command("check")(gate.check)
app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(gate.test)

console = notes()
"""What goes on. What was asked for goes to `tables.wide()`, where the next command of a pipe reads it."""

Name = Annotated[str, typer.Option("--name", help="which stack of this checkout")]
Json = Annotated[bool, typer.Option("--json", help="for machines: one JSON object on standard output")]


@app.command()
def up(  # noqa: PLR0917  # options of a command line, never given by position
    name: Name = "main",
    only: Annotated[str, typer.Option(help="run these only, by commas: kafka,mongo,topics,sinks,intake,…")] = "",
    port_base: Annotated[int | None, typer.Option(help="the stack's first port (main: 8700, demo: 8800)")] = None,
    city: Annotated[Path | None, typer.Option(help="directory of the city pack (default: the shipped one)")] = None,
    broker: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE for the broker's properties: log.flush.interval.messages=1 …")
    ] = None,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", "--dry-run", help="no message leaves: what would have is kept, to be read")
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="forget this stack's data first")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="stay, and take it down when ended")] = False,
) -> None:
    """Bring the stack up: servers, topics, services; and show where everything is.

    SANFU_KAFKA and SANFU_MONGO name servers that run elsewhere: the stack then starts none of its own.
    """
    if reset:
        Stack.known(name).reset()
    stack = Stack(
        name,
        base=port_base,
        only=_programs(only),
        city=(city.resolve() if city else shipped_city(checkout())),
        kafka=os.environ.get("SANFU_KAFKA"),
        mongo=os.environ.get("SANFU_MONGO"),
        broker=dict(map(_setting, broker or ())),
        rehearsal=rehearsal,
    )
    began = time.monotonic()
    if stack.up(console.print):
        console.print(f"[bold]{name} is up[/] after {time.monotonic() - began:.1f} s")
    else:
        stack = Stack.known(name)
        if rehearsal and not stack.plan.rehearsal:
            raise PartError(f"{name} is up already, and in no rehearsal: ./sanfu down --name {name} first, then up")
        console.print(f"{name} is up already" if stack.status().up else f"{name} is coming up already")
        given = running.ignored(
            stack, only=_programs(only), base=port_base, city=city, broker=dict(map(_setting, broker or ()))
        )
        _tell_ignored(stack, given)
    tables.wide().print(tables.addresses(stack))
    if foreground:
        _stay(stack)


def _tell_ignored(stack: Stack, given: list[str]) -> None:
    if not given:
        return
    name = stack.plan.name
    named = ", ".join(map(escape, given))
    console.print(f"[bold yellow]it goes on as it was brought up, and not with[/] {named}", soft_wrap=True)
    console.print(f"./sanfu down --name {name}, and this command again, takes that", soft_wrap=True)
    console.print(f"./sanfu restart PROGRAM --name {name} takes what stands in files that it was brought up with")


def _programs(only: str) -> tuple[str, ...]:
    """Raises PartError for a name that is no program's."""
    wanted, there = tuple(only.split(",")) if only else (), ("kafka", "mongo", "topics", "sinks", *services.present())
    if unknown := [name for name in wanted if name not in there]:
        raise PartError(f"--only: there is no {', '.join(unknown)}; there are {', '.join(there)}")
    return wanted


def _setting(given: str) -> tuple[str, str]:
    """Raises PartError for what is no KEY=VALUE."""
    key, equals, value = given.partition("=")
    if not (key and equals):
        raise PartError(f"--broker takes KEY=VALUE, as in log.flush.interval.messages=1, not {given}")
    return key, value


def _stay(stack: Stack) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while stack.status().phase != "down":
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("going down")
        stack.down()


@app.command()
def down(name: Name = "main") -> None:
    """Take the stack down. Its data stays."""
    console.print(f"{name} is down" if Stack.known(name).down() else f"{name} was not up")


@app.command()
def restart(
    program: Annotated[str, typer.Argument(help="kafka, mongo, sinks, intake, router, …")], name: Name = "main"
) -> None:
    """Stop a program and start it again, with what its files say by now; what is under way is finished first. Notify is
    left alone when its file of providers is wrong."""
    stack = Stack.known(name)
    if program not in stack.status().programs:
        there = ", ".join(stack.status().programs) or f"none: ./sanfu up --name {name} brings it up"
        raise PartError(f"{program} does not run in {name}; there are {there}")
    running.check_settings(stack, program)
    with console.status(f"stopping {program}") as told:
        if program in stack.status().programs and stack.status().programs[program]["pid"]:
            stack.stop(program)
        told.update(f"starting {program}")
        stack.start(program)
    console.print(f"{program} is ready")


@app.command()
def status(name: Name = "main", as_json: Json = False) -> None:
    """Show what runs, with pids and ports. Ends with 1 when the stack is not wholly up."""
    stack = Stack.known(name)
    if as_json:
        print(json.dumps(tables.status_object(stack), ensure_ascii=False))
    else:
        tables.wide().print(
            tables.programs(stack) if stack.status().programs else f"{name} is down: ./sanfu up brings it up"
        )
    raise typer.Exit(0 if stack.status().up else 1)


@app.command()
def logs(
    program: Annotated[str, typer.Argument(help="kafka, mongo, topics, sinks, intake, router, …, supervisor")],
    name: Name = "main",
    lines: Annotated[int, typer.Option("--lines", "-n")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as it grows")] = False,
) -> None:
    """Show the end of a program's log."""
    log = Stack.known(name).places.logs / f"{program}.log"
    if not log.is_file():
        there = ", ".join(sorted(path.stem for path in log.parent.glob("*.log"))) or "none"
        raise PartError(f"no log of {program}; there are: {there}")
    print(last_lines(log, lines))
    if follow:
        _follow(log)


def _follow(log: Path) -> None:
    with log.open(errors="replace") as file:
        file.seek(0, os.SEEK_END)
        while True:
            grown = file.read()
            print(grown, end="", flush=True)
            if not grown:
                time.sleep(0.2)


@app.command()
def doctor(name: Name = "main", as_json: Json = False) -> None:
    """Say what keeps the stack from running: the cause, and the cure. Ends with 1 when there is something."""
    plan = Stack.known(name).plan
    kafka, mongo = (os.environ.get(name) for name in ("SANFU_KAFKA", "SANFU_MONGO"))
    findings = examine(replace(plan, kafka=kafka or plan.kafka, mongo=mongo or plan.mongo))
    if as_json:
        print(json.dumps(tables.findings_object(findings), ensure_ascii=False))
    else:
        tables.wide().print(tables.findings(findings))
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


def main() -> None:
    """Run the command line. Exit codes: 1 it failed, 2 something is missing on this machine or in the command."""
    try:
        app(prog_name="./sanfu")
    except MissingPackages as missing:
        console.print(f"[bold red]{missing}[/]", soft_wrap=True)
        sys.exit(2)
    except (PartError, LookupError, FileNotFoundError) as failure:
        console.print(str(failure), style="red", soft_wrap=True, markup=False)
        sys.exit(1)
