"""The one place where tests wait: for a real condition, up to a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")

PAUSE = 0.02
"""Seconds between two looks: far below what any test measures, far above what a look costs."""


@overload
async def eventually(check: Callable[[], Awaitable[Found]], *, within: float = 10.0, every: float = PAUSE) -> Found: ...
@overload
async def eventually(check: Callable[[], Found], *, within: float = 10.0, every: float = PAUSE) -> Found: ...
async def eventually(check: Callable[[], Any], *, within: float = 10.0, every: float = PAUSE) -> Any:
    """Look until `check` gives something true, and return that. A failed `assert` in it counts as not yet.

    Fails when so many seconds have passed, with the last thing that was seen. A look that costs much may be taken less
    often, `every` so many seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            seen = check()
            found = await seen if inspect.isawaitable(seen) else seen
            if found:
                return found
            missing = AssertionError(f"not within {within:g} s; last seen: {found!r}")
        except AssertionError as not_yet:
            missing = not_yet
        if time.monotonic() > deadline:
            raise missing
        await asyncio.sleep(every)


def eventually_sync(check: Callable[[], Found], *, within: float = 10.0) -> Found:
    """Do the same as `eventually` for a test that has no event loop."""
    return asyncio.run(eventually(check, within=within))
