"""Every channel's journey: from the form that it serves to the topic of the unit that leads."""

from typing import Any

import jsonschema
import pytest

from tests.support.city import City
from tests.support.packs import shipped

UNIT, SECTION = "housing-construction", "fotang-construction"
FILER = {"id": "tax-officer", "unit": "tax", "name": "李经办", "phone": "13922220001"}
HIDDEN = ("confidential", "sealed")
CHANNELS = sorted(shipped().channels)


def filled_in(form: dict[str, Any]) -> dict[str, Any]:
    """Fill in a channel's form as it is served, knowing nothing else of the channel: every question that comes up."""
    answers: dict[str, Any] = {}
    for code, question in form["answers"]["properties"].items():
        tried = {**answers, code: question["examples"][0]}
        if jsonschema.Draft202012Validator({**form["answers"], "required": []}).is_valid(tried):
            answers = tried
    said: dict[str, Any] = {"answers": answers, "audience": form["audiences"][0], "category": "road-lamp"}
    said["party_kind"] = form["party_kinds"][0]
    brought = {"external_id": "W-2026-1", "limit_asked": "2026-05-20T09:00:00.000Z", "unit": UNIT}
    said |= {field: brought[field] for field in form["must"] if field in brought}
    if said["party_kind"] == "none":
        said["party"] = None
    return said | ({"filer": FILER} if form["filer"] else {})


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_a_channel_asks_is_answered_taken_in_and_stands_on_the_units_topic(city: City, channel: str) -> None:
    form = (await city.client("intake").get(f"/v1/channels/{channel}/form")).json()
    said = filled_in(form) | ({"unit": SECTION} if channel == "whistle" else {})
    issue = await city.report(channel, **said)
    if await city.state(issue) != "assigned":
        await city.person("reviewer").dispatch(issue, UNIT, "simple")
    [leads] = {one.data["unit"] for one in await city.story(issue) if one.type in ("assigned", "dispatched")}
    topic = leads if leads != SECTION else "fotang"
    first, *_ = await city.unit_topic(topic, issue)
    told = first.data["issue"]
    hidden = city.pack.channels[channel].secrecy_default in HIDDEN
    assert told.get("answers", {}) == ({} if hidden else said["answers"])
    assert said["answers"], "the form asks something"
    assert (told.get("text") is None) is hidden
    if "limit_asked" in said:
        assert told["limit_asked"] == said["limit_asked"]
    [submitted] = await city.of(issue, "submitted")
    vouched = city.pack.channels[channel].party_kind == ("none",)
    if form["filer"]:
        assert submitted.data["filer"]["named_to_unit"] is not vouched
    if vouched:
        records = str([one.data for one in await city.unit_topic(topic, issue)])
        assert FILER["id"] not in records, "who experienced or checked it is not named to the unit"
