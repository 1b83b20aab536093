"""docs/events.md, made from the registry: who writes and reads each event, and what is in it."""

import json
from collections.abc import Iterator
from typing import Final

from sanfu.contracts.kinds import Writing, by_default, kind
from sanfu.contracts.registry import EVENTS, TOPICS, EventType
from sanfu.contracts.replies import replies
from sanfu.contracts.schemas import Schema, schema

HEAD = """# Events

<!-- Made by `python -m sanfu.contracts.generate`: change the models and the registry, not this page. -->

All events are CloudEvents 1.0 in Kafka's binary content mode: the envelope in headers, the body as JSON of at most
512 KiB. Delivery is at least once and in order for each key. De-duplicate by `ce_id`; ignore unknown fields and types.
A field without a mark in the column *needed* may be absent.

An *instant* is RFC 3339. An event's is UTC with milliseconds: `2026-01-01T00:00:00.000Z`. A reply's has any zone, but
has one: `2026-01-01T08:00:00+08:00`. Characters are Unicode's: a Chinese one counts as one.
"""


REPLIES = """What a unit's own system sends on `sanfu.replies.<code>.v1`, one record for each command:

- key: the issue's id, as in the key of what came about it;
- header `ce_id`: the reply's own id, of the sender's making: 5 to 200 of `A-Z a-z 0-9 _ . : @ / + = ~ -`, no phone or
  ID number in it. The same id has the same outcome, however often it comes;
- header `ce_type`: the command, `sanfu.reply.contact.v1`;
- value: the command's body in JSON, UTF-8, no more than 256 KiB. A field that is not in the command's table is refused.

Nothing says which unit sends it: the topic's name does. A whole one:

```
key      0198f3c2-7a51-7e0b-9c34-51d6a8e2b7f0
ce_id    oa:2026-000417
ce_type  sanfu.reply.contact.v1
value    {"result": "reached", "method": "visit", "contacted_at": "2026-01-01T10:20:00+08:00"}
```

What comes of it stands on the unit's own topic: the event, with `ce_causationid: command:<code>:reply:<ce_id>`, or
[ReplyRefused](#replyrefused), which names each wrong field and what would be right.
"""

MARKDOWN: Final = Writing(str, lambda text: "`" + text.replace("|", "\\|") + "`", " \\| ")
LINKED: Final = Writing(lambda name: f"[{name}](#{name.lower()})", MARKDOWN.code, MARKDOWN.between)


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
    parts: dict[str, Schema] = {}
    for type, body in replies().items():
        parts |= body.get("$defs", {})
        yield f"### {type}\n"
        yield f"{body['x-zh']} · {_prose(body)}\n"
        if body.get("properties"):
            yield from _fields(body, LINKED)
        for one in body["examples"]:
            yield f"```json\n{json.dumps(one, ensure_ascii=False)}\n```\n"
    for name, part in sorted(parts.items()):
        yield f"### {name}\n\n{_prose(part)}\n"
        yield from _fields(part, LINKED)


def _prose(part: Schema) -> str:
    return " ".join(str(part.get("description", "")).split())


def _fields(part: Schema, writing: Writing = MARKDOWN) -> Iterator[str]:
    yield "| field | type | needed | meaning |"
    yield "| --- | --- | --- | --- |"
    for name, field in part["properties"].items():
        needed = "✓" if name in part.get("required", ()) else ""
        told = f"{_prose(field)}{by_default(field, writing)}"
        yield f"| `{name}` | {kind(field, writing)} | {needed} | {told} |"
    yield ""
