"""The AsyncAPI document before the official parser, and as every service shows it."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sanfu.contracts.asyncapi import document
from sanfu.contracts.registry import EVENTS, TOPICS
from tests.support.city import in_memory
from tests.support.node import fetched

HERE = Path(__file__).parents[1] / "support" / "asyncapi"
ERROR = 0
"""The parser's severity of what makes a document none."""


def parsed(tmp_path: Path, what: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many channels the parser finds, and its errors."""
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(what), encoding="utf-8")
    there = fetched(HERE, "asyncapi-parser", "check.mjs")
    done = subprocess.run(["node", "check.mjs", file], cwd=there, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return found["channels"], [f"{one['path']}: {one['message']}" for one in found["said"] if one["severity"] == ERROR]


def test_the_official_parser_takes_the_document_and_finds_no_fault(tmp_path: Path) -> None:
    assert parsed(tmp_path, document()) == (len(TOPICS), [])


@pytest.mark.parametrize("lost", ["channels/issues/address", "components/messages/IssueHandled/payload"])
def test_the_parser_would_find_one(tmp_path: Path, lost: str) -> None:
    wrong = copy.deepcopy(document())
    *way, last = lost.split("/")
    place: Any = wrong
    for step in way:
        place = place[step]
    place[last] = {"$ref": "#/nowhere"} if last == "payload" else 7
    assert parsed(tmp_path, wrong)[1]


async def test_every_service_shows_the_document_and_its_page_with_nothing_from_elsewhere() -> None:
    async with in_memory() as city:
        for name in city.services:
            shown = await city.client(name).get("/docs/events.json")
            assert shown.json() == document()
            page = await city.client(name).get("/docs/events")
            assert page.status_code == 200
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert all(f'id="{event.model.__name__}"' in page.text for event in EVENTS)
            assert all(topic.name in page.text for topic in TOPICS)
            assert "sanfu.reply.acknowledge.v1" in page.text
            assert not any(word in page.text for word in ("<script", "http://", "https://", "@import", "src="))
