"""Links to notify's page on which somebody says by what they would rather not be told: whoever holds the key ring gives
them to those they are of.

What a link proves is by what its bearer got it. Who got one by SMS is at that number, who got one by e-mail has that
mailbox, and may refuse all that goes there; who came in any other way may refuse for one issue alone. For a report may
name a number that is not its writer's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from sanfu.runtime.links import Link, Links

PREFERENCES: Final = "m"
"""What such a link opens; behind it stands by what its bearer got it, where that is known (`GOT_BY`)."""
GOT_BY: Final[Mapping[str, str]] = {"s": "sms", "e": "email"}
MAILED: Final = "e"
"""Stands at the end of what a party's link opens where that was sent by e-mail; one that was not came by SMS."""
MESSAGED: Final = ("p", "f")
"""How what a party's link opens begins where that came in a message."""


def preferences_page(
    links: Links, under: str, whose: str, until: datetime, *, got_by: str | None = None, contact: int = 0
) -> str:
    """Return the address of the page of one recipient; `under`: where people find notify. `contact`: the version of
    what a party is reached by, as in its own links."""
    mark = next((mark for mark, medium in GOT_BY.items() if medium == got_by), "")
    token = links.token(Link(whose, f"{PREFERENCES}{mark}", until, contact))
    return f"{under.rstrip('/')}/messages/{quote(token)}"


def opens_preferences(link: Link) -> bool:
    return link.what[:1] == PREFERENCES and link.what[1:] in ("", *GOT_BY)


def got_by(link: Link) -> str | None:
    """Say by which medium the bearer of a link to preferences surely got it; None: nobody knows."""
    return GOT_BY.get(link.what[1:])


def party_link_got_by(link: Link) -> str | None:
    """Say the same of a link to a party's own page."""
    if not link.what.startswith(MESSAGED):
        return None
    return "email" if link.what.endswith(MAILED) else "sms"
