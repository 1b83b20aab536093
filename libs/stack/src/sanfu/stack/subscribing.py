"""`sanfu subscribe UNIT`: a unit's own topic as it grows, as the unit's own systems would read it."""

import asyncio
import contextlib
import json
import uuid
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts.names import unit_topic
from sanfu.runtime.broker import BrokerDown, Fenced, Incoming
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack.consoles import answers
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

TOLD = (
    "unit",
    "grade",
    "clock",
    "level",
    "limit",
    "outcome",
    "resolved",
    "kind",
    "result",
    "ground",
    "reason",
    "title",
)
"""Fields of an event's body that tell most of it, in a line."""

console = answers()


def run(
    unit: Annotated[
        str, typer.Argument(help="code of a department, a town or an onboarded section, as in the pack's units.csv")
    ],
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line: key, headers, value")] = False,
    follow: Annotated[bool, typer.Option(help="go on as it grows, until Ctrl-C")] = True,
) -> None:
    """Print a unit's topic from its beginning, and go on as it grows. Ctrl-C ends it."""
    stack = Stack.known(name)
    if not stack.status().up:
        raise PartError(f"{name} is not up: ./sanfu up --name {name} brings it up")
    check_has_topic(load(stack.plan.city, datetime.now().astimezone().date()).pack, unit)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_read(stack, unit, as_json=as_json, follow=follow))


def check_has_topic(pack: Pack | None, unit: str) -> None:
    """Raise PartError, with what would be right, for a unit that has no topic."""
    if pack is None:
        raise PartError("the city's pack can't be read: ./sanfu city check names what is wrong")
    topics = sorted(code for code, one in pack.units.items() if one.has_topic)
    if unit in topics:
        return
    known = pack.units.get(unit)
    if known and known.kind == "section":
        how = "write yes in the column topic of units.csv (add the column if it is not there), and do this again"
        raise PartError(
            f"{unit} is a section: what is for it stands in the topic of {known.parent}; to onboard it {how}"
        )
    above = f"; what is for {unit} stands in the topic of {known.parent}" if known and known.parent else ""
    close = [code for code in topics if unit in code or code in unit]
    hint = f"did you mean {', '.join(close)}?" if close else f"there are: {', '.join(topics)}"
    raise PartError(f"{unit} has no topic{above}; {hint}")


async def _read(stack: Stack, unit: str, *, as_json: bool, follow: bool) -> None:
    """Read as the unit's own systems would: with a group of its own, from the beginning."""
    secured = security(ServiceSettings())
    broker = KafkaBroker(stack.plan.bootstrap, stack.plan.prefix, fetch_wait_ms=100, security=secured)
    try:
        if follow:
            await _follow(broker, unit_topic(unit), as_json=as_json)
        else:
            for record in await broker.read(unit_topic(unit)):
                _print(record, as_json=as_json)
    except BrokerDown as error:
        raise PartError(f"Kafka does not answer: {error}") from error
    finally:
        await broker.stop()


async def _follow(broker: KafkaBroker, topic: str, *, as_json: bool) -> None:
    reader = f"sanfu.subscriber-{uuid.uuid4().hex[:12]}"
    Console(stderr=True).print(f"reading {broker.name(topic)}; Ctrl-C ends it", style="dim")
    subscription = broker.subscribe(topic, group=reader, member=reader)
    await subscription.start()
    try:
        while True:
            for record in await subscription.poll(500, 0.5):
                _print(record, as_json=as_json)
    except Fenced as error:
        raise PartError(f"the broker sent this reader away: {error}") from error
    finally:
        await subscription.stop()


def _print(record: Incoming, *, as_json: bool) -> None:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    body: Any = json.loads(record.value or b"{}")
    if as_json:
        print(json.dumps({"key": record.key, "headers": headers, "value": body}, ensure_ascii=False), flush=True)
        return
    kind = headers.get("ce_type", "?").removeprefix("sanfu.").removesuffix(".v1")
    told = " ".join(f"{name}={body[name]}" for name in TOLD if body.get(name))
    at = headers.get("ce_time", "?")[:16].replace("T", " ")
    number = headers.get("ce_unitsequence", "?")
    console.print(f"{at}  {record.key}  [bold]{number:>3} {kind:<24}[/] {told}")
