"""On which parts a journey is made: in memory, unless it is marked."""

import pytest

ON_BOTH = pytest.mark.parametrize("city", ["memory", "real"], indirect=True)
"""In memory, and on a real Kafka and a real MongoDB."""
