"""Services as processes of their own, for benches: started, waited for, ended by their process id."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.parts import CITY, Bench
from sanfu.stack.programs import free_port


@contextmanager
def running(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python process; its output goes to `log` in the folder."""
    whole = {**os.environ, **environment}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *arguments], env=whole, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def service(name: str, bench: Bench, folder: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """Run one of the services; give its URL and process id. `settings` are SANFU_* variables."""
    port = free_port()
    environment = {
        "SANFU_KAFKA": bench.kafka, "SANFU_MONGO": bench.mongo, "SANFU_PREFIX": bench.prefix, "SANFU_PORT": str(port),
        "SANFU_CITY": str(CITY), "SANFU_LOG_LEVEL": "warning", **settings,
    }  # fmt: skip
    with running(["-m", f"sanfu.{name}"], folder, environment) as process:
        yield f"http://127.0.0.1:{port}", process.pid


def answers(url: str) -> bool:
    """Whether a GET gives 200 within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 (an address of our own)
            return bool(answer.status == 200)
    except OSError:
        return False


def resident(pid: int) -> float:
    """A process's resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
