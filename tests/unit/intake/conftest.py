"""One intake per test."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.intake.world import World, running


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with running() as world:
        yield world
