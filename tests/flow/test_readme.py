"""A new user does what the README shows, and sees what it says."""

import json
import re

from sanfu.stack.places import checkout
from tests.support.city import in_memory

README = (checkout() / "README.md").read_text(encoding="utf-8")


async def test_the_report_of_the_readme_comes_at_once_to_the_topic_it_subscribes_to() -> None:
    [unit] = re.findall(r"^\./sanfu subscribe ([a-z-]+)", README, re.M)
    [body] = re.findall(r"/v1/issues .*? -d '(\{.*?\})'$", README, re.S | re.M)
    said = json.loads(body)
    async with in_memory() as city:
        issue = await city.report(said.pop("channel"), **said)
        first, *_ = await city.unit_topic(unit, issue)
    assert (first.type, first.data["unit"], first.data["decided_by"]) == ("assigned", unit, "rule")
    assert first.data["issue"]["text"] == said["text"]
