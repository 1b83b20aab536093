"""Links to notify's page on which somebody says by what they would rather not be told: whoever holds the key ring gives
them to those they are of."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

from sanfu.runtime.links import Link, Links

PREFERENCES: Final = "m"
"""What such a link opens."""


def preferences_page(links: Links, under: str, whose: str, until: datetime) -> str:
    """Return the address of the page of one recipient; `under`: where people find notify."""
    return f"{under.rstrip('/')}/messages/{quote(links.token(Link(whose, PREFERENCES, until)))}"
