"""The process that stays: starts a stack's programs in order, restarts what dies, stops all in reverse order.

It answers to files in the stack's run directory: it holds `lock`, keeps `state.json` true, and leaves down every
program that has a file of its name in `held/`: for good if it is empty, else while the process lives whose pid it has.
SIGTERM ends it, and the stack.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sanfu.stack.places import Places
from sanfu.stack.plan import Plan
from sanfu.stack.programs import Program, last_lines, spawn
from sanfu.stack.stages import stages
from sanfu.stack.state import Lock, end_leftovers, start_of, write_json

State = Literal["waiting", "starting", "ready", "done", "held", "failed"]
SETTLED: tuple[State, ...] = ("ready", "done", "held")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a program that died is started again: doubled each time, and back to the first once it was ready for
as long as the longest."""
LOOK_EVERY = 0.1


class Child:
    """One program under supervision. Nothing happens but in `tick`, which never waits."""

    def __init__(self, program: Program, held: Path) -> None:
        self.program = program
        self.state: State = "waiting"
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._held = held / program.name
        self._pause = FIRST_PAUSE
        self._since = 0.0
        self._again_at = 0.0
        self._unstarted: str | None = None
        """Why it could not even be started, the last time."""

    def tick(self, now: float) -> None:
        """Look once. `now` is in seconds of a clock that never goes back."""
        if self.process is not None:
            self._watch(self.process, now)
        elif self.state == "done":
            pass
        elif self._is_held():
            self.state, self._pause, self._again_at = "held", FIRST_PAUSE, now
        elif now >= self._again_at:
            self._start(now)

    def _is_held(self) -> bool:
        if not self._held.is_file():
            return False
        by = self._held.read_text().strip()
        if by and start_of(int(by)) is None:
            self._held.unlink(missing_ok=True)
        return self._held.is_file()

    def _watch(self, process: subprocess.Popen[bytes], now: float) -> None:
        if process.poll() is not None:
            self._ended(process.returncode, now)
        elif self.state == "starting" and not self.program.once and self.program.ready():
            self.state, self._since = "ready", now
        elif self.state == "starting" and now - self._since > self.program.ready_within:
            process.kill()

    def _start(self, now: float) -> None:
        """Start it. What can't be started now (no memory, no such file) has failed like what died at once."""
        self.restarts += self.state == "failed"
        self._unstarted = None
        try:
            self.process = spawn(self.program)
        except OSError as error:
            self._unstarted = str(error)
            self._failed(now)
        else:
            self.state, self._since = "starting", now

    def _ended(self, code: int, now: float) -> None:
        self.process = None
        if self.program.once and code == 0:
            self.state = "done"
            return
        if self.state == "ready" and now - self._since >= LONGEST_PAUSE:
            self._pause = FIRST_PAUSE
        self._failed(now)

    def _failed(self, now: float) -> None:
        self.state, self._again_at = "failed", now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def report(self) -> dict[str, Any]:
        """Tell what stands in the state file. `error`, of a program that is not back: why it could not be started, or
        the end of its log."""
        pid = self.process.pid if self.process else None
        return {
            "state": self.state,
            "pid": pid,
            "started": start_of(pid) if pid else None,
            "port": self.program.port,
            "restarts": self.restarts,
            "error": (self._unstarted or last_lines(self.program.log)) if self.state == "failed" else None,
        }


class Supervisor:
    """Runs stages of programs: the next stage starts when all of the one before are ready."""

    def __init__(self, stages: Sequence[Sequence[Program]], places: Places) -> None:
        self._stages = [[Child(program, places.held) for program in stage] for stage in stages]
        self._places = places
        self._reached = 1
        self._stopping = False
        self._written: dict[str, Any] = {}

    @property
    def children(self) -> list[Child]:
        return [child for stage in self._stages for child in stage]

    def tick(self, now: float) -> None:
        """Look once at every program whose turn has come, and keep the state file true."""
        for stage in self._stages[: self._reached]:
            for child in stage:
                child.tick(now)
        if self._reached < len(self._stages) and all(c.state in SETTLED for c in self._stages[self._reached - 1]):
            self._reached += 1
        self._write("up" if all(c.state in SETTLED for c in self.children) else "starting")

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT. Raises BlockingIOError when another supervisor has this stack."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        with Lock(self._places.lock):
            end_leftovers(self._places.state)
            while not self._stopping:
                self.tick(time.monotonic())
                time.sleep(LOOK_EVERY)
            self.stop()

    def stop(self) -> None:
        """Stop the stages, last first; the programs of one stage at the same time."""
        self._write("stopping")
        for stage in reversed(self._stages):
            live = [(child.process, child.program.stop_within) for child in stage if child.process]
            for process, _ in live:
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGCONT)  # a suspended one would not hear it
            deadline = time.monotonic() + max((within for _, within in live), default=0)
            for process, _ in live:
                _wait_or_kill(process, deadline - time.monotonic())
        self._places.state.unlink(missing_ok=True)

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    def _write(self, phase: str) -> None:
        children = {child.program.name: child.report() for child in self.children}
        state = {"supervisor": os.getpid(), "phase": phase, "programs": children}
        if state != self._written:
            write_json(self._places.state, state)
            self._written = state


def _wait_or_kill(process: subprocess.Popen[bytes], within: float) -> None:
    try:
        process.wait(max(within, 0))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Supervise the stack whose plan lies in the run directory that the command line names: ROOT NAME."""
    root, name = sys.argv[1:]
    plan = Plan.read(Places(Path(root), name))
    Supervisor(stages(plan), plan.places).run()


if __name__ == "__main__":
    main()
