"""A stack as a user has it: real servers, real processes, the command line."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sanfu.stack.places import checkout
from sanfu.stack.programs import PartError, free_port
from sanfu.stack.stack import Stack
from tests.support.eventually import eventually_sync

ONLY = ("kafka", "mongo", "sinks")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's directory with nothing in it but what was fetched, shared with the real one."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "cities" / "nowhere").mkdir(parents=True)
    (root / ".sanfu").mkdir()
    (checkout() / ".sanfu" / "parts").mkdir(parents=True, exist_ok=True)
    (root / ".sanfu" / "parts").symlink_to(checkout() / ".sanfu" / "parts")
    return root


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    stack = Stack("e2e", root, base=_free_block(), only=ONLY)
    assert stack.up()
    yield stack
    stack.down()


def _free_block() -> int:
    return 10_000 + free_port() % 150 * 100


def sanfu(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(checkout() / ".venv" / "bin" / "sanfu"), *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=90, env={**os.environ, "SANFU_ROOT": str(root)}
    )


def status(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sanfu(root, "status", "--name", "e2e", "--json").stdout)
    return found


def test_status_tells_pid_port_and_readiness_of_everything(root: Path, stack: Stack) -> None:
    found = status(root)
    assert found["phase"] == "up"
    assert set(found["programs"]) == set(ONLY)
    assert all(program["ready"] and program["pid"] for program in found["programs"].values())
    assert found["programs"]["sinks"]["url"] == stack.urls["sinks"]
    plain = sanfu(root, "status", "--name", "e2e")
    assert (str(found["programs"]["sinks"]["pid"]) in plain.stdout, plain.stderr) == (True, "")


def test_a_second_up_says_that_it_is_up_and_starts_nothing(root: Path, stack: Stack) -> None:
    before = status(root)
    again = sanfu(root, "up", "--name", "e2e")
    assert again.returncode == 0
    assert "e2e is up already" in again.stderr
    assert status(root) == before


def test_a_program_that_is_killed_from_outside_comes_back(stack: Stack) -> None:
    killed = stack.pid("sinks")
    os.kill(killed, signal.SIGKILL)
    eventually_sync(lambda: _ready_with_another_pid(stack, "sinks", killed), within=20)


def _ready_with_another_pid(stack: Stack, program: str, pid: int) -> bool:
    now = stack.status().programs[program]
    return bool(now["state"] == "ready" and now["pid"] != pid)


def test_a_program_that_the_stack_killed_stays_down_until_it_is_started(stack: Stack) -> None:
    stack.kill("sinks")
    assert stack.status().programs["sinks"]["state"] == "held"
    with pytest.raises(LookupError):
        stack.pid("sinks")
    stack.start("sinks")
    assert stack.pid("sinks")


def test_logs_of_a_program_that_is_not_there_name_those_that_are(root: Path, stack: Stack) -> None:
    assert stack.places.logs.is_dir()
    answer = sanfu(root, "logs", "desk", "--name", "e2e")
    assert answer.returncode == 1
    assert "kafka, mongo, sinks" in answer.stderr


def test_another_stack_on_taken_ports_is_told_who_has_them(root: Path, stack: Stack) -> None:
    twin = Stack("twin", root, base=stack.plan.base, only=("sinks",))
    with pytest.raises(PartError, match=rf"for sinks, is taken by \S+ \(pid {stack.pid('sinks')}\)"):
        twin.up()


def test_a_stack_whose_supervisor_was_killed_comes_up_again_on_its_data(root: Path, stack: Stack) -> None:
    old = {name: stack.pid(name) for name in ONLY}
    os.kill(int(stack.places.lock.read_text()), signal.SIGKILL)
    eventually_sync(lambda: stack.status().phase == "orphaned")
    assert "leftovers" in sanfu(root, "doctor", "--name", "e2e").stdout
    assert stack.up()
    assert not set(old.values()) & {stack.pid(name) for name in ONLY}


def test_down_ends_everything_and_reset_forgets_the_data(root: Path) -> None:
    stack = Stack("short", root, base=_free_block(), only=("mongo",))
    stack.up()
    pid = stack.pid("mongo")
    assert sanfu(root, "down", "--name", "short").returncode == 0
    assert not Path(f"/proc/{pid}").exists()
    assert stack.status().phase == "down"
    assert stack.places.data.is_dir()
    stack.reset()
    assert not stack.places.run.exists()
