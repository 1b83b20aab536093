"""`sanfu rebuild SERVICE`: forget a service's projection and read it anew from the story."""

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import httpx
import typer

from sanfu.stack import services
from sanfu.stack.consoles import notes
from sanfu.stack.programs import PartError, last_lines, spawn
from sanfu.stack.stack import Stack

RECORDS = {"intake": "what was received is nowhere else: put its backup back instead"}
"""Services whose database is primary."""

console = notes()


def run(
    service: Annotated[str, typer.Argument(help="router, sla, notify or desk")],
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    within: Annotated[float, typer.Option(help="seconds to wait for it")] = 3600,
) -> None:
    """Stop a service, have it read the whole story again without deciding or sending, and go live.

    All others go on meanwhile; its own commands answer 503.
    """
    if service in RECORDS:
        raise PartError(f"{service} can't be rebuilt: {RECORDS[service]}")
    if service not in services.present():
        raise PartError(f"there is no service {service}; there are {', '.join(services.present())}")
    stack = Stack.known(name)
    if not stack.status().up:
        raise PartError(f"{name} is not up: ./sanfu up --name {name} brings it up")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack.stop(service, by=os.getpid())
    try:
        _rebuild(stack, service, within)
    finally:
        stack.start(service, within=120)
    console.print(f"{service} was rebuilt in {time.monotonic() - began:.1f} s, and is ready")


def _rebuild(stack: Stack, service: str, within: float) -> None:
    """Run the service with --rebuild until it is ready, then stop it: it goes on where it was when started next."""
    program = services.service(stack.plan, service)
    process = spawn(replace(program, command=(*program.command, "--rebuild")), dies_with_parent=True)
    try:
        _await(process, services.url(stack.places, service), program.log, time.monotonic() + within)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(program.stop_within)


def _await(process: "subprocess.Popen[bytes]", url: str, log: Path, deadline: float) -> None:
    with console.status("starting") as shown:
        while True:
            if process.poll() is not None:
                raise PartError(f"it ended with {process.returncode}:\n{last_lines(log)}")
            if time.monotonic() > deadline:
                raise PartError("not ready in time; what it has read stays, and it goes on by itself")
            found = _ready(url)
            if found is True:
                return
            shown.update(f"rebuilding: {found}")
            time.sleep(0.2)


def _ready(url: str) -> bool | str:
    """True, or what it waits for."""
    try:
        answer = httpx.get(f"{url}/health/ready", timeout=2)
    except httpx.HTTPError:
        return "starting"
    return True if answer.is_success else str(answer.json().get("waiting_for"))
