"""A real Kafka and a real MongoDB for a test run: those named in the environment, or embedded ones of its own.

SANFU_TEST_KAFKA (host:port) and SANFU_TEST_MONGO (a URI) name parts that already run.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sanfu.stack import kafka, mongo, parts, places, topics
from sanfu.stack.programs import free_port, running


@contextmanager
def broker() -> Iterator[str]:
    """Give a broker's bootstrap address; start one for the block if none is named."""
    named = os.environ.get("SANFU_TEST_KAFKA")
    if named:
        yield named
        return
    scratch = tempfile.TemporaryDirectory(prefix="sanfu-test-kafka-")
    with scratch as directory, own_broker(Path(directory), free_port()) as bootstrap:
        yield bootstrap


@contextmanager
def database() -> Iterator[str]:
    """Give the URI of a replica set; start one for the block if none is named."""
    named = os.environ.get("SANFU_TEST_MONGO")
    if named:
        yield named
        return
    scratch = tempfile.TemporaryDirectory(prefix="sanfu-test-mongo-")
    with scratch as directory, own_database(Path(directory), free_port()) as uri:
        yield uri


@contextmanager
def own_broker(directory: Path, port: int) -> Iterator[str]:
    """Run a broker on this directory and port; leave and enter again to have it restarted on the same data."""
    jars = parts.kafka(places.checkout() / ".sanfu" / "parts")
    properties = kafka.prepare(jars, directory / "kafka", port=port, controller=free_port())
    with running(kafka.program(jars, properties, directory / "kafka.log", port)):
        yield f"127.0.0.1:{port}"


@contextmanager
def own_database(directory: Path, port: int) -> Iterator[str]:
    """Run a mongod on this directory and port; leave and enter again to have it restarted on the same data."""
    mongod = parts.mongod(places.checkout() / ".sanfu" / "parts")
    with running(mongo.program(mongod, directory / "mongo", directory / "mongo.log", port)):
        yield mongo.uri(port)


async def create_topics(bootstrap: str, wanted: Mapping[str, int]) -> None:
    """Create these topics, by their full names, with so many partitions each."""
    await topics.create(bootstrap, [topics.Topic(name, partitions) for name, partitions in wanted.items()])
