"""Robots in groups of DingTalk and WeCom: a POST to an address of their own, DingTalk's signed by a secret.

A message goes to the robot that the recipient's record names, else to that of its unit, else to the one called `*`.
"""

import base64
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sanfu.notify.adapters.calls import Caller, called, json_of
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message

OTHERS = "*"
LONGEST = {"dingtalk": 18_000, "wecom": 2_000}
"""Bytes of a text: a little less than what is taken (20,000 of the whole body; 2,048)."""
FAST = {"dingtalk": frozenset({130101, 410100, 90018, 90030}), "wecom": frozenset({45009, 45033})}
"""Errors that say: too fast. DingTalk shuts a robot for ten minutes that is given more than 20 a minute."""
FAST_S = {"dingtalk": 600.0, "wecom": 60.0}
BUSY = frozenset({-1})


@dataclass(frozen=True, slots=True)
class Robot:
    """Where it is, its access token within; the secret that signs, where it asks for one."""

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Robots(Caller):
    """`ports.Sender` of one kind of robots."""

    kind: str
    robots: Mapping[str, Robot]
    now: Callable[[], float] = time.time

    async def send(self, message: Message) -> Outcome:
        robot = self.robots.get(message.to) or self.robots.get(OTHERS)
        if robot is None:
            return Rejected("no_address")
        url, body = robot.url, _text(message, LONGEST[self.kind])
        if robot.secret is not None:
            stamp = str(round(self.now() * 1000))
            more = {"timestamp": stamp, "sign": signature(stamp, robot.secret)}
            url = str(httpx.URL(url).copy_merge_params(more))
        answer = await called(self._connections, url, json=body)
        return self._outcome(json_of(answer)) if isinstance(answer, httpx.Response) else answer

    def _outcome(self, answer: Mapping[str, Any]) -> Outcome:
        code = answer.get("errcode")
        if code == 0:
            return Sent(None)
        if not isinstance(code, int):
            return Lost("no_errcode")
        if code in FAST[self.kind]:
            return Retry(f"errcode_{code}", FAST_S[self.kind], about="pace")
        return Retry(f"errcode_{code}", about="provider" if code in BUSY else "message")


def signature(stamp: str, secret: str) -> str:
    """DingTalk's: of the instant (milliseconds) and the secret itself."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")).decode()


def _text(message: Message, size: int) -> dict[str, Any]:
    """Plain words, for neither kind of markdown has an escape: nothing in them shapes the message. Nobody is named by
    what stands in them, either (`@…`): that takes a field of its own."""
    whole = f"{message.subject}\n{message.text}" if message.subject else message.text
    return {"msgtype": "text", "text": {"content": cut(whole, size)}}


def cut(text: str, size: int) -> str:
    """Cut to so many bytes of UTF-8, between characters."""
    whole = text.encode()
    return text if len(whole) <= size else whole[: size - 3].decode(errors="ignore") + "…"
