"""The event loop that every process runs on, and how its heap is looked after."""

import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")

YOUNG = 50_000
"""Containers made between two looks for cycles: a batch makes thousands, nearly all of them free of cycles and gone by
their count. At Python's 700 the collector took a fifth of the machine's time."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine, on uvloop."""
    return uvloop.run(main)


def settle_heap() -> None:
    """Leave what stands by now (code, the city pack) out of every later look for cycles: looking through it stops the
    loop for 60 ms and more. Asked once all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
