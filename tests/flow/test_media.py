"""By each medium, from a report to what its receiver got and what the delivery log says: over all services, carried by
notify's own adapters."""

import base64
import hashlib
import hmac
import time

import orjson

from sanfu.city.watching import PackHolder
from tests.integration.notify.providers import Asked
from tests.support.city import local
from tests.support.media import MAIL, PHONE, SECRET, SIGNING, UNIT, Media, by_every_medium, texts

CLOSE = 300
"""Seconds by which a signature's instant may be off."""


# ── what a receiver does with what came, by the specifications of others ─────────────────────────────────────────────


def webhook_proves_itself(asked: Asked, secret: str) -> bool:
    """Standard Webhooks 1.0: HMAC-SHA256 over id, instant and body, in base64."""
    id, at = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id}.{at}.".encode() + asked.body, hashlib.sha256)
    right = f"v1,{base64.b64encode(mac.digest()).decode()}"
    return right in asked.headers["webhook-signature"].split() and abs(time.time() - int(at)) < CLOSE


def robot_is_signed(asked: Asked, secret: str) -> bool:
    """DingTalk: HMAC-SHA256 by the secret over milliseconds, newline, and the secret once more; in base64."""
    stamp = asked.query["timestamp"]
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    right = base64.b64encode(mac.digest()).decode()
    return asked.query["sign"] == right and abs(time.time() - int(stamp) / 1000) < CLOSE


# ── each medium ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_webhook_brings_an_assignment_and_proves_that_it_is_ours(media: Media) -> None:
    issue = await media.reported()
    one = await media.one(issue, medium="webhook")
    assert (one["state"], one["recipient"], one["unit"], one["provider"]) == ("sent", "unit", UNIT, "webhook")
    [asked] = media.webhook.asked
    assert asked.path == "/told"
    assert webhook_proves_itself(asked, SECRET)
    assert not webhook_proves_itself(asked, "whsec_" + base64.b64encode(b"k" * 24).decode())
    body = orjson.loads(asked.body)
    assert (body["id"], body["to"]) == (one["id"], UNIT) == (asked.headers["webhook-id"], UNIT)
    assert f"交办{issue.receipt}（" in body["text"]


async def test_a_robot_of_dingtalk_is_asked_by_a_signed_url_and_told_the_assignment(media: Media) -> None:
    issue = await media.reported()
    [asked] = media.dingtalk.asked
    assert (asked.path, asked.query["access_token"]) == ("/robot/send", "a1")
    assert robot_is_signed(asked, SIGNING)
    assert not robot_is_signed(asked, f"{SIGNING}!")
    told = orjson.loads(asked.body)
    assert told["msgtype"] == "text"
    assert f"交办{issue.receipt}（" in told["text"]["content"]
    one = await media.one(issue, medium="dingtalk")
    assert (one["state"], one["unit"]) == ("sent", UNIT)


async def test_a_robot_of_wecom_is_told_the_assignment(media: Media) -> None:
    issue = await media.reported()
    [asked] = media.wecom.asked
    assert (asked.path, asked.query) == ("/cgi-bin/webhook/send", {"key": "k1"})
    assert f"交办{issue.receipt}（" in orjson.loads(asked.body)["text"]["content"]
    assert (await media.one(issue, medium="wecom"))["state"] == "sent"


async def test_a_robot_that_says_no_is_asked_again_until_it_takes_the_message(media: Media) -> None:
    media.wecom.script.appendleft((200, {"errcode": -1, "errmsg": "system busy"}))
    issue = await media.reported()
    assert len(media.wecom.asked) == 2
    one = await media.one(issue, medium="wecom")
    assert (one["state"], one["tries"]) == ("sent", 2)


async def test_the_inbox_is_read_by_its_own_user_and_by_nobody_else(media: Media) -> None:
    issue = await media.reported()
    officer, other = media.city.officer(UNIT).id, media.city.officer("tax").id
    mine = await media.asked("GET", f"/v1/inbox?of=user:{officer}&unread=true")
    [letter] = mine.json()["items"]
    assert f"交办{issue.receipt}（" in letter["text"]
    assert letter["id"] == (await media.one(issue, medium="inbox"))["id"]
    for box in (f"user:{other}", f"unit:{UNIT}"):
        assert (await media.asked("GET", f"/v1/inbox?of={box}")).json()["items"] == []
        assert (await media.asked("POST", f"/v1/inbox/{letter['id']}/read?of={box}")).status_code == 404
    assert (await media.asked("GET", f"/v1/inbox?of=user:{officer}", key="key-of-somebody-else")).status_code == 403
    assert (await media.city.client("notify").get(f"/v1/inbox?of=user:{officer}")).status_code == 401
    assert (await media.asked("POST", f"/v1/inbox/{letter['id']}/read?of=user:{officer}")).status_code == 204
    assert (await media.asked("GET", f"/v1/inbox?of=user:{officer}&unread=true")).json()["items"] == []


