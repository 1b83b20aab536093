"""The page on which somebody says by what they would rather not be told: by a signed link, nothing else is asked.

A GET only shows: robots that look at links before people do change nothing. A POST changes; one that a mail program
sends by itself (RFC 8058, `List-Unsubscribe=One-Click`) refuses e-mails.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sanfu.notify.domain import preferences
from sanfu.notify.ports import Shelf
from sanfu.runtime.forms import read_form
from sanfu.runtime.http import own_router
from sanfu.runtime.links import Links
from sanfu.runtime.pages import guarded, plain_style, same_site
from sanfu.runtime.preference_links import PREFERENCES
from sanfu.runtime.rules import Refusal

LONGEST = 400
"""Characters of a link's token: none of ours is longer."""
ONE_CLICK = "List-Unsubscribe"
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("消息偏好", "What you are told by"),
    "lead": (
        "请选择愿意接收的方式。紧急消息和法定告知不受此限。",
        "Choose by what you want to hear from us. What is urgent, and what the law owes you, comes anyway.",
    ),
    "save": ("保存", "Save"),
    "saved": ("已保存。", "Saved."),
    "sms": ("短信", "SMS"), "email": ("邮件", "E-mail"), "webhook": ("系统接口", "Webhook"),
    "dingtalk": ("钉钉", "DingTalk"), "wecom": ("企业微信", "WeCom"), "inbox": ("站内消息", "Inbox"),
}  # fmt: skip


Listed = Callable[[str], Awaitable[Sequence[str]]]
"""Whom the messages of a list were for."""


def routes(
    shelf: Shelf, links: Links, now: Callable[[], datetime], version: Callable[[], int], listed: Listed
) -> APIRouter:
    """Make the routes. `version` is higher each time it is asked, in milliseconds or so."""
    router = own_router("/messages", tags=["preferences"])

    def recipient(token: str) -> str:
        link = links.read(token, now()) if len(token) <= LONGEST else None
        if link is None or link.what != PREFERENCES:
            raise Refusal(404, "no-such-link", "This link opens nothing, or no longer.")
        return link.number

    async def stands_for(who: str) -> Sequence[str]:
        """One, or of a list each whom something in it was for."""
        digest = preferences.list_of(who)
        return [who] if digest is None else await listed(digest)

    async def refused(whom: Sequence[str]) -> dict[str, frozenset[str]]:
        said = await shelf.get(whom)
        return {who: preferences.refused(said.get(who)) for who in whom}

    async def page(request: Request, who: str, saved: bool) -> HTMLResponse:
        each = (await refused(await stands_for(who))).values()
        off = frozenset.intersection(*each) if each else frozenset()
        return HTMLResponse(_page(_place(request), preferences.media_of(who), off, saved), headers=dict(guarded()))

    @router.get("/style.css", include_in_schema=False)
    async def style() -> Response:
        return Response(plain_style(), media_type="text/css")

    @router.get("/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def show(token: str, request: Request) -> HTMLResponse:
        """Show by what somebody is told."""
        return await page(request, recipient(token), saved=False)

    @router.post("/{token}", response_class=HTMLResponse, include_in_schema=False)
    async def change(token: str, request: Request) -> HTMLResponse:
        """Change it: the media that are ticked stay. A form of this page, or a mail program's one click."""
        who = recipient(token)
        same_site(request)
        said = (await read_form(request, _no_file, 0)).fields
        wanted = {name for name in said if name in preferences.MEDIA}
        whom = await stands_for(who)
        off = await refused(whom) if ONE_CLICK in said else {}
        all = {one: set(preferences.media_of(one)) - off[one] - {"email"} if off else wanted for one in whom}
        await shelf.put([preferences.written(one, kept, version()) for one, kept in all.items()])
        return await page(request, who, saved=True)

    return router


async def _no_file(_: AsyncIterator[bytes]) -> None:
    """This form has none: with none allowed, nobody comes here."""


def _place(request: Request) -> int:
    """Which of the two languages: `?lang=en`, else what the browser asks for first."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "zh")
    return 1 if asked.lower().startswith("en") else 0


def _page(place: int, media: tuple[str, ...], off: frozenset[str], saved: bool) -> str:
    def word(name: str) -> str:
        return escape(WORDS[name][place])

    boxes = "".join(
        f'<p><label><input type="checkbox" name="{one}"{"" if one in off else " checked"}> {word(one)}</label></p>'
        for one in media
    )
    done = f'<p role="status">{word("saved")}</p>' if saved else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{("zh", "en")[place]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{word("title")}</title>'
        f'<link rel="stylesheet" href="/messages/style.css"></head><body><main><h1>{word("title")}</h1>{done}'
        f'<p>{word("lead")}</p><form method="post">{boxes}<p><button>{word("save")}</button></p></form>'
        "</main></body></html>\n"
    )
