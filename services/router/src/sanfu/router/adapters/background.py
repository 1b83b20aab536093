"""Texts of which a city says how people write: the pack's reports."""

from collections.abc import Iterator
from pathlib import Path

import orjson


def texts(reports: Path | None) -> Iterator[str]:
    """Read the texts of reports, JSON Lines; none where a pack has none."""
    lines = reports.read_bytes().splitlines() if reports else []
    for line in lines:
        report = orjson.loads(line)
        yield f"{report['text_title']}\n{report['text_body']}"
