"""Lists, page by page: `{items, next}`, with an opaque cursor over (sort key, id)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

LONGEST = 200
"""Items on a page: what fits a screen many times over, and an answer's 256 KiB."""

Key = str | int | float | None
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of the last item seen: everything after (key, id) comes next."""

    key: Key
    id: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.key, self.id])).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor back. Raises ValueError for anything `str` of a cursor never gave."""
        try:
            key, identity = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (binascii.Error, UnicodeEncodeError, TypeError, ValueError) as error:
            raise ValueError("no cursor") from error
        cursor = cls(key, identity)
        if not isinstance(key, Key) or not isinstance(identity, str) or str(cursor) != text:
            raise ValueError("no cursor")
        return cursor


@dataclass(frozen=True, slots=True)
class Page:
    """What was asked for: at most `limit` items after `after` (None: from the start). Query `limit + 1`."""

    limit: int
    after: Cursor | None

    def of(self, rows: Sequence[Row], place: Callable[[Row], Cursor]) -> dict[str, Any]:
        """Make the answer from up to `limit + 1` rows; `next` is None where there are no more."""
        items = rows[: self.limit]
        more = len(rows) > self.limit
        return {"items": items, "next": str(place(items[-1])) if more else None}
