"""A city that tells by every medium: the shipped one's texts and some more, carried by notify's own adapters to peers
that listen here."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from sanfu.city.watching import PackHolder
from tests.integration.notify.providers import Mailbox, Peer, mailbox, peer
from tests.support.city import City, in_memory
from tests.support.gateway import Faulty, faulty
from tests.support.packs import A_DAY, copied
from tests.support.people import Issue

UNIT = "water"
SECRET = "whsec_" + base64.b64encode(b"of an endpoint's webhooks").decode()
SIGNING = "SECof-a-robot-in-tests"
APP_KEY = "key-of-the-citys-own-app"
RECEIPTS = "a-path-that-nobody-can-guess"
CALL_S = 20.0
"""Seconds of a call, of which mail waits less than a third for an answer: longer than a machine stands still."""
PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"
"""Of the party of a report that says no other."""

TEXT = """
  - id: assignment-{audience}-{medium}
    event: [IssueAssigned, IssueDispatched]
    audience: {audience}
    medium: {medium}
    delivery: at_least_once
    useful_for: 24 hours
    line: &{medium}_line {{zh: "{{number}}交办", en: "{{number}} is yours"}}
    body:
      zh: 交办{{number}}（{{category}}），{{due}}前办结。
      en: "{{number}} ({{category}}) is yours, by {{due}}."
    neutral: {{zh: "交办保密事项{{number}}。", en: "The confidential issue {{number}} is yours."}}
"""
MORE = [("unit", "webhook"), ("unit", "dingtalk"), ("officer", "wecom")]
"""Who is told besides of an assignment, and by what."""


def telling_by_every_medium(folder: Path) -> PackHolder:
    """Copy the shipped pack into an empty folder, with texts for the media that it has none for."""
    root = copied(folder)
    rows = "".join(TEXT.format(audience=audience, medium=medium) for audience, medium in MORE)
    (root / "texts" / "media.yaml").write_text(f"messages:{rows}", encoding="utf-8")
    return PackHolder(root, today=lambda: A_DAY)


@dataclass(slots=True)
class Media:
    """A city and those who carry its messages. Two gateways for SMS: `first`, and `second` where it is in trouble."""

    first: Faulty
    second: Faulty
    mail: Mailbox
    webhook: Peer
    dingtalk: Peer
    wecom: Peer
    city: City = field(init=False)
    each: Sequence[str] = ()
    """What a phone gets at most by a gateway."""

    def file(self) -> str:
        """notify's file of providers."""
        sms = [
            {"kind": "gateway", "name": name, "url": one.url, "receipts": RECEIPTS, "each": self.each}
            for name, one in (("first", self.first), ("second", self.second))
        ]
        server = {"kind": "smtp", "host": "127.0.0.1", "port": self.mail.port, "tls": "none"}
        endpoint = {"url": f"{self.webhook.url}/told", "secrets": [SECRET], "networks": ["127.0.0.0/8"]}
        dingtalk = {"url": f"{self.dingtalk.url}/robot/send?access_token=a1", "secret": SIGNING}
        wecom = {"url": f"{self.wecom.url}/cgi-bin/webhook/send?key=k1"}
        plan = {
            "sms": sms,
            "email": [server | {"from": "sanfu@city.example", "receipts": RECEIPTS}],
            "webhook": [{"kind": "webhook", "endpoints": {UNIT: endpoint}}],
            "dingtalk": [{"kind": "dingtalk", "robots": {UNIT: dingtalk}}],
            "wecom": [{"kind": "wecom", "robots": {"*": wecom}}],
        }
        return orjson.dumps(plan).decode()

    async def reported(self, **said: Any) -> Issue:
        """An issue of `UNIT`'s."""
        return await self.city.report("hotline", category="drainage", **said)

    async def deliveries(self, issue: Issue, **wanted: Any) -> list[dict[str, Any]]:
        """What the delivery log says of an issue, the oldest first."""
        answer = await self.asked("GET", "/v1/deliveries", params={"subject": issue.id, "limit": 100, **wanted})
        assert answer.status_code == 200, answer.text
        return [*reversed(answer.json()["items"])]

    async def one(self, issue: Issue, **wanted: Any) -> dict[str, Any]:
        """The only delivery that fits."""
        [found] = await self.deliveries(issue, **wanted)
        return found

    async def asked(self, method: str, path: str, key: str = APP_KEY, **more: Any) -> httpx.Response:
        """Ask notify as the city's own app or an operator does."""
        headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
        return await self.city.client("notify").request(method, path, headers=headers, **more)

    async def resend(self, delivery: dict[str, Any], key: str = "resend-1") -> httpx.Response:
        """Have an operator send a delivery again."""
        said, headers = {"because": "the provider was silent"}, {"Idempotency-Key": key}
        answer = await self.asked("POST", f"/v1/deliveries/{delivery['id']}/resend", json=said, headers=headers)
        await self.city.quiet()
        return answer

    async def say(self, provider: str, *receipts: dict[str, Any]) -> None:
        """Have a provider say what became of messages."""
        url = f"/callbacks/{provider}/{RECEIPTS}"
        answer = await self.city.client("notify").post(url, json=receipts)
        assert answer.json() == {"taken": len(receipts)}, answer.text
        await self.city.quiet()

    async def state(self, provider: str) -> str:
        """How a gateway stands, as operators see it, in a word."""
        return str((await self.provider(provider))["state"])

    async def provider(self, name: str) -> dict[str, Any]:
        """All that operators see of a gateway."""
        items: list[dict[str, Any]] = (await self.asked("GET", "/v1/providers")).json()["items"]
        return next(one for one in items if one["provider"] == name)


def texts(got: Sequence[dict[str, str]], to: str) -> list[str]:
    """What a phone got."""
    return [one["text"] for one in got if one["to"] == to]


@asynccontextmanager
async def by_every_medium(holder: PackHolder, at: str = "2026-05-06 09:00", **settings: Any) -> AsyncIterator[Media]:
    """Run such a city for a block. `settings` are notify's, beside those of tests."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        well = (200, {"errcode": 0, "errmsg": "ok"})
        media = Media(
            await enter(faulty()), await enter(faulty()), await enter(mailbox()), await enter(peer((200, "ok"))),
            await enter(peer(well)), await enter(peer(well)),
        )  # fmt: skip
        media.city = await enter(in_memory(at, holder))
        await restarted(media, **settings)
        yield media


async def restarted(media: Media, **settings: Any) -> None:
    """Start notify anew, with these settings and these providers."""
    city = media.city
    await city.stop("notify")
    city.providers = media.file()
    city.notify = {"notify_key": SecretStr(APP_KEY), "call_s": CALL_S, **settings}
    await city.start("notify")
