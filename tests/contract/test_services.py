"""What every service has to be, walked service by service: its metrics, what it reads, what its inside may load."""

import subprocess
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sanfu.contracts.registry import BY_TYPE, EVENTS, SERVICES, read_by, topic, written_by
from sanfu.runtime.metrics import DECLARED
from sanfu.stack.tables import PAGES
from tests.support.city import City, in_memory

DRIVERS = {"motor", "pymongo", "aiokafka", "httpx", "fastapi", "starlette", "uvicorn", "aiosmtplib"}
INSIDES = [f"sanfu.{service}.{part}" for service in SERVICES for part in ("domain", "handlers", "ports")]

each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture
async def city() -> AsyncIterator[City]:
    async with in_memory() as city:
        yield city


async def test_every_metric_that_is_declared_is_exposed_by_every_service(city: City) -> None:
    await city.report("hotline", category="road-lamp")
    for service in SERVICES:
        answer = await city.client(service).get("/metrics")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        assert [name for name in DECLARED if f"sanfu_{name}" not in families] == [], service
        assert "sanfu_http_request_seconds" in families
        for name, (kind, meaning, _) in DECLARED.items():
            family = families[f"sanfu_{name}"]
            assert (family.type, family.documentation) == (kind, meaning)
        [version] = [sample.labels["version"] for sample in families["sanfu_pack"].samples]
        assert version == city.pack.version


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[0])
async def test_every_page_that_up_names_is_there(city: City, page: tuple[str, str, str]) -> None:
    _, service, path = page
    answer = await city.client(service).get(path)
    assert answer.status_code in {200, 303}, "303: to where one logs in"
    assert service in SERVICES


async def test_what_a_service_reads_is_what_the_registry_says(city: City) -> None:
    for name, service in city.services.items():
        tables, stories = {table.table.topic for table in service.tables}, {line.topic for line in service.lines}
        story = {type for line in service.lines for type in line.machine.rules.knows}
        reads = (story - written_by(name)) | {event.type for event in EVENTS if event.topic in tables}
        assert reads == {type for type in read_by(name) if topic_of(type) in stories | tables}, name
        assert {each for each in (*stories, *tables) if name not in topic(each).readers} == set(), name


def topic_of(type: str) -> str:
    return BY_TYPE[type].topic


@pytest.mark.parametrize("inside", [name for name in INSIDES if find_spec(name)])
def test_the_inside_of_a_service_loads_no_driver(inside: str) -> None:
    """In a process of its own, with all that lies below: a driver may hide where no import names it."""
    code = f"""
import importlib, pkgutil, sys
package = importlib.import_module({inside!r})
for each in pkgutil.walk_packages(getattr(package, "__path__", []), {inside + "."!r}):
    importlib.import_module(each.name)
print(*sorted({DRIVERS!r} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
