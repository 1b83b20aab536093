"""An embedded Kafka broker: one node, KRaft, 127.0.0.1 only."""

import shutil
import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from sanfu.stack.programs import PartError, Program, free_port, last_lines, running

HEAP = "-Xmx512m"
"""362 MB resident at rest, and enough for 40,000 records a second."""


def prepare(jars: Path, data: Path, *, port: int, controller: int, settings: Mapping[str, str] | None = None) -> Path:
    """Write the broker's properties under `data` and format its log directory if that is new. Returns the properties.

    `settings` are laid over the defaults (say `log.flush.interval.messages=1`)."""
    data.mkdir(parents=True, exist_ok=True)
    properties = data / "server.properties"
    lines = {**_defaults(data, port, controller), **(settings or {})}
    properties.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    if not (data / "log" / "meta.properties").is_file():
        _format(jars, data, properties)
    return properties


def program(jars: Path, properties: Path, log: Path, port: int, *flags: str) -> Program:
    """Return the broker as a program; it is ready when it names itself as a live broker."""
    if archive(jars).is_file():
        flags = (f"-XX:SharedArchiveFile={archive(jars)}", *flags)
    return Program(
        name="kafka",
        command=(*_java(jars), HEAP, *flags, "kafka.Kafka", str(properties)),
        log=log,
        ready=lambda: brokers("127.0.0.1", port) > 0,
        port=port,
        stop_within=20,
    )


def archive(jars: Path) -> Path:
    """Return where Java keeps the broker's classes as it has once loaded them. A Java it does not fit ignores it."""
    return jars.parent / f"{jars.name}.jsa"


def warm_up(jars: Path) -> None:
    """Run a broker for nothing, to make that archive: every later start takes 2 seconds instead of 5."""
    with TemporaryDirectory(dir=jars.parent, prefix=f"{jars.name}.") as scratch:
        fresh, port = Path(scratch) / "classes.jsa", free_port()
        properties = prepare(jars, Path(scratch) / "data", port=port, controller=free_port())
        with running(program(jars, properties, Path(scratch) / "log", port, f"-XX:ArchiveClassesAtExit={fresh}")):
            pass
        if fresh.is_file():  # a Java that can't make one goes without
            fresh.rename(archive(jars))


def brokers(host: str, port: int) -> int:
    """Count the cluster's live brokers, by a Metadata request (version 1, no topics); 0 if nobody answers."""
    request = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection((host, port), timeout=0.8) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(12, socket.MSG_WAITALL)
    except OSError:
        return 0
    return int(struct.unpack(">iii", answer)[2]) if len(answer) == 12 else 0


def _defaults(data: Path, port: int, controller: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(data / "log"),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",  # 50 by default: files for nobody on a single node
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
    }


def _format(jars: Path, data: Path, properties: Path) -> None:
    shutil.rmtree(data / "log", ignore_errors=True)  # half-formatted, if at all: it has no meta.properties
    # sixteen bytes, of which the first are letters: an id that begins with "-" would be taken for an option
    cluster = urlsafe_b64encode(b"sanfu" + uuid.uuid4().bytes[:11]).decode().rstrip("=")
    command = [*_java(jars), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    log = data / "format.log"
    with log.open("wb") as output:
        done = subprocess.run(command, check=False, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        raise PartError(f"Kafka's storage could not be formatted:\n{last_lines(log)}")


def _java(jars: Path) -> tuple[str, ...]:
    java = shutil.which("java")
    if not java:
        raise PartError("Kafka needs Java 17, and there is no java: apt-get install openjdk-17-jre-headless")
    return (java, "-cp", f"{jars}/*", "-Dorg.apache.logging.log4j.level=WARN")
