"""docs/events.md, made from the registry: who writes and reads each event, and what is in it."""

from collections.abc import Iterator
from typing import Any

from sanfu.contracts.registry import EVENTS, TOPICS, EventType
from sanfu.contracts.replies import replies
from sanfu.contracts.schemas import Schema, schema

HEAD = """# Events

<!-- Made by `python -m sanfu.contracts.generate`: change the models and the registry, not this page. -->

All events are CloudEvents 1.0 in Kafka's binary content mode: the envelope in headers, the body as JSON of at most
512 KiB. Delivery is at least once and in order for each key. De-duplicate by `ce_id`; ignore unknown fields and types.
A field without a mark in the column *needed* may be absent.
"""


REPLIES = """What a unit's own system sends on `sanfu.replies.<code>.v1`: the key is the issue's id, the header `ce_id`
the reply's own id, `ce_type` says the command, the value is the command's body in JSON. Nothing else may stand in it.
"""


def page() -> str:
    lines = [HEAD, "## Topics\n", *_topics(), "\n## Types\n", *_index(), ""]
    for event in EVENTS:
        lines += _event(event)
    lines += ["## Replies\n", REPLIES, *_replies()]
    return "\n".join(lines).rstrip() + "\n"


def _topics() -> Iterator[str]:
    yield "| topic | 中文 | key | written by | read by | kept | partitions: deployment / embedded |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for topic in TOPICS:
        kept = "for ever" if topic.kept_days is None else f"{topic.kept_days} days"
        if topic.cleanup == "compact":
            kept = "compacted"
        key = topic.key.replace("<", "‹").replace(">", "›")
        yield (
            f"| `{topic.name}` | {topic.zh} | {key} | {', '.join(topic.writers)} | {', '.join(topic.readers)} "
            f"| {kept} | {topic.partitions.deployment} / {topic.partitions.embedded} |"
        )


def _index() -> Iterator[str]:
    yield "| event | 中文 | type | written by | read by |"
    yield "| --- | --- | --- | --- | --- |"
    for event in EVENTS:
        name = event.model.__name__
        yield (
            f"| [{name}](#{name.lower()}) | {event.zh} | `{event.type}` "
            f"| {', '.join(event.writers)} | {', '.join(event.readers)} |"
        )


def _event(event: EventType) -> Iterator[str]:
    yield f"## {event.model.__name__}\n"
    topics = " and ".join(f"`{topic}`" for topic in event.topics)
    yield f"{event.zh} · `{event.type}` on {topics} · since {event.since}\n"
    whole = schema(event)
    yield _prose(whole) + "\n"
    parts = whole.get("$defs", {})
    if "properties" in whole:
        yield from _fields(whole)
    for name in sorted(parts):
        if "properties" in parts[name]:
            yield f"**{name}**: {_prose(parts[name])}\n"
            yield from _fields(parts[name])


def _replies() -> Iterator[str]:
    for type, body in replies().items():
        yield f"### {type}\n"
        yield f"{body['x-zh']} · {_prose(body)}\n"
        if body.get("properties"):
            yield from _fields(body)


def _prose(part: Schema) -> str:
    return " ".join(str(part.get("description", "")).split())


def _fields(part: Schema) -> Iterator[str]:
    yield "| field | type | needed | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in part["properties"].items():
        needed = "✓" if name in part.get("required", ()) else ""
        yield f"| `{name}` | {_kind(field)} | {needed} | {_prose(field)} |"
    yield ""


def _kind(field: dict[str, Any]) -> str:
    """Say a field's type in a few words."""
    match field:
        case {"$ref": str(ref)}:
            return ref.rpartition("/")[2]
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return " \\| ".join(f"`{value}`" for value in values)
        case {"anyOf": options}:
            kinds = [_kind(option) for option in options if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map to {_kind(values)}"
        case {"pattern": str(pattern)} if "T" in pattern and pattern.endswith("Z$"):
            return "instant"
        case {"type": str(kind)}:
            return kind
    return "any"
