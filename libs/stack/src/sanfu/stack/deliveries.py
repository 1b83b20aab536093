"""`sanfu deliveries`: who was told, what waits and why; and telling the same recipients again."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

import typer
from rich.progress import track
from rich.table import Column

from sanfu.stack.consoles import answers, notes
from sanfu.stack.delivery_words import meaning
from sanfu.stack.doors import Json
from sanfu.stack.notify_doors import NotifyDoors
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack
from sanfu.stack.tables import plain, wide
from sanfu.stack.times import ago, now_of, since

app = typer.Typer(help="Deliveries: who was told, what waits, why; tell again.")
console = answers()
told = notes()
STATES = ("queued", "held", "sending", "sent", "delivered", "failed", "skipped", "unknown")
MOST_AGAIN = 1000
"""Messages that one order sends again: more is a decision for the day, and a burst for the provider."""

Name = Annotated[str, typer.Option("--name", help="which stack of this checkout")]
AsJson = Annotated[bool, typer.Option("--json", help="for machines")]
Issue = Annotated[str, typer.Option("--issue", help="an issue's or affair's id")]
State = Annotated[str, typer.Option("--state", help=f"one of {', '.join(STATES)}")]
Medium = Annotated[str, typer.Option("--medium", help="sms, email, webhook, dingtalk, wecom, inbox")]
Provider = Annotated[str, typer.Option("--provider", help="who has it, or was silent about it")]
Unit = Annotated[str, typer.Option("--unit", help="the recipient's unit")]
Reason = Annotated[
    str, typer.Option("--reason", help="as the table shows it, whole or what stands before a colon: gave_up")
]
Critical = Annotated[bool, typer.Option("--critical", help="those of emergencies alone")]
User = Annotated[str, typer.Option("--user", help="the account that it went to")]
Template = Annotated[str, typer.Option("--template", help="as the table shows it")]
Event = Annotated[str, typer.Option("--event", help="the id of the event that is told")]
Since = Annotated[str, typer.Option("--since", help="of events since: 30m, 8h, 7d, an instant with its zone, or all")]
Until = Annotated[str, typer.Option("--until", help="of events before: as --since; absent: now")]


class Seen(NamedTuple):
    counts: list[Json]
    rows: list[Json]


class Resent(NamedTuple):
    """How many were sent again now, how many before; of the others why not."""

    now: int
    before: int
    refused: list[str]


@app.callback(invoke_without_command=True)
def show(  # noqa: PLR0917  # options of a command line, never given by position
    context: typer.Context,
    issue: Issue = "", state: State = "", medium: Medium = "", provider: Provider = "", unit: Unit = "",
    reason: Reason = "", critical: Critical = False, user: User = "", template: Template = "", event: Event = "",
    after: Since = "1d", before: Until = "",
    why: Annotated[str, typer.Option("--why", help="a delivery's id: what became of it, and what to do")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, max=100_000, help="rows; the counts are of all")] = 20,
    name: Name = "main", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Count deliveries by medium, state and reason, and list the newest."""
    if context.invoked_subcommand is not None:
        return
    stack = Stack.known(name)
    if why:
        _explain(stack, why, as_json=as_json)
        return
    now = now_of(stack)
    given = {
        "subject": issue, "state": state, "medium": medium, "provider": provider, "unit": unit, "reason": reason,
        "user": user, "template": template, "event": event,
    }  # fmt: skip
    seen = asyncio.run(_seen(stack, _filters(given, critical, _span(after, before, now)), limit))
    if as_json:
        print(json.dumps(seen._asdict(), ensure_ascii=False))
    elif not seen.counts:
        asked = "" if after == "all" else f" of events since {after} (--since all: ever)"
        asked += f", before {before}" if before else ""
        console.print(f"no such deliveries{asked}")
    else:
        _print(seen, now)


def _span(after: str, before: str, now: datetime) -> dict[str, str | None]:
    return {"since": since(after, now), "until": since(before, now, "--until") if before else None}


def _filters(given: dict[str, str], critical: bool, span: dict[str, str | None]) -> dict[str, str]:
    state = given["state"]
    if state and state not in STATES:
        raise PartError(f"there is no state {state}; there are {', '.join(STATES)}")
    whole = {**given, "critical": "true" if critical else "", **span}
    return {name: value for name, value in whole.items() if value}


async def _seen(stack: Stack, filters: dict[str, str], limit: int) -> Seen:
    async with NotifyDoors(stack) as doors:
        with told.status("asking notify"):
            counts = await doors.tallies(filters)
            return Seen(counts, await _first(doors, filters, limit))


async def _first(doors: NotifyDoors, filters: dict[str, str], limit: int) -> list[Json]:
    rows: list[Json] = []
    if limit:
        async for one in doors.those({**filters, "limit": str(min(limit, 200))}):
            rows.append(one)
            if len(rows) == limit:
                break
    return rows


