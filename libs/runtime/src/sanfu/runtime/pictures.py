"""Pictures drawn anew: what is kept shows what the picture showed, and holds nothing else."""

import asyncio
import sys
from typing import IO, Final

AT_ONCE: Final = 2
"""Pictures that are drawn at the same time; the others wait, and take no memory."""
LONGEST: Final = 120.0
"""Real seconds that one may take: the largest picture of nothing but noise needs a quarter of it on an idle machine."""
NO_PICTURE: Final = 3
UNDRAWN: Final = "a picture that can be drawn anew: this one takes too long, or too much memory"


class NoPicture(Exception):
    """A file is no picture that can be kept; says what would be right."""


class Pictures:
    """Draws by `sanfu.runtime.drawing`, a process for each picture: the loop of this one computes nothing for it,
    and what this one's environment holds, secrets too, that one is not given."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def drawn_anew(self, given: IO[bytes], media_type: str, into: IO[bytes]) -> None:
        """Draw from one real file, read from where it stands, into another. Raises NoPicture."""
        async with self._room:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "sanfu.runtime.drawing", media_type,
                stdin=given, stdout=into, stderr=asyncio.subprocess.PIPE, env={},
            )  # fmt: skip
            try:
                async with asyncio.timeout(LONGEST):
                    _, said = await child.communicate()
            except TimeoutError:
                raise NoPicture(UNDRAWN) from None
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode == NO_PICTURE:
            raise NoPicture(said.decode("utf-8", "replace")[:200])
        if child.returncode != 0:
            raise NoPicture(UNDRAWN)
