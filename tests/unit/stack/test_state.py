"""Locks, and what a killed supervisor leaves behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sanfu.stack.programs import spawn, stop
from sanfu.stack.state import Lock, end_leftovers, leftovers, owner, start_of, write_json
from tests.support.eventually import eventually_sync
from tests.unit.stack.toys import program

HOLD = """
import sys, time
from pathlib import Path
from sanfu.stack.state import Lock

with Lock(Path(sys.argv[1])):
    time.sleep(600)
"""


def test_a_lock_has_one_owner(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with Lock(lock):
        assert owner(lock) == os.getpid()
        with pytest.raises(BlockingIOError), Lock(lock):
            pass
        assert owner(lock) == os.getpid()
    assert owner(lock) is None


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)]) as holder:
        eventually_sync(lambda: owner(lock) == holder.pid)
        holder.send_signal(signal.SIGKILL)
    assert lock.read_text() == str(holder.pid)
    assert owner(lock) is None
    with Lock(lock):
        assert owner(lock) == os.getpid()


def test_what_a_killed_supervisor_left_running_is_named_and_ended(tmp_path: Path) -> None:
    left = spawn(program(tmp_path, "left"))
    state = tmp_path / "state.json"
    eventually_sync(lambda: "路灯" in (tmp_path / "left.log").read_text())
    write_json(state, {"programs": {"left": {"pid": left.pid, "started": start_of(left.pid)}}})
    assert leftovers(state) == {"left": left.pid}
    end_leftovers(state)
    assert left.wait(1) == 0
    assert not state.exists()


def test_a_stranger_who_got_the_pid_of_a_program_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    stranger = spawn(program(tmp_path, "stranger"))
    state = tmp_path / "state.json"
    write_json(state, {"programs": {"gone": {"pid": stranger.pid, "started": "1"}}})
    assert leftovers(state) == {}
    end_leftovers(state)
    assert stranger.poll() is None
    stop(stranger, 5)