def _print(seen: Seen, now: datetime) -> None:
    console, number = wide(), Column("messages", justify="right")
    counts = plain("medium", "state", "reason", "provider", number, "oldest event", "first is of no use")
    for one in seen.counts:
        waits = one["state"] in {"queued", "held", "sending"}
        row = (one["medium"], one["state"], one["why"] or "", one["provider"] or "", str(one["count"]))
        counts.add_row(*row, ago(one["oldest"], now), ago(one["useful_until"], now) if waits else "")
    console.print(counts)
    if not seen.rows:
        return
    rows = plain(
        Column("delivery", no_wrap=True), "event", "issue", "template", "medium", "to", "state", "reason", "tries"
    )
    for one in seen.rows:
        to = " of ".join(part for part in (one["recipient"], one["unit"]) if part)
        template = f"[red]{one['template']}[/]" if one["critical"] else one["template"]
        what = (one["id"], ago(one["at"], now), one.get("number") or one["subject"], template, one["medium"], to)
        rows.add_row(*what, one["state"], one["why"] or "", str(one["tries"]))
    console.print(rows)
    console.print("./sanfu deliveries --why ID says more of one", style="dim")


def _explain(stack: Stack, id: str, *, as_json: bool) -> None:
    async def asked() -> Json:
        async with NotifyDoors(stack) as doors:
            return await doors.delivery(id)

    found = asyncio.run(asked())
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    now = now_of(stack)
    for field, value in found.items():
        if value not in (None, []):
            said = ", ".join(value) if isinstance(value, list) else value
            when = f"   ({ago(value, now)})" if field in {"at", "due", "useful_until"} else ""
            console.print(f"{field:<13} {said}{when}", markup=False)
    console.print(f"\n{meaning(found['state'], found['why'])}", markup=False)


@app.command("resend")
def resend(  # noqa: PLR0917  # options of a command line, never given by position
    because: Annotated[str, typer.Option("--because", help="stays with each; no personal data")],
    ids: Annotated[list[str] | None, typer.Argument(help="deliveries, as the table shows them; or choose by options")]
    = None,
    issue: Issue = "", state: State = "", medium: Medium = "", provider: Provider = "", unit: Unit = "",
    reason: Reason = "", critical: Critical = False, user: User = "", template: Template = "", event: Event = "",
    after: Since = "1d", before: Until = "",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before several are sent again")] = False,
    name: Name = "main",
) -> None:  # fmt: skip
    """Tell the same recipients once more: who is named, or all that are chosen by --state and the other options. The
    same words of --because send each once, however often this is run. Ends with 1 when some could not be."""
    stack = Stack.known(name)
    given = {
        "subject": issue, "state": state, "medium": medium, "provider": provider, "unit": unit, "reason": reason,
        "user": user, "template": template, "event": event,
    }  # fmt: skip
    filters = _filters(given, critical, _span(after, before, now_of(stack)))
    if not ids and not state:
        raise PartError("name deliveries by their ids, or choose them by --state (failed, skipped, unknown …)")
    wanted = ids or asyncio.run(_chosen(stack, filters))
    if not wanted:
        raise PartError("there are no such deliveries; ./sanfu deliveries shows what there is")
    if len(wanted) > 1 and not yes and not typer.confirm(f"send {len(wanted)} messages again?", err=True):
        raise PartError("nothing was sent again")
    done = asyncio.run(_again(stack, wanted, because))
    console.print(told_of(done))
    for line in done.refused[:20]:
        console.print(line, markup=False)
    raise typer.Exit(1 if done.refused else 0)


def told_of(done: Resent) -> str:
    """Say how many were sent again now, how many had been before, with the same words, and how many could not be."""
    before = f", {done.before} were sent again before with these words of --because" if done.before else ""
    return f"{done.now} are on their way again{before}, {len(done.refused)} are not"


async def _chosen(stack: Stack, filters: dict[str, str]) -> list[str]:
    async with NotifyDoors(stack) as doors:
        with told.status("asking notify"):
            found = await _first(doors, filters, MOST_AGAIN + 1)
    if len(found) > MOST_AGAIN:
        raise PartError(f"more than {MOST_AGAIN} are chosen: narrow it down by --since, --medium, --reason, --unit")
    return [one["id"] for one in found]


async def _again(stack: Stack, ids: Sequence[str], because: str) -> Resent:
    """Send each again; count, and return what was said of those that could not be."""
    now, before, refused = 0, 0, list[str]()
    async with NotifyDoors(stack) as doors:
        for id in track(ids, "sending again", console=told, disable=len(ids) < 20, transient=True):
            try:
                found = await doors.resend(id, because, _key(id, because))
                now, before = (now + 1, before) if found.get("changed", True) else (now, before + 1)
            except PartError as error:
                refused.append(f"{id}: {error}")
    return Resent(now, before, refused)


def _key(id: str, because: str) -> str:
    return f"cli-{hashlib.sha256(f'{id} {because}'.encode()).hexdigest()[:40]}"
