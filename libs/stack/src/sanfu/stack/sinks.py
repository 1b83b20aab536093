"""Where a stack without the outside world sends its SMS and e-mails: they can be read on a page and by API.

`GET /` page · `GET /sms`, `GET /mail` (newest first; `?to=`, `?limit=`) · `POST /sms` takes any JSON object ·
`DELETE /sms`, `DELETE /mail` forget. Keeps the last 10,000 of each in memory, and counts all.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Annotated, Any, Literal

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import Body, FastAPI, Query
from fastapi.responses import HTMLResponse
from pydantic_settings import BaseSettings, SettingsConfigDict

KEPT = 10_000
SHOWN = 200
"""Messages of each kind on the page."""


class Settings(BaseSettings):
    """Ports of both sinks on 127.0.0.1, from SANFU_SINKS_PORT and SANFU_SINKS_SMTP."""

    model_config = SettingsConfigDict(env_prefix="SANFU_SINKS_")
    port: int = 8710
    smtp: int = 8725


@dataclass
class Box:
    """What came in by one medium: the last ones, and how many there were in all."""

    kept: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    total: int = 0

    def put(self, message: dict[str, Any]) -> dict[str, Any]:
        self.total += 1
        message = {"id": str(self.total), "received": datetime.now(UTC).isoformat(timespec="milliseconds"), **message}
        self.kept.appendleft(message)
        return message

    def page(self, to: str | None, limit: int) -> dict[str, Any]:
        chosen = [message for message in self.kept if to is None or to in message["to"]]
        return {"items": chosen[:limit], "total": self.total}

    def clear(self) -> None:
        self.kept.clear()
        self.total = 0


class MailHandler:
    """What aiosmtpd calls when a message has come in whole."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        message = message_from_bytes(content, _class=EmailMessage, policy=default)
        body = message.get_body(("plain", "html"))
        self._box.put(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": str(message["subject"] or ""),
                "headers": {name: str(value) for name, value in message.items()},
                "text": str(body.get_content()).replace("\r\n", "\n") if body else "",
            }
        )
        return "250 kept"


def create_app(sms: Box, mail: Box, smtp_port: int) -> FastAPI:
    """Return the HTTP side; while it lives, the SMTP side listens on 127.0.0.1:smtp_port."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(MailHandler(mail), enable_SMTPUTF8=True, loop=loop), "127.0.0.1", smtp_port
        )
        async with server:
            yield

    app = FastAPI(title="Sanfu's sinks", lifespan=lifespan)
    boxes = {"sms": sms, "mail": mail}

    @app.post("/sms")
    async def send_sms(message: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        return {"id": sms.put({"to": str(message.get("to", "")), **message})["id"]}

    @app.get("/{medium}")
    async def messages(
        medium: Literal["sms", "mail"], to: str | None = None, limit: Annotated[int, Query(ge=1, le=KEPT)] = 200
    ) -> dict[str, Any]:
        return boxes[medium].page(to, limit)

    @app.delete("/{medium}", status_code=204)
    async def forget(medium: Literal["sms", "mail"]) -> None:
        boxes[medium].clear()

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return _page(sms, mail)

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"state": "ready"}

    return app


STYLE = """
body{font:15px/1.5 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;margin:0;color:#17212b;
background:#f3f5f8}main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1.5rem;
max-width:1400px;margin:auto;padding:1.5rem}h1{font-size:1.15rem}ul{list-style:none;margin:0;padding:0;display:grid;
gap:.6rem}li{background:#fff;border:1px solid #e3e7ec;border-radius:10px;padding:.7rem 1rem;overflow-wrap:anywhere}
p{margin:.3rem 0 0;white-space:pre-wrap}small{color:#5a6672;display:flex;justify-content:space-between;gap:1rem}
"""


def _page(sms: Box, mail: Box) -> str:
    texts = [(m["received"], m["to"], "", m.get("text") or m) for m in list(sms.kept)[:SHOWN]]
    mails = [(m["received"], ", ".join(m["to"]), m["subject"], m["text"]) for m in list(mail.kept)[:SHOWN]]
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>短信与邮件 · SMS, e-mail</title>'
        f"<style>{STYLE}</style><main>{_list('短信 · SMS', sms, texts)}{_list('邮件 · E-mail', mail, mails)}</main>"
    )


def _list(title: str, box: Box, rows: list[tuple[Any, ...]]) -> str:
    items = "".join(f"<li>{_message(*(escape(str(cell)) for cell in row))}</li>" for row in rows)
    more = f"<p>… {box.total - len(rows)}</p>" if box.total > len(rows) else ""
    return f"<section><h1>{title} ({box.total})</h1><ul>{items or '<li>–</li>'}</ul>{more}</section>"


def _message(received: str, to: str, subject: str, text: str) -> str:
    head = f'<small><span>{to}</span><time datetime="{received}">{received[11:19]} UTC</time></small>'
    return head + (f"<b>{subject}</b>" if subject else "") + f"<p>{text}</p>"


def main() -> None:
    settings = Settings()
    app = create_app(Box(), Box(), settings.smtp)
    uvicorn.run(app, host="127.0.0.1", port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
