"""A whole city's system on one machine, as an object: bring it up, look at it, kill parts of it, take it down."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypedDict, Unpack

from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.stack import doctor, parts, secrets, services, state, system
from sanfu.stack.parts import Tell, silent
from sanfu.stack.places import checkout
from sanfu.stack.plan import Plan, Settings, shipped_city
from sanfu.stack.programs import PartError, Program, last_lines, spawn
from sanfu.stack.secrets import Secrets

TRIES = 3
"""So often may a program die while the stack comes up, before `up` gives up on it."""


class Choices(TypedDict, total=False):
    """What one may choose about a stack: see `Plan`. `base` is its first port."""

    base: int | None
    only: tuple[str, ...]
    city: Path
    prefix: str
    kafka: str | None
    mongo: str | None
    environment: Settings
    broker: Settings
    anchored: bool
    rehearsal: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What the supervisor last wrote. `phase`: down, starting, up, stopping or orphaned (its supervisor was killed)."""

    phase: str
    programs: Mapping[str, Mapping[str, Any]]

    @property
    def up(self) -> bool:
        return self.phase == "up"


class Stack:
    """One named stack of a checkout. Any number of these objects, in any process, may speak of the same one.

    Names other than main and demo get their ports by checksum, unless `base` is chosen.
    """

    def __init__(self, name: str = "main", root: Path | None = None, **choices: Unpack[Choices]) -> None:
        root = (root or checkout()).resolve()
        self._use(Plan(root=root, name=name, **{"city": shipped_city(root), **choices}))  # type: ignore[arg-type]

    @classmethod
    def known(cls, name: str = "main", root: Path | None = None) -> Self:
        """Return the stack of this name as it was last brought up; as it would be by default if it never was."""
        stack = cls(name, root)
        if (stack.places.run / "plan.json").is_file():
            stack._use(Plan.read(stack.places))
        return stack

    def _use(self, plan: Plan) -> None:
        self.plan = plan
        self.places = plan.places
        self._started: subprocess.Popen[bytes] | None = None

    def up(self, tell: Tell = silent, *, within: float = 120.0) -> bool:
        """Bring the stack up and return True once all of it is ready; False if it was up already.

        Raises MissingPackages when the machine lacks something that can't be installed from here; PartError, with the
        cause, when something does not get ready within so many seconds. What did start stays up then, for a look."""
        if state.owner(self.places.lock):
            return False
        self._provide(tell)
        self.plan.write()
        self._reap()
        self._started = spawn(self._supervisor())
        self._await_ready(self._started, tell, time.monotonic() + within)
        return True

    def down(self, within: float = 60.0) -> bool:
        """Take the stack down and return True; False if it was not up. What a killed supervisor left ends, too."""
        pid = state.owner(self.places.lock)
        if pid is None:
            self._reap()
            left = bool(state.leftovers(self.places.state))
            with state.Lock(self.places.lock):
                state.end_leftovers(self.places.state)
            return left
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + within
        while state.owner(self.places.lock) == pid:
            if time.monotonic() > deadline:
                raise PartError(f"the supervisor (pid {pid}) does not end; its log: {self._supervisor().log}")
            time.sleep(0.1)
        self._reap()
        return True

    def _reap(self) -> None:
        """Take note of the end of a supervisor that this very object started: it is our child until then. One that has
        not yet got as far as its lock is ended."""
        if self._started is not None:
            self._started.terminate()
            self._started.wait()
            self._started = None

    def reset(self) -> None:
        """Take the stack down and forget its data, logs and secrets; what was fetched stays."""
        self.down()
        shutil.rmtree(self.places.run, ignore_errors=True)

    def status(self) -> Status:
        """Tell what the supervisor knows now."""
        known = state.read_json(self.places.state)
        owner = state.owner(self.places.lock)
        if owner is not None and owner != known.get("supervisor"):  # it has not written yet
            return Status("starting", {})
        if owner is not None:
            return Status(known["phase"], known["programs"])
        left = state.leftovers(self.places.state)
        return Status("orphaned" if left else "down", {name: known["programs"][name] for name in left})

    def pid(self, program: str) -> int:
        """Return the pid of a running program. Raises LookupError when it does not run."""
        pid = self.status().programs.get(program, {}).get("pid")
        if pid is None:
            raise LookupError(f"{program} does not run in stack {self.plan.name}")
        return int(pid)

    def kill(self, program: str, within: float = 5.0) -> None:
        """Kill a program (SIGKILL) and leave it down until `start`. Returns when it is gone."""
        self._end(program, signal.SIGKILL, within)

    def stop(self, program: str, within: float = 25.0, *, by: int | None = None) -> None:
        """Stop a program (SIGTERM) and leave it down until `start`, or until the process `by` is gone. Returns when the
        program is."""
        self._end(program, signal.SIGTERM, within, by)

    def start(self, program: str, within: float = 60.0) -> None:
        """Start a program that was killed or stopped. Returns when it is ready."""
        (self.places.held / program).unlink(missing_ok=True)
        self._await_state(program, "ready", within)

    @property
    def urls(self) -> dict[str, str]:
        """The addresses of what this stack runs and speaks HTTP."""
        names = [name for name in ("sinks", *services.present()) if self.plan.runs(name)]
        return {name: services.url(self.places, name) for name in names}

    @property
    def keys(self) -> Secrets:
        """What opens this stack's doors. Raises PartError before it was up for the first time."""
        try:
            return secrets.read(self.places)
        except FileNotFoundError:
            name = self.plan.name
            raise PartError(f"{name} has no keys before it was up: ./sanfu up --name {name} brings it up") from None

    def _end(self, program: str, number: signal.Signals, within: float, by: int | None = None) -> None:
        pid = self.pid(program)
        self.places.held.mkdir(exist_ok=True)
        (self.places.held / program).write_text(str(by or ""))
        os.kill(pid, number)
        self._await_state(program, "held", within)

    def _await_state(self, program: str, wanted: str, within: float) -> None:
        deadline = time.monotonic() + within
        begun = self.status().programs.get(program, {}).get("restarts", 0)
        while (found := self.status().programs.get(program, {})).get("state") != wanted:
            if wanted == "ready" and found.get("restarts", 0) >= begun + TRIES - 1:
                raise PartError(f"{program} does not get ready:\n{last_lines(self.places.logs / f'{program}.log')}")
            if time.monotonic() > deadline:
                raise PartError(f"{program} is {found.get('state')}, not {wanted}, after {within:g} s")
            time.sleep(0.05)

    def _provide(self, tell: Tell) -> None:
        """Have everything there that the supervisor will need: packages, parts, secrets."""
        places = self.places
        if self.plan.runs("kafka"):
            fetched = (places.parts / f"kafka-{parts.KAFKA}").is_dir()
            system.provide([system.JAVA] if fetched else [system.JAVA, system.MAVEN], tell)
        ill = [finding for finding in doctor.examine(self.plan) if not finding.well and finding.what != "leftovers"]
        if ill:
            raise PartError("\n".join(f"{finding.cause}\n  → {finding.cure}" for finding in ill))
        if self.plan.runs("kafka"):
            parts.kafka(places.parts, tell)
        if self.plan.runs("mongo"):
            parts.mongod(places.parts, tell)
        if any(self.plan.runs(name) for name in ("topics", *services.present())):
            secrets.provide(places, self.plan.city)
        if self.plan.anchored and not places.clock.exists():
            now = datetime.now(UTC)
            write_anchor(places.clock, Anchor(now, now))

    def _supervisor(self) -> Program:
        return Program(
            name="supervisor",
            command=(sys.executable, "-m", "sanfu.stack.supervisor", str(self.plan.root), self.plan.name),
            log=self.places.logs / "supervisor.log",
        )

    def _await_ready(self, supervisor: subprocess.Popen[bytes], tell: Tell, deadline: float) -> None:
        told: set[str] = set()
        while not (now := self.status()).up:
            if supervisor.poll() is not None:
                raise PartError(f"the supervisor ended:\n{last_lines(self._supervisor().log)}")
            told = tell_new(tell, now, self.urls, told)
            stuck = [name for name, program in now.programs.items() if program["restarts"] >= TRIES - 1]
            if stuck or time.monotonic() > deadline:
                raise PartError(self._trouble(now))
            time.sleep(0.1)
        tell_new(tell, now, self.urls, told)

    def _trouble(self, now: Status) -> str:
        late = [name for name, program in now.programs.items() if program["state"] in ("starting", "failed")]
        logs = [f"{name} does not get ready:\n{last_lines(self.places.logs / f'{name}.log')}" for name in late]
        return "\n".join(
            [*logs, f"the rest stays up; ./sanfu logs NAME shows more, ./sanfu down --name {self.plan.name} ends it"]
        )


def tell_new(tell: Tell, now: Status, urls: Mapping[str, str], told: set[str]) -> set[str]:
    """Tell what has got ready since; return all that is told by now."""
    there = set(_progress(now, urls))
    for line in sorted(there - told):
        tell(line)
    return told | there


def _progress(now: Status, urls: Mapping[str, str]) -> Iterator[str]:
    for name, program in now.programs.items():
        if program["state"] == "ready":
            yield f"{name} is ready: {urls[name]}" if name in urls else f"{name} is ready"
        elif program["state"] == "done":
            yield f"{name}: done"
