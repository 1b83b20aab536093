"""The AsyncAPI document holds together: every reference leads somewhere, every example fits."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sanfu.contracts import names
from sanfu.contracts.asyncapi import carried, document
from sanfu.contracts.registry import EVENTS, TOPICS, EventType, topic
from sanfu.contracts.replies import model_name, replies

from .examples import example

DOCUMENT = document()
RESOURCES: Registry[Any] = Registry().with_resource("urn:doc", DRAFT202012.create_resource(DOCUMENT))


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 2 * len(EVENTS)
    for reference in found:
        here: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            here = here[step]


def test_it_has_what_the_specification_requires() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    for channel in DOCUMENT["channels"].values():
        assert channel["address"]
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        owner = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{owner}/messages/") for message in operation.get("messages", []))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_headers_and_body_of_an_example_fit_the_document(event: EventType) -> None:
    message = DOCUMENT["components"]["messages"][event.model.__name__]
    assert message["name"] == event.type
    golden = example(event.type)
    body = {"$ref": "urn:doc" + message["payload"]["$ref"]}
    Draft202012Validator(body, registry=RESOURCES).validate(golden.body)
    headers = DOCUMENT["components"]["messageTraits"]["envelope"]["headers"]
    Draft202012Validator(headers).validate({name: value.decode() for name, value in golden.headers})


def test_every_topic_is_a_channel_with_its_types() -> None:
    assert sorted(c["address"] for c in DOCUMENT["channels"].values()) == sorted(t.name for t in TOPICS)
    units = {event.type for event in carried(topic(names.unit_topic("tax")))}
    assert names.ISSUE_ASSIGNED in units
    assert names.PARTY_INFORMED not in units
    assert names.CONTACT_RECORD not in units


def test_no_discriminator_object_is_left() -> None:
    assert '"discriminator"' not in json.dumps(DOCUMENT)


@pytest.mark.parametrize("type", replies())
def test_a_reply_is_a_message_of_the_units_topics_with_a_schema_of_its_own(type: str) -> None:
    name = model_name(type)
    assert DOCUMENT["components"]["messages"][name]["name"] == type
    for channel in ("replies-v1", "replies-dlq"):
        assert name in DOCUMENT["channels"][channel]["messages"]
    body = {"$ref": f"urn:doc#/components/schemas/{name}"}
    checked = Draft202012Validator(body, registry=RESOURCES)
    assert not checked.is_valid({"nothing": "of the kind"}), "a misspelt field would be lost"
    Draft202012Validator.check_schema(replies()[type])


@pytest.mark.parametrize("type", replies())
def test_every_field_of_a_reply_says_what_it_means_and_a_whole_example_fits_its_schema(type: str) -> None:
    schema = replies()[type]
    for part in (schema, *schema.get("$defs", {}).values()):
        untold = [name for name, field in part["properties"].items() if not field.get("description")]
        assert not untold, f"{type}: {untold}"
    [said] = schema["examples"]
    Draft202012Validator(schema).validate(said)
    [shown] = DOCUMENT["components"]["messages"][model_name(type)]["examples"]
    assert shown == {"headers": {"ce_id": "oa:2026-000417", "ce_type": type}, "payload": said}
    Draft202012Validator(DOCUMENT["components"]["messageTraits"]["reply"]["headers"]).validate(shown["headers"])


def test_a_reply_that_desk_takes_fits_the_document() -> None:
    said = {"result": "reached", "evidence": [{"id": "f", "sha256": "0" * 64, "media_type": "image/png", "size": 1}]}
    body = {"$ref": "urn:doc#/components/schemas/ReplyContact"}
    Draft202012Validator(body, registry=RESOURCES).validate(said)


def test_each_message_is_told_whole() -> None:
    told = {name: message["summary"] for name, message in DOCUMENT["components"]["messages"].items()}
    assert [name for name, summary in told.items() if not summary.endswith((".", "…"))] == []