async def test_a_mail_has_the_reply_in_both_parts_and_what_looks_like_html_is_shown_and_not_obeyed(
    media: Media,
) -> None:
    issue = await media.reported()
    said = '已修好<script src="//evil.example"></script> & 谢谢，见 https://water.example/?a=1&b=2'
    officer = media.city.officer(UNIT)
    await officer.acknowledge(issue)
    await officer.contact(issue)
    if await officer.handle(issue, said) == "unsigned":
        await media.city.head(UNIT).sign(issue)
    await media.city.person("follow_up_caller").follow_up(issue)
    assert await media.city.state(issue) == "closed"
    [mail] = [one for one in media.mail.got if f"诉求已销号（{issue.receipt}）" in one["subject"]]
    assert mail["to"] == MAIL
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert f"答复：{said}" in plain
    assert "<script" not in html
    assert "&lt;script src=&quot;//evil.example&quot;&gt;&lt;/script&gt; &amp; 谢谢" in html
    assert (await media.deliveries(issue, medium="email", state="sent"))[-1]["template"] == "closing-party-email"


async def test_an_sms_goes_by_the_gateway_under_our_id_and_the_log_has_the_gateways(media: Media) -> None:
    issue = await media.reported()
    [text] = texts(media.first.got, PHONE)
    assert text == f"【义乌三服务】您的诉求已收到，编号{issue.receipt}。凭编号可随时查询进度。"
    one = await media.one(issue, medium="sms")
    assert (one["state"], one["provider"], one["tries"]) == ("sent", "first", 1)
    [asked] = media.first.asked
    assert asked["id"] == one["id"]
    assert one["provider_id"] == "000001"
    assert media.second.asked == []
    told = [each.data for each in await media.city.of(issue, "party-informed") if each.data["medium"] == "sms"]
    assert [(each["recipient"], each["state"]) for each in told] == [("party", "sent")]


async def test_of_a_confidential_issue_no_medium_names_category_or_place(media: Media) -> None:
    issue = await media.reported(secrecy="confidential", text="有人把污水倒进河里。")
    await media.city.person("reviewer").dispatch(issue, UNIT)
    category = media.city.pack.categories["drainage"].name("zh")
    sent = [one.body.decode() for to in (media.webhook, media.dingtalk, media.wecom) for one in to.asked]
    officer = media.city.officer(UNIT).id
    sent += [one["text"] for one in (await media.asked("GET", f"/v1/inbox?of=user:{officer}")).json()["items"]]
    sent += [one["text"] for one in media.first.got]
    sent += [str(one.get_body(("plain",)).get_content()) for one in media.mail.got]  # type: ignore[union-attr]
    assert len([text for text in sent if issue.receipt in text]) >= 6
    assert [text for text in sent if category in text or "佛堂" in text] == []


async def test_at_night_the_webhook_and_the_inbox_are_told_and_what_rings_waits_for_the_morning(
    every_medium: PackHolder,
) -> None:
    async with by_every_medium(every_medium, "2026-05-06 22:30") as media:
        issue = await media.reported()
        again = await media.reported(text="又有一处下水道堵了。")
        states = {one["medium"]: one["state"] for one in await media.deliveries(issue)}
        assert {medium: states[medium] for medium in ("webhook", "inbox", "email")} == dict.fromkeys(
            ("webhook", "inbox", "email"), "sent"
        )
        assert {medium: states[medium] for medium in ("sms", "dingtalk", "wecom")} == dict.fromkeys(
            ("sms", "dingtalk", "wecom"), "held"
        )
        assert (media.first.asked, media.dingtalk.asked, media.wecom.asked) == ([], [], [])
        assert len(media.webhook.asked) == 2, "what disturbs nobody comes each for itself"
        assert [one["state"] for one in await media.deliveries(again, medium="inbox")] == ["sent"]
        await media.city.advance_to(local("2026-05-07 08:00"))
        assert {one["state"] for one in await media.deliveries(issue)} == {"sent"}
        assert [len(one) for one in (media.first.got, media.dingtalk.asked, media.wecom.asked)] == [2, 1, 1]
