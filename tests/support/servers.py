"""A Kafka and a MongoDB of a module's own, which its tests may kill and start again."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sanfu.stack import kafka as kafka_part
from sanfu.stack import mongo as mongo_part
from sanfu.stack import parts as stack_parts
from sanfu.stack import places
from sanfu.stack.programs import Program, await_ready, free_port, spawn, stop


@dataclass(slots=True)
class Part:
    """A server that a test may kill and start again on the same data and port."""

    program: Program
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        self.process = spawn(self.program)  # not tied to the thread that starts it
        await_ready(self.program, self.process)


@contextmanager
def part(program: Program) -> Iterator[Part]:
    it = Part(program, spawn(program))
    try:
        await_ready(program, it.process)
        yield it
    finally:
        stop(it.process, program.stop_within)


@dataclass(frozen=True, slots=True)
class Servers:
    kafka: Part
    mongo: Part

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.kafka.program.port}"

    @property
    def uri(self) -> str:
        return mongo_part.uri(self.mongo.program.port or 0)


@contextmanager
def both(directory: Path) -> Iterator[Servers]:
    """Run both for a block, with what they keep in this folder."""
    fetched = places.checkout() / ".sanfu" / "parts"
    jars, mongod = stack_parts.kafka(fetched), stack_parts.mongod(fetched)
    port = free_port()
    properties = kafka_part.prepare(jars, directory / "kafka", port=port, controller=free_port())
    with ExitStack() as stack:
        broker = stack.enter_context(part(kafka_part.program(jars, properties, directory / "kafka.log", port)))
        database = mongo_part.program(mongod, directory / "mongo", directory / "mongo.log", free_port())
        yield Servers(broker, stack.enter_context(part(database)))
