"""Each service stands alone: its wheel, its libraries and their locked closure are all that it needs to run."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pymongo
import pytest

from sanfu.runtime.sealing import generate_keys
from sanfu.stack import services, topics
from sanfu.stack.places import checkout
from sanfu.stack.programs import free_port, last_lines
from tests.packaging.installation import Installation, built, environment, install, installed
from tests.support.eventually import eventually_sync
from tests.support.packs import SHIPPED, shipped
from tests.support.parts import create_topics

NO_UNITS = replace(shipped(), units={})
PRESENT = services.present()
BY_PIP = PRESENT[-1]
"""One is installed by pip, as in an image; the others by uv, if it is there: the same files, in a tenth of the time. It
is begun first and asked for last."""

Installations = dict[str, "Future[Installation]"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with all wheels, built once."""
    return built(tmp_path_factory.mktemp("wheels"), PRESENT)


@pytest.fixture(scope="module")
def installations(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    """Give what will be installed, two at a time."""
    root = tmp_path_factory.mktemp("installations")
    with ThreadPoolExecutor(2) as pair:
        yield {
            name: pair.submit(installed, name, wheels, root / name, by_pip=name == BY_PIP) for name in reversed(PRESENT)
        }


@pytest.fixture
def settings(kafka: str, mongo: str, prefix: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Give what a deployment sets: real parts, a pack, its secrets as files."""
    asyncio.run(create_topics(kafka, {topic.name: topic.partitions for topic in topics.wanted(NO_UNITS, prefix)}))
    generate_keys(tmp_path / "keys")
    (tmp_path / "ops-token").write_text("an-ops-token-for-a-test\n")
    (tmp_path / "channel-keys").write_text(json.dumps({"hotline": "k" * 32}))
    (tmp_path / "user-tokens").write_text(json.dumps({next(iter(shipped().staff)): "a-token-for-a-test"}))
    secrets = ("keys", "ops-token", "channel-keys", "user-tokens")
    yield {
        "SANFU_KAFKA": kafka,
        "SANFU_MONGO": mongo,
        "SANFU_PREFIX": prefix,
        "SANFU_CITY": str(SHIPPED),
        "SANFU_PORT": str(free_port()),
        **{f"SANFU_{name.replace('-', '_').upper()}_FILE": str(tmp_path / name) for name in secrets},
    }
    with pymongo.MongoClient[dict[str, object]](mongo) as client:
        for service in PRESENT:
            client.drop_database(f"{prefix}_{service}")


@pytest.mark.parametrize("service", PRESENT)
def test_it_starts_gets_ready_and_stops_when_told(
    service: str, installations: Installations, settings: dict[str, str], tmp_path: Path
) -> None:
    ready = f"http://127.0.0.1:{settings['SANFU_PORT']}/health/ready"
    program = (str(installations[service].result().python), "-m", f"sanfu.{service}")
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(program, cwd=tmp_path, stdout=out, stderr=out, env={"PATH": os.defpath, **settings})
    try:
        eventually_sync(lambda: process.poll() is not None or services.answers(ready), within=60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, last_lines(log)
        assert '"stopped"' in log.read_text(), last_lines(log)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("service", PRESENT)
def test_what_is_installed_stands_in_the_lock(service: str, installations: Installations) -> None:
    lock = set(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", (checkout() / "requirements.lock").read_text(), re.M))
    found = installations[service].result().distributions()
    own = {f"sanfu-{name}" for name in ("contracts", "runtime", "city", service)}
    assert own < found.keys()
    assert {item for item in found.items() if item[0] not in own} <= lock


@pytest.mark.parametrize("service", PRESENT)
def test_no_other_service_is_there(service: str, installations: Installations) -> None:
    installation = installations[service].result()
    others = [name for name in (*services.SERVICES, "stack") if name != service]
    assert installation.importable(f"sanfu.{service}.__main__")
    assert [name for name in others if installation.importable(f"sanfu.{name}")] == []


@pytest.mark.parametrize(
    "change",
    [lambda pin: re.sub(r"sha256:\w{64}", f"sha256:{0:064}", pin), lambda pin: ""],
    ids=["another file", "not in the lock"],
)
def test_nothing_is_installed_that_the_lock_does_not_vouch_for(
    change: Callable[[str], str], wheels: Path, tmp_path: Path
) -> None:
    lock = (checkout() / "requirements.lock").read_text()
    pin = re.search(r"^orjson==.*?(?=^\S)", lock, re.S | re.M)
    assert pin
    (tmp_path / "requirements.lock").write_text(lock.replace(pin[0], change(pin[0])))
    place = environment(tmp_path / "environment")
    refused = install(place, list(wheels.glob("sanfu_contracts-*.whl")), root=tmp_path)
    assert refused.returncode != 0
    assert "orjson" in refused.stdout
    assert not Installation("contracts", place / "bin" / "python").importable("sanfu.contracts")
