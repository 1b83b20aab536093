"""Look for what keeps a stack from running, and say the cause and the cure."""

import asyncio
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack import mongo, parts, services, state, system
from sanfu.stack.plan import Plan
from sanfu.stack.programs import listening

LEAST_DISK_GB = 2.0
"""Kafka's jars, mongod, and both servers' first files take 0.7 GB; the rest is room for a day's play."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at; where it is not well, why, and what helps."""

    what: str
    well: bool
    cause: str = ""
    cure: str = ""


def examine(plan: Plan) -> list[Finding]:
    """Look at everything that this plan needs. Changes nothing."""
    embedded = plan.runs("kafka") or plan.runs("mongo")
    return [
        *([_platform()] if embedded else []),
        *(_tools(plan) if plan.runs("kafka") else []),
        _disk(plan.root),
        _city(plan),
        _leftovers(plan),
        *_ports(plan),
        *_elsewhere(plan),
    ]


def _platform() -> Finding:
    system_, machine = platform.system(), platform.machine()
    return Finding(
        "platform",
        (system_, machine) == ("Linux", "x86_64"),
        f"this is {system_} on {machine}; the embedded MongoDB is for Linux on x86-64",
        "set SANFU_MONGO (and SANFU_KAFKA) to servers that run elsewhere, or use deploy/compose.yaml",
    )


def _tools(plan: Plan) -> Iterator[Finding]:
    version = system.java_version()
    found = f"Java {version} is too old" if version else "there is no Java"
    yield Finding(
        "Java", system.JAVA.met(), f"{found}; Kafka needs 17 or later", "apt-get install openjdk-17-jre-headless"
    )
    if not (plan.places.parts / f"kafka-{parts.KAFKA}").is_dir():
        yield Finding("Maven", system.MAVEN.met(), "there is no mvn; Kafka's jars come by it", "apt-get install maven")


def _disk(root: Path) -> Finding:
    """Look where everything is kept: that may be a link to another disk than the checkout's."""
    place = root / ".sanfu"
    free = shutil.disk_usage(place if place.exists() else root).free / 1e9
    return Finding(
        "disk",
        free >= LEAST_DISK_GB,
        f"{free:.1f} GB are free, {LEAST_DISK_GB:g} GB are needed",
        f"make room on the disk of {place}, or make it a link to a roomier one",
    )


def _city(plan: Plan) -> Finding:
    return Finding("city pack", plan.city.is_dir(), f"no pack at {plan.city}", "set SANFU_CITY to a pack's directory")


def _leftovers(plan: Plan) -> Finding:
    left = {} if state.owner(plan.places.lock) else state.leftovers(plan.places.state)
    names = ", ".join(f"{name} (pid {pid})" for name, pid in left.items())
    cure = f"./sanfu down --name {plan.name} stops them; so does the next up"
    return Finding("leftovers", not left, f"the supervisor was killed and left running: {names}", cure)


def _ports(plan: Plan) -> Iterator[Finding]:
    if state.owner(plan.places.lock) or state.leftovers(plan.places.state):
        return
    for name, port in ports(plan).items():
        taken = listening(port)
        by = f" by {holder(port)}" if taken and holder(port) else ""
        cure = "stop that program, or move the stack: ./sanfu up --port-base 9700"
        yield Finding(f"port {port} ({name})", not taken, f"port {port}, for {name}, is taken{by}", cure)


def _elsewhere(plan: Plan) -> Iterator[Finding]:
    if plan.kafka:
        cure = "look at SANFU_KAFKA: it is HOST:PORT, several by commas; and at SANFU_KAFKA_USER and its neighbours"
        refusal = _refused(plan.kafka)
        yield Finding("Kafka elsewhere", refusal is None, f"no broker at {plan.kafka} lets us in: {refusal}", cure)
    if plan.mongo:
        well = mongo.writable(plan.mongo)
        yield Finding("MongoDB elsewhere", well, "no primary answers", "look at SANFU_MONGO: it must be a replica set")


def _refused(addresses: str) -> str | None:
    """Come to Kafka as a service would, account and all; return what it says to that, None when one gets in."""

    async def come() -> None:
        broker = KafkaBroker(addresses, security=security(ServiceSettings()))
        try:
            await broker.start()
        finally:
            await broker.stop()

    try:
        asyncio.run(come())
    except (BrokerDown, OSError, ValueError) as error:
        return str(error)
    return None


def ports(plan: Plan) -> dict[str, int]:
    """Return the ports that this plan takes, by what they are for."""
    names = [name for name in ("kafka", "mongo", "sinks", *services.SERVICES) if plan.runs(name)]
    names += ["kafka-controller"] * plan.runs("kafka") + ["smtp"] * plan.runs("sinks")
    return {name: plan.places.port(name) for name in names}


def holder(port: int) -> str | None:
    """Name the process that listens on a TCP port, where /proc tells; None where it does not."""
    inode = next((row[9] for row in _sockets() if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port), None)
    for link in Path("/proc").glob("[0-9]*/fd/*") if inode else ():
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return f"{(link.parents[1] / 'comm').read_text().strip()} (pid {link.parents[1].name})"
        except OSError:
            continue  # it went away while we looked, or is somebody else's
    return None


def _sockets() -> Iterator[list[str]]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if Path(table).is_file():
            yield from (line.split() for line in Path(table).read_text().splitlines()[1:])
