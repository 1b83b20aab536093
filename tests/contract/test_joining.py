"""Whoever is stopped while it joins a real group leaves no connection open."""

import asyncio
import gc
import warnings

import pytest

from sanfu.runtime.kafka import KafkaBroker
from tests.support.parts import create_topics


@pytest.mark.parametrize("kind", ["topic", "family"])
async def test_a_joining_that_is_cut_short_at_any_moment_leaves_no_connection_open(
    kind: str, kafka: str, prefix: str
) -> None:
    await create_topics(kafka, {f"{prefix}.issues.v1": 1, f"{prefix}.replies.tax.v1": 1})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    gc.collect()  # what others left is not counted
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        for moment in (1, 2, 4, 7, 10, 15, 20, 30):
            reader = (
                broker.subscribe("sanfu.issues.v1", group="sanfu.g", member="sanfu.m")
                if kind == "topic"
                else broker.family("sanfu.replies.{code}.v1", group="sanfu.g", member="sanfu.m")
            )
            joining = asyncio.ensure_future(reader.start())
            await asyncio.wait([joining], timeout=moment / 100)
            joining.cancel()
            await asyncio.wait([joining])
            await reader.stop()
            del reader, joining
            gc.collect()
    await broker.stop()
    assert [str(one.message) for one in told] == []
