"""What the page of preferences says, in both languages. It names no number, mailbox or report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

EVERYTHING, ASKED = "all_", "asked_"
"""Before a medium, in the form: all may go to that address (ticked), and that this was asked at all."""
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("消息偏好", "What you are told by"),
    "lead": (
        "请选择愿意接收的方式。紧急消息和法定告知不受此限。",
        "Choose by what you want to hear from us. News of an emergency, and what the law owes you, comes anyway.",
    ),
    "save": ("保存", "Save"),
    "saved": ("已保存。", "Saved."),
    "issue": ("这件诉求的消息", "News of this report"),
    "listed": ("清单中各件诉求的消息", "News of the reports in that list"),
    "user": ("发给我的消息", "What is sent to me"),
    "all": ("所有诉求的消息", "News of all reports"),
    "all_sms": ("我的手机号继续接收短信", "Go on sending SMS to my number"),
    "all_email": ("我的邮箱继续接收邮件", "Go on sending mails to my mailbox"),
    "all_hint": (
        "取消勾选后，不论哪一件诉求，今后只发紧急消息和法定告知；可随时在本页重新勾选。",
        "If you clear this, nothing more comes there of any report, also of later ones, but of an emergency and "
        "what the law owes you. You can tick it again on this page at any time.",
    ),
    "sms": ("短信", "SMS"), "email": ("邮件", "E-mail"), "webhook": ("系统接口", "Webhook"),
    "dingtalk": ("钉钉", "DingTalk"), "wecom": ("企业微信", "WeCom"), "inbox": ("站内消息", "Inbox"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """`media` that reach somebody, those that are `off` for them, and, where it can be said of all reports, whether all
    may go to their address by a medium. `whose`: issue, listed (the issues of a list) or user."""

    media: tuple[str, ...]
    off: frozenset[str]
    everything: Mapping[str, bool] = field(default_factory=dict)
    whose: str = "issue"


def written(place: int, shown: Shown, saved: bool) -> str:
    """Write the page; `place`: 0 in Chinese, 1 in English."""

    def word(name: str) -> str:
        return escape(WORDS[name][place])

    def box(name: str, text: str, ticked: bool) -> str:
        mark = " checked" if ticked else ""
        return f'<label class="choice"><input type="checkbox" name="{name}"{mark}> {word(text)}</label>'

    def group(legend: str, boxes: str, more: str = "") -> str:
        return f'<section class="card"><fieldset><legend>{word(legend)}</legend>{boxes}</fieldset>{more}</section>'

    first = group(shown.whose, "".join(box(one, one, one not in shown.off) for one in shown.media))
    every = "".join(
        f'<input type="hidden" name="{ASKED}{medium}" value="1">{box(EVERYTHING + medium, EVERYTHING + medium, on)}'
        for medium, on in shown.everything.items()
    )
    second = group("all", every, f'<p class="hint">{word("all_hint")}</p>') if every else ""
    done = f'<p role="status" class="told done">{word("saved")}</p>' if saved else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{("zh", "en")[place]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{word("title")}</title>'
        f'<link rel="stylesheet" href="/messages/style.css"></head><body><header><h1>{word("title")}</h1></header>'
        f"<main>{done}<p>{word('lead')}</p>"
        f'<form method="post">{first}{second}<button>{word("save")}</button></form></main></body></html>\n'
    )
