"""Small programs to supervise: one that lives until it is stopped, one that dies at once, one that ends well."""

import sys
from pathlib import Path

from sanfu.stack.programs import Program

LIVES = (
    "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); print('路灯', flush=True); time.sleep(600)"
)
DIES = "print('no such pack', flush=True); raise SystemExit(3)"


def program(directory: Path, name: str, code: str = LIVES, *, once: bool = False) -> Program:
    log = directory / f"{name}.log"
    return Program(
        name=name,
        command=(sys.executable, "-c", code),
        log=log,
        ready=lambda: "路灯" in log.read_text(),
        once=once,
    )
