"""A desk that runs, for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support import cases


@pytest.fixture
async def desk() -> AsyncIterator[cases.Desk]:
    made = cases.desk()
    await made.service.start()
    async with made.client:
        yield made
    await made.service.stop()
