"""A city for each journey."""

from collections.abc import AsyncIterator

import pytest

from tests.support.city import City, in_memory, on_real_parts


@pytest.fixture
async def city(request: pytest.FixtureRequest) -> AsyncIterator[City]:
    """A city on a Wednesday at nine: in memory, or on real parts where a journey is marked `ON_BOTH`."""
    if getattr(request, "param", "memory") == "memory":
        async with in_memory() as city:
            yield city
    else:
        kafka, mongo, prefix = (request.getfixturevalue(name) for name in ("kafka", "mongo", "prefix"))
        async with on_real_parts(kafka, mongo, prefix) as city:
            yield city
