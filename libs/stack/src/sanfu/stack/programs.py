"""A program that is run as a child process: how to start it, how to see that it is ready, how to stop it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_LOG = 64 * 1024 * 1024
"""Bytes after which a log is put aside, in the place of the one put aside before, when its program is started next."""


class PartError(RuntimeError):
    """A part of the stack can't be had or does not work. The text says the cause and, where there is one, the cure."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `ready` answers at once (under a second) and may be asked again and again. `once`: it must end with
    0 before what comes after it is started. `environment` is laid over the current one."""

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    once: bool = False
    ready_within: float = 60.0
    stop_within: float = 10.0


def spawn(program: Program, *, dies_with_parent: bool = False) -> subprocess.Popen[bytes]:
    """Start the program with its output appended to its log, out of reach of the terminal's Ctrl-C.

    `dies_with_parent` asks the kernel to stop it when this process is gone, however that came about (Linux only)."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    if program.log.is_file() and program.log.stat().st_size > LARGEST_LOG:
        program.log.replace(program.log.with_suffix(".old.log"))
    tether = ("setpriv", "--pdeathsig", "TERM") if dies_with_parent and shutil.which("setpriv") else ()
    with program.log.open("ab") as log:
        return subprocess.Popen(
            (*tether, *program.command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **program.environment},
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], within: float) -> None:
    """Ask the process to end (SIGTERM), and kill it when it has not done so within so many seconds."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running(program: Program) -> Iterator[None]:
    """Run the program until the block ends; enter the block when it is ready. Raises PartError when it never is."""
    process = spawn(program, dies_with_parent=True)
    try:
        await_ready(program, process)
        yield
    finally:
        stop(process, program.stop_within)


def await_ready(program: Program, process: subprocess.Popen[bytes]) -> None:
    """Return when the program is ready. Raises PartError with the log's end when it dies or its time is up."""
    deadline = time.monotonic() + program.ready_within
    while not program.ready():
        if process.poll() is not None:
            raise PartError(f"{program.name} ended with {process.returncode}:\n{last_lines(program.log)}")
        if time.monotonic() > deadline:
            raise PartError(f"{program.name} not ready in {program.ready_within:g} s:\n{last_lines(program.log)}")
        time.sleep(0.1)


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a log, for an error message or a first look."""
    if not log.is_file():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-count:])


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listening(port: int) -> bool:
    """Tell whether somebody accepts connections on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
