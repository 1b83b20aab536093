"""The document of all topics (AsyncAPI 3) as a page of every service: plain HTML, nothing from elsewhere, no script."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import APIRouter, Response

from sanfu.contracts.kinds import Writing, by_default, kind
from sanfu.runtime.http import own_router

Part = Mapping[str, Any]
STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;display:block;overflow-x:auto;margin:.5rem 0 1.5rem}h3,p{overflow-wrap:anywhere}
td,th{border:1px solid #c8c8c8;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:#f2f2f2}
code{font-size:.92em;overflow-wrap:anywhere}td:first-child code{overflow-wrap:normal}h2{border-bottom:1px solid #c8c8c8}
pre{overflow-x:auto;padding:.5rem;background:#f2f2f2}
.needed{font-weight:600}small{color:#555}
@media(max-width:40rem){.fields th{display:none}.fields td{display:block;border-width:0 1px;padding:.1rem .5rem}
.fields tr{display:block;border-top:1px solid #c8c8c8}.fields{border-bottom:1px solid #c8c8c8}}
"""
HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}


HTML: Final = Writing(
    lambda name: f'<a href="#{escape(name)}">{escape(name)}</a>', lambda text: f"<code>{escape(text)}</code>", " | "
)


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
    yield f"<p>{_prose(info['description'])}</p>"
    yield '<p><a href="#units-v1">What a unit receives · 单位收到什么</a> · '
    yield '<a href="#replies-v1">What it may answer · 可以回复什么</a></p>'
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
        yield f"<p>{_prose(message.get('summary', ''))}</p>"
        yield from _fields(parts["schemas"][message["payload"]["$ref"].rpartition("/")[2]])
        yield from _examples(message)
    yield "<h2>Parts · 组成部分</h2>"
    for name, schema in parts["schemas"].items():
        if name not in parts["messages"] and schema.get("properties"):
            yield f'<h3 id="{name}">{name}</h3><p>{_prose(schema.get("description", ""))}</p>'
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
    yield '<table class="fields"><tr><th>field</th><th>type</th><th>meaning</th></tr>'
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        css = ' class="needed"' if name in needed else ""
        told = _prose(field.get("description", "")) + by_default(field, HTML)
        told += " <b>(needed)</b>" if name in needed else ""
        yield f"<tr><td{css}><code>{escape(name)}</code></td><td>{kind(field, HTML)}</td><td>{told}</td></tr>"
    yield "</table>"


def _examples(message: Part) -> Iterator[str]:
    for one in message.get("examples", ()):
        lines = [f"{name}: {value}" for name, value in one["headers"].items()]
        body = orjson.dumps(one["payload"], option=orjson.OPT_INDENT_2).decode()
        yield f"<pre>{escape(chr(10).join([*lines, '', body]))}</pre>"


def _prose(text: str) -> str:
    """Write a description; what stands in it between `…` as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))
