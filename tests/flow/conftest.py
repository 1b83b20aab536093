"""A city for each journey."""

from collections.abc import AsyncIterator

import pytest

from tests.support.city import City, in_memory


@pytest.fixture
async def city() -> AsyncIterator[City]:
    """A city in memory, on a Wednesday at nine."""
    async with in_memory() as city:
        yield city
