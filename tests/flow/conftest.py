"""A city for each journey."""

from collections.abc import AsyncIterator

import pytest

from sanfu.city.watching import PackHolder
from tests.support.city import City, in_memory, on_real_parts
from tests.support.media import Media, by_every_medium, telling_by_every_medium


@pytest.fixture(scope="session")
def every_medium(tmp_path_factory: pytest.TempPathFactory) -> PackHolder:
    """A pack with texts for every medium; read once."""
    return telling_by_every_medium(tmp_path_factory.mktemp("media"))


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


@pytest.fixture
async def media(every_medium: PackHolder) -> AsyncIterator[Media]:
    """A city that tells by every medium, on a Wednesday at nine."""
    async with by_every_medium(every_medium) as media:
        yield media
