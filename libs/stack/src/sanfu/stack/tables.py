"""How the command line shows a stack: tables for people, plain objects for machines."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Column, Table

from sanfu.stack import parts, services
from sanfu.stack.consoles import answers
from sanfu.stack.doctor import Finding
from sanfu.stack.stack import Stack

PAGES: Final = (
    ("report a problem", "intake", "/report"),
    ("look one up", "desk", "/my"),
    ("the live board", "desk", "/board"),
    ("lists", "desk", "/lists"),
    ("events, for units' systems", "desk", "/docs/events"),
    ("each service's API", "desk", "/openapi.json"),
)
"""What a browser may be pointed at first: for what, whose, where."""
COLOURS = {"ready": "green", "done": "green", "failed": "red", "held": "yellow"}


def wide() -> Console:
    """A console for tables of many columns: as wide as the terminal; into a file or a pipe, as wide as they are."""
    console = answers()
    return console if console.is_terminal else answers(width=200)


def plain(*columns: str | Column, title: str | None = None) -> Table:
    """A table without walls, whose cells are there to be copied."""
    made = (Column(one, overflow="fold") if isinstance(one, str) else one for one in columns)
    return Table(*made, title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def addresses(stack: Stack) -> Table:
    """Return where everything is, and in which version."""
    table = Table("what", "where", "version", title=f"Sanfu: {stack.plan.name}", title_justify="left")
    table.add_row("Kafka", stack.plan.bootstrap, parts.KAFKA if stack.plan.runs("kafka") else "elsewhere")
    table.add_row("MongoDB", _without_password(stack.plan.mongo_uri), parts.MONGOD if stack.plan.runs("mongo") else "")
    for name, url in stack.urls.items():
        table.add_row(name, url, version(_distribution(name)))
    for what, service, path in PAGES:
        if service in stack.urls:
            table.add_row(what, f"{stack.urls[service]}{path}", "")
    if stack.plan.runs("sinks"):
        table.add_row("SMTP sink", f"127.0.0.1:{stack.places.port('smtp')}", "")
    if stack.plan.rehearsal and "notify" in stack.urls:
        table.add_row("rehearsal", f"no message leaves; what would have: {stack.urls['notify']}/v1/rehearsal", "")
    if stack.places.channel_keys.exists():
        table.add_row("keys", f"./sanfu keys --name {stack.plan.name}", "")
    return table


def programs(stack: Stack) -> Table:
    """Return what the supervisor knows of each program."""
    now = stack.status()
    table = Table("program", "state", "pid", "port", "restarts", title=f"{stack.plan.name}: {now.phase}")
    for name, program in now.programs.items():
        colour = COLOURS.get(program["state"], "white")
        row = (str(program[key] or "") for key in ("pid", "port", "restarts"))
        table.add_row(name, f"[{colour}]{program['state']}[/]", *row)
    return table


def status_object(stack: Stack) -> dict[str, Any]:
    """Return the same for machines; with `ready` as each program itself says it now."""
    now = stack.status()
    urls = stack.urls if now.phase != "down" else {}
    shown = {
        name: {
            **{key: program[key] for key in ("state", "pid", "port", "restarts")},
            "url": urls.get(name),
            "ready": services.answers(f"{urls[name]}/health/ready") if name in urls else program["state"] == "ready",
        }
        for name, program in now.programs.items()
    }
    return {"name": stack.plan.name, "phase": now.phase, "kafka": stack.plan.bootstrap, "programs": shown}


def findings(found: Sequence[Finding]) -> Table:
    """Return the doctor's findings, what is well in one word."""
    table = Table("looked at", "", "cure", title="doctor")
    for finding in found:
        state = "[green]well[/]" if finding.well else f"[red]{finding.cause}[/]"
        table.add_row(finding.what, state, "" if finding.well else finding.cure)
    return table


def findings_object(found: Sequence[Finding]) -> dict[str, Any]:
    ill = [{"what": f.what, "cause": f.cause, "cure": f.cure} for f in found if not f.well]
    return {"well": not ill, "looked_at": [f.what for f in found], "ill": ill}


def _distribution(name: str) -> str:
    return "sanfu-stack" if name == "sinks" else f"sanfu-{name}"


def _without_password(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else uri
