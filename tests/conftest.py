"""Fixtures for all tests. A test that asks for none of them needs neither Kafka nor MongoDB."""

import gc
import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.support.halves import Halves, Yielding
from tests.support.quick_routes import remember_validators


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Give the bootstrap address of a real broker, one for the whole run."""
    from tests.support import parts  # noqa: PLC0415  # unit tests shall not pay for the drivers

    with parts.broker() as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def mongo() -> Iterator[str]:
    """Give the URI of a real replica set, one for the whole run."""
    from tests.support import parts  # noqa: PLC0415  # unit tests shall not pay for the drivers

    with parts.database() as uri:
        yield uri


@pytest.fixture
def prefix() -> str:
    """Give a prefix for topics, groups and databases that no other test has."""
    return f"t{uuid.uuid4().hex[:10]}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the tests marked full, too")


def pytest_configure(config: pytest.Config) -> None:
    """Have Hypothesis draw the same cases each time: a change is judged by itself; --full draws anew."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.pluginmanager.register(Yielding())
    remember_validators()
    settings.register_profile("same", derandomize=True)
    if not config.getoption("--full"):
        settings.load_profile("same")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Halves:
    """Keep what starts servers together, in one of two processes."""
    return Halves(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless asked: deselected, so that no skip hides in a run."""
    if config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    items[:] = [item for item in items if not item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave all that was loaded out of what the collector looks through: it stays to the end, and each service that a
    test puts together would have it looked through again."""
    gc.collect()
    gc.freeze()
