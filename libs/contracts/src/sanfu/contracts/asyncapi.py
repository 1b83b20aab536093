"""The AsyncAPI 3 document of all topics, made from the registry."""

import re
from importlib.metadata import version
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.registry import EVENTS, SERVICES, TOPICS, EventType, Topic
from sanfu.contracts.replies import model_name, replies, shared
from sanfu.contracts.schemas import shared_schemas

Part = dict[str, Any]

BINDING = "0.5.0"
UNIT_TYPES = tuple(
    event for event in EVENTS if event.topic == names.ISSUES and "router" in (*event.readers, *event.writers)
)
"""What a unit's topic carries: copies of what router reads and writes about issues."""


def document() -> Part:
    """Say for each topic what is on it, who sends and who receives."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:sanfu:events",
        "info": {
            "title": "Sanfu events 三服务事件",
            "version": version("sanfu-contracts"),
            "description": "CloudEvents 1.0 in Kafka's binary content mode: the envelope in headers, the body as JSON. "
            "Delivery is at least once and in order for each key; de-duplicate by `ce_id`, ignore unknown fields and "
            "unknown types. An instant is RFC 3339: an event's in UTC with milliseconds, a reply's in any zone, but "
            "with one.",
        },
        "defaultContentType": "application/json",
        "channels": {_id(topic): _channel(topic) for topic in TOPICS},
        "operations": dict(_operation(*each) for each in _operations()),
        "components": {
            "messages": {event.model.__name__: _message(event) for event in EVENTS}
            | {model_name(type): _reply(type, schema) for type, schema in replies().items()},
            "messageTraits": {"envelope": {"headers": _headers()}, "reply": {"headers": _reply_headers()}},
            "schemas": shared_schemas() | shared(),
        },
    }


def carried(topic: Topic) -> tuple[EventType, ...]:
    """The types of event that one may meet on a topic."""
    if topic.name == names.unit_topic("{code}"):
        return UNIT_TYPES
    return tuple(event for event in EVENTS if topic.name in event.topics)


ANSWERED = frozenset({names.replies_topic("{code}"), names.refused_replies_topic("{code}")})
"""Topics of what units' own systems send."""


def _names(topic: Topic) -> list[str]:
    """Name the messages that one may meet on a topic."""
    if topic.name in ANSWERED:
        return [model_name(type) for type in replies()]
    return [event.model.__name__ for event in carried(topic)]


def _id(topic: Topic) -> str:
    return re.sub(r"\{\w+\}\.|\.v1$|^sanfu\.", "", topic.name).replace(".", "-")


def _channel(topic: Topic) -> Part:
    parameters = {name: {"description": _PARAMETERS[name]} for name in re.findall(r"\{(\w+)\}", topic.name)}
    channel: Part = {
        "address": topic.name,
        "title": topic.title,
        "summary": topic.zh,
        "description": f"Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names(topic)},
        "bindings": {"kafka": _kafka(topic)},
    }
    return {**channel, "parameters": parameters} if parameters else channel


_PARAMETERS = {"code": "Code of the unit, [a-z0-9-]{2,40}", "service": f"One of {', '.join(SERVICES)}"}


def _kafka(topic: Topic) -> Part:
    config = topic.config()
    settings: Part = {"cleanup.policy": [config["cleanup.policy"]], "retention.ms": int(config["retention.ms"])}
    settings["max.message.bytes"] = int(config["max.message.bytes"])
    return {
        "partitions": topic.partitions.deployment,
        "topicConfiguration": settings,
        "bindingVersion": BINDING,
    }


def _operations() -> list[tuple[str, str, Topic]]:
    sends = [("send", who, topic) for topic in TOPICS for who in topic.writers]
    return sends + [("receive", who, topic) for topic in TOPICS for who in topic.readers]


def _operation(action: str, who: str, topic: Topic) -> tuple[str, Part]:
    side = "writers" if action == "send" else "readers"
    copied = topic.name == names.unit_topic("{code}")
    mine = [event for event in carried(topic) if copied or who in getattr(event, side)]
    operation: Part = {
        "action": action,
        "title": f"{who} {action}s on {topic.name}",
        "channel": {"$ref": f"#/channels/{_id(topic)}"},
    }
    if mine:
        operation["messages"] = [{"$ref": f"#/channels/{_id(topic)}/messages/{event.model.__name__}"} for event in mine]
    return f"{who}-{action}-{_id(topic)}", operation


def _message(event: EventType) -> Part:
    return {
        "name": event.type,
        "title": f"{event.model.__name__} {event.zh}",
        "summary": _line(event.model.__doc__ or ""),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/envelope"}],
        "payload": {"$ref": f"#/components/schemas/{event.model.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
    }


def _reply(type: str, schema: Part) -> Part:
    return {
        "name": type,
        "title": f"{model_name(type)} {schema['x-zh']}",
        "summary": _line(schema["description"]),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/reply"}],
        "payload": {"$ref": f"#/components/schemas/{model_name(type)}"},
        "examples": [{"headers": {"ce_id": REPLYS_ID, "ce_type": type}, "payload": one} for one in schema["examples"]],
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
    }


def _line(told: str) -> str:
    """Write what is told over several lines as one, whole."""
    return " ".join(told.split())


REPLYS_ID = "oa:2026-000417"
"""As an example's sender would number it."""


def _reply_headers() -> Part:
    """What desk looks at; the rest of CloudEvents may stand there, and a dead letter says why it is one."""
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["ce_id", "ce_type"],
        "properties": {
            "ce_id": {
                "type": "string",
                "pattern": "^[A-Za-z0-9_.:@/+=~-]{5,200}$",
                "description": "The reply's own id: the same id has the same outcome, however often it comes",
            },
            "ce_type": {"type": "string", "description": "sanfu.reply.<command>.v1"},
            "ce_subject": {**text, "description": "The issue's id, as in the key"},
            "sanfu_problem": {**text, "description": "On the dead-letter topic: what was wrong, as a URN"},
            "sanfu_reason": {**text, "description": "On the dead-letter topic: what was wrong, in words"},
            "sanfu_offset": {**text, "description": "On the dead-letter topic: the offset at which it was sent"},
        },
    }


def _headers() -> Part:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_sequence", "ce_time"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {**text, "description": "<service>:<subject>:<sequence>; the same on every copy"},
            "ce_type": {**text, "description": "Type of the event"},
            "ce_source": {"type": "string", "pattern": "^/sanfu/.+$", "description": "Service that wrote it"},
            "ce_subject": {**text, "description": "Issue, affair, unit or user that it is about"},
            "ce_sequence": {
                "type": "string",
                "pattern": "^[0-9]{1,18}$",
                "description": "Counts that service's events on that subject from 1, without holes",
            },
            "ce_time": {"type": "string", "format": "date-time", "description": "When it was decided"},
            "ce_causationid": {**text, "description": "What brought it about"},
            "ce_unitsequence": {
                "type": "string",
                "pattern": "^[0-9]{1,18}$",
                "description": "On a unit's topic: counts the records of one issue from 1",
            },
            "traceparent": {**text, "description": "W3C trace context"},
            "content-type": {"const": "application/json"},
        },
    }
