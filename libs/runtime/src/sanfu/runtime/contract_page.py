"""The document of all topics (AsyncAPI 3) as a page of every service: plain HTML, nothing from elsewhere, no script."""

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import APIRouter, Response

from sanfu.runtime.http import own_router

Part = Mapping[str, Any]
STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;display:block;overflow-x:auto;margin:.5rem 0 1.5rem}h3,p{overflow-wrap:anywhere}
td,th{border:1px solid #c8c8c8;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:#f2f2f2}
code{font-size:.92em}h2{border-bottom:1px solid #c8c8c8}
.needed{font-weight:600}small{color:#555}
"""
HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}


def contract_routes() -> APIRouter:
    """Routes under /docs, for whoever reads the contract."""
    router = own_router("/docs", tags=["contract"])

    @router.get("/events", response_model=None, include_in_schema=False)
    async def events() -> Response:
        return Response(_page(), media_type="text/html; charset=utf-8", headers=HEADERS)

    @router.get("/events.json", operation_id="read_events_document", response_model=None)
    async def document() -> Response:
        """The AsyncAPI 3 document of all topics: what is on each, who sends, who receives."""
        return Response(_document(), media_type="application/json")

    return router


@cache
def _document() -> bytes:
    return files("sanfu.contracts").joinpath("asyncapi.json").read_bytes()


@cache
def _page() -> bytes:
    return "".join(page(orjson.loads(_document()))).encode()


def page(document: Part) -> Iterator[str]:
    """Draw the document: its topics, then each message with its fields, then the parts that several share."""
    info, parts = document["info"], document["components"]
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>'
    yield f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
    yield f"<p>{escape(info['description'])}</p>"
    yield '<p><a href="/docs/events.json">AsyncAPI 3</a> · <a href="/openapi.json">OpenAPI of this service</a></p>'
    yield "<h2>Topics · 主题</h2><table><tr><th>topic</th><th></th><th>key</th><th>sends</th><th>receives</th></tr>"
    for id, channel in document["channels"].items():
        sends, receives = (_who(document, id, action) for action in ("send", "receive"))
        told = f"{escape(channel['title'])}<br>{escape(channel['summary'])}"
        key = escape(channel["description"].removeprefix("Key: ").rstrip("."))
        yield f'<tr><td><a href="#{id}"><code>{escape(channel["address"])}</code></a></td><td>{told}</td><td>{key}</td>'
        yield f"<td>{sends}</td><td>{receives}</td></tr>"
    yield "</table>"
    for id, channel in document["channels"].items():
        yield f'<h3 id="{id}"><code>{escape(channel["address"])}</code></h3><p>'
        yield ", ".join(f'<a href="#{name}">{name}</a>' for name in channel["messages"]) or "state and dead letters"
        yield "</p>"
    yield "<h2>Messages · 消息</h2>"
    for name, message in parts["messages"].items():
        yield f'<h3 id="{name}">{escape(message["title"])} <small><code>{escape(message["name"])}</code></small></h3>'
        yield f"<p>{escape(message.get('summary', ''))}</p>"
        yield from _fields(parts["schemas"][message["payload"]["$ref"].rpartition("/")[2]])
    yield "<h2>Parts · 组成部分</h2>"
    for name, schema in parts["schemas"].items():
        if name not in parts["messages"] and schema.get("properties"):
            yield f'<h3 id="{name}">{name}</h3><p>{escape(schema.get("description", ""))}</p>'
            yield from _fields(schema)
    yield "</html>"


def _who(document: Part, channel: str, action: str) -> str:
    found = [
        id.partition(f"-{action}-")[0]
        for id, operation in document["operations"].items()
        if operation["action"] == action and operation["channel"]["$ref"] == f"#/channels/{channel}"
    ]
    return escape(", ".join(found))


def _fields(schema: Part) -> Iterator[str]:
    if not schema.get("properties"):
        return
    yield "<table><tr><th>field</th><th>type</th><th>meaning</th></tr>"
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        css = ' class="needed"' if name in needed else ""
        told = escape(field.get("description", "")) + (" <b>(needed)</b>" if name in needed else "")
        yield f"<tr><td{css}><code>{escape(name)}</code></td><td>{_kind(field)}</td><td>{told}</td></tr>"
    yield "</table>"


def _kind(field: Part) -> str:
    """Say a field's type in a few words; a part of its own is a link."""
    match field:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return f'<a href="#{name}">{name}</a>'
        case {"const": value}:
            return f"<code>{escape(str(value))}</code>"
        case {"enum": values}:
            return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"anyOf": options} | {"oneOf": options}:
            return " or ".join(dict.fromkeys(_kind(one) for one in options if one.get("type") != "null"))
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": str(kind)}:
            more = [
                f"{word} {field[name]}" for name, word in (("maxLength", "≤"), ("pattern", "like")) if name in field
            ]
            return escape(" ".join([kind, *more]))
    return "any"
