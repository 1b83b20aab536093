"""Files without a name: nothing stays behind, however the process ends."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO


async def kept(content: AsyncIterator[bytes], folder: Path | None = None) -> IO[bytes]:
    """Write what comes into a file without a name, piece by piece: what breaks off leaves none. Whoever asks closes
    it."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (its user closes it)
    try:
        async for piece in content:
            await asyncio.to_thread(file.write, piece)
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def path_of(file: IO[bytes]) -> Path:
    """Return by which path this process opens such a file anew, from its beginning."""
    return Path(f"/proc/self/fd/{file.fileno()}")
