"""A desk that runs, for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support import cases
from tests.support.assembling import RING


@pytest.fixture
async def desk() -> AsyncIterator[cases.Desk]:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()
