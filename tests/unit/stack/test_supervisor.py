"""Supervision, tick by tick, of small real processes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sanfu.stack.places import Places
from sanfu.stack.programs import Program
from sanfu.stack.state import read_json
from sanfu.stack.supervisor import LONGEST_PAUSE, Child, Supervisor
from tests.support.eventually import eventually_sync
from tests.unit.stack.toys import DIES, program


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


class Watched:
    """A supervisor whose clock the test moves."""

    def __init__(self, places: Places, *stages: list[Program]) -> None:
        self.supervisor = Supervisor(stages, places)
        self.places = places
        self.now = 100.0

    def child(self, name: str) -> Child:
        [child] = [child for child in self.supervisor.children if child.program.name == name]
        return child

    def becomes(self, name: str, state: str) -> bool:
        self.supervisor.tick(self.now)
        return self.child(name).state == state

    def until(self, name: str, state: str) -> None:
        eventually_sync(lambda: self.becomes(name, state))


@pytest.fixture
def watched(places: Places) -> Iterator[Watched]:
    made = Watched(places, [program(places.root, "first")], [program(places.root, "second")])
    yield made
    made.supervisor.stop()


def test_the_next_stage_starts_only_when_the_one_before_is_ready(watched: Watched) -> None:
    watched.supervisor.tick(watched.now)
    assert (watched.child("first").state, watched.child("second").state) == ("starting", "waiting")
    watched.until("second", "ready")
    assert read_json(watched.places.state)["phase"] == "up"


def test_a_program_that_was_killed_is_started_again_after_its_pause_and_not_before(watched: Watched) -> None:
    watched.until("second", "ready")
    process = watched.child("first").process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    watched.until("first", "failed")
    watched.supervisor.tick(watched.now + 0.49)
    assert watched.child("first").state == "failed"
    watched.now += 0.5
    watched.until("first", "ready")
    assert watched.child("first").restarts == 1
    assert read_json(watched.places.state)["programs"]["first"]["restarts"] == 1


def test_the_pause_of_a_program_that_keeps_dying_doubles_up_to_half_a_minute(places: Places) -> None:
    child = Child(program(places.root, "toy", DIES), places.held)
    now, pauses = 0.0, []
    child.tick(now)
    for _ in range(8):
        assert child.process is not None
        child.process.wait()
        child.tick(now)
        pauses.append(next(tenth / 10 for tenth in range(1, 400) if _starts(child, now + tenth / 10)))
        now += pauses[-1]
    assert child.process is not None
    child.process.wait()
    assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]


def _starts(child: Child, at: float) -> bool:
    child.tick(at)
    return child.state == "starting"


def test_why_a_program_died_stands_in_the_state_file(places: Places) -> None:
    watched = Watched(places, [program(places.root, "toy", DIES)])
    watched.until("toy", "failed")
    assert read_json(places.state)["programs"]["toy"]["error"] == "no such pack"


def test_a_program_that_cannot_be_started_is_tried_again_and_takes_nobody_with_it(places: Places) -> None:
    missing = places.root / "not-there-yet"
    toy = replace(program(places.root, "toy"), command=(str(missing),))
    watched = Watched(places, [program(places.root, "other"), toy])
    watched.until("other", "ready")
    assert watched.child("toy").state == "failed"
    assert str(missing) in read_json(places.state)["programs"]["toy"]["error"]
    missing.symlink_to("/bin/true")
    watched.now += LONGEST_PAUSE
    watched.until("toy", "starting")
    watched.supervisor.stop()


def test_a_held_program_stays_down_until_it_is_let_go(watched: Watched) -> None:
    watched.until("second", "ready")
    watched.places.held.mkdir(parents=True)
    (watched.places.held / "first").touch()
    process = watched.child("first").process
    assert process is not None
    process.kill()
    watched.until("first", "held")
    watched.now += 60
    watched.supervisor.tick(watched.now)
    assert watched.child("first").state == "held"
    (watched.places.held / "first").unlink()
    watched.until("first", "ready")


def test_a_program_that_somebody_holds_comes_back_when_that_process_is_gone(watched: Watched) -> None:
    watched.until("second", "ready")
    holder = subprocess.Popen(["sleep", "60"])
    watched.places.held.mkdir(parents=True)
    (watched.places.held / "first").write_text(str(holder.pid))
    process = watched.child("first").process
    assert process is not None
    process.kill()
    watched.until("first", "failed")
    watched.until("first", "held")
    holder.kill()
    holder.wait()
    watched.now += 1
    watched.until("first", "ready")


def test_a_program_that_runs_once_is_done_when_it_ends_well(places: Places) -> None:
    watched = Watched(places, [program(places.root, "topics", "pass", once=True)], [program(places.root, "service")])
    watched.until("service", "ready")
    watched.now += 60
    watched.supervisor.tick(watched.now)
    assert watched.child("topics").state == "done"
    watched.supervisor.stop()


def test_a_program_that_never_gets_ready_is_killed_and_tried_again(places: Places) -> None:
    watched = Watched(places, [program(places.root, "mute", "import time; time.sleep(600)")])
    watched.supervisor.tick(watched.now)
    watched.now += watched.child("mute").program.ready_within + 1
    watched.until("mute", "failed")


def test_stopping_ends_every_program_and_its_state_file(watched: Watched) -> None:
    watched.until("second", "ready")
    processes = [child.process for child in watched.supervisor.children]
    watched.supervisor.stop()
    assert all(process is not None and process.poll() == 0 for process in processes)
    assert not watched.places.state.exists()
