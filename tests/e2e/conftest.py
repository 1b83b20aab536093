"""Servers that tests may kill: one pair for all of them."""

from collections.abc import Iterator

import pytest

from tests.support.servers import Servers, both


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with both(tmp_path_factory.mktemp("servers")) as servers:
        yield servers
