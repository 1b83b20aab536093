"""A service in a process of its own that is killed at a crash point over and over, and started again each time."""

import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.stack.programs import free_port, last_lines
from tests.support.assembling import OPS_TOKEN, RING
from tests.support.city import local
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.toy_world import SLOW


def again_and_again(point: str) -> list[str]:
    """Five lives that end at a crash point, at passages far enough apart to die at other work; the next lives on."""
    return [f"{point}:{hit}" for hit in (1, 3, 6, 10, 20)]


OPS = {"Authorization": f"Bearer {OPS_TOKEN}"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service runs: its parts, a prefix of its own, and a folder for its clock and its log."""

    kafka: str
    mongo: str
    prefix: str
    folder: Path

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    def jump(self, to: str) -> None:
        """Set the business clock, which stands between two jumps, to a local time of the city."""
        at = local(to)
        write_anchor(self.clock, Anchor(at, at, 0))

    def environment(self, city: Path = SHIPPED) -> dict[str, str]:
        return {
            "SANFU_KAFKA": self.kafka, "SANFU_MONGO": self.mongo, "SANFU_PREFIX": self.prefix, "SANFU_CITY": str(city),
            "SANFU_CLOCK": str(self.clock), "SANFU_OPS_TOKEN": OPS_TOKEN, "SANFU_KEYS": RING,
        }  # fmt: skip


@dataclass(slots=True)
class Mortal:
    """A copy of a service. `ends` says at which passage of which crash point each of its lives ends; to the last one
    nothing happens."""

    service: str
    environment: Mapping[str, str]
    log: Path
    ends: Iterator[str] = field(default_factory=lambda: iter(()))
    deaths: int = 0
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes]" = field(init=False)
    client: httpx.AsyncClient = field(init=False)

    async def __aenter__(self) -> "Mortal":
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)
        self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        await self.client.aclose()

    def _start(self) -> None:
        more = {"SANFU_PORT": str(self.port), "SANFU_CRASH": next(self.ends, "")}
        environment = {**os.environ, **self.environment, **more}
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", f"sanfu.{self.service}"]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def revive(self) -> None:
        """Have it live again if it has died; only at its crash point it may."""
        if (code := self.process.poll()) is not None:
            assert code == -signal.SIGKILL, last_lines(self.log)
            self.deaths += 1
            self._start()

    async def again_by(self, environment: Mapping[str, str]) -> None:
        """Have it end as it is asked to, and begin with other settings."""
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(30) in (0, -signal.SIGKILL)
        self.environment = environment
        self._start()

    async def answer(self, ask: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]) -> httpx.Response:
        """Ask the same until it is answered, whoever of its lives does that."""

        found: list[httpx.Response] = []

        async def answered() -> bool:
            self.revive()
            try:
                found.append(await ask(self.client))
            except httpx.TransportError:
                return False
            return found[-1].status_code != 503

        await eventually(answered, within=SLOW)
        return found[-1]

    async def get(self, path: str, **headers: str) -> Any:
        found = await self.answer(lambda client: client.get(path, headers=headers or OPS))
        return found.json() if found.is_success else None

    async def shows(self, path: str, wanted: Callable[[Any], Any], **headers: str) -> Any:
        """Look until there is something of which this is true, and return it."""

        async def seen() -> Any:
            found = await self.get(path, **headers)
            assert found is not None and wanted(found), found
            return found

        return await eventually(seen, within=SLOW)

    async def quiet(self) -> None:
        """Wait until it has read all, fired all and published all."""

        async def is_quiet() -> bool:
            found = await self.get("/ops/quiet")
            return bool(found and found["quiet"])

        await eventually(is_quiet, within=SLOW)
