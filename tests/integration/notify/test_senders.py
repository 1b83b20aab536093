"""The providers' adapters, each with a peer that really listens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import Server, SmtpMail
from sanfu.notify.domain.delivery import Lost, Rejected, Retry, Sent
from sanfu.notify.ports import Message
from tests.integration.notify.providers import Gateway, Mailbox, gateway, mailbox

SMS = Message("d1", "13900000001", None, '路灯"已修好"\n{谢谢}')
MAIL = Message("d1", "wang@home.example", "诉求已收到（SF7K2-9MQ4X）", "您好：\n路灯已修好。\n" + "长" * 2000 + "\n")
SOON = 6.0
"""The patience of those who meet a silent peer, in seconds, of which half or less is for an answer: a machine that
stands still meanwhile is no silence."""
BODY = {"mobile": "{to}", "content": ["前缀：{text}"], "ref": "{id}", "kind": 1, "raw": "{other}"}


@pytest.fixture
async def peer() -> AsyncIterator[Gateway]:
    async with gateway() as it:
        yield it


@pytest.fixture
async def mails() -> AsyncIterator[Mailbox]:
    async with mailbox() as it:
        yield it


@pytest.fixture
async def sms(peer: Gateway) -> AsyncIterator[GatewaySms]:
    it = GatewaySms(peer.url, {"x-key": "secret"}, BODY, id_field="msgid")
    yield it
    await it.close()


@pytest.fixture
async def mail(mails: Mailbox) -> AsyncIterator[SmtpMail]:
    it = SmtpMail(Server("127.0.0.1", mails.port, "none", "sanfu@city.example", timeout=20.0))
    yield it
    await it.close()


@pytest.mark.parametrize(("scheme", "click"), [("https", "List-Unsubscribe=One-Click"), ("http", None)])
async def test_a_mail_program_finds_where_to_refuse_mails_however_long_the_link_is(
    scheme: str, click: str | None, mail: SmtpMail, mails: Mailbox
) -> None:
    link = f"{scheme}://told.example/messages/{'aB3-_.' * 60}"
    assert await mail.send(replace(MAIL, way_out=link)) == Sent(None)
    (got,) = mails.got
    assert (got["List-Unsubscribe"], got["List-Unsubscribe-Post"]) == (f"<{link}>", click)
    assert got["Subject"] == MAIL.subject
    assert await mail.send(MAIL) == Sent(None)
    assert mails.got[1]["List-Unsubscribe"] is None


async def test_an_sms_goes_out_as_the_settings_write_it(sms: GatewaySms, peer: Gateway) -> None:
    assert await sms.send(SMS) == Sent("1")
    assert peer.got == [
        {"mobile": SMS.to, "content": [f"前缀：{SMS.text}"], "ref": "d1", "kind": 1, "raw": "{other}"}
    ]  # fmt: skip
    assert peer.keys == {"secret"}


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (429, {"retry-after": "7"}, Retry("http_429", 7.0, about="pace")),
        (503, {"retry-after": "soon"}, Retry("http_503")),
        (501, {}, Retry("http_501")),
        (500, {"retry-after": "9"}, Lost("http_500")),
        (507, {}, Lost("http_507")),
        (502, {}, Lost("http_502")),
        (504, {}, Lost("http_504")),
        (400, {}, Rejected("http_400")),
        (401, {}, Retry("http_401")),
        (404, {}, Retry("http_404")),
        (302, {"location": "/elsewhere"}, Retry("http_302")),
    ],
)
async def test_a_gateways_answer_says_whether_to_try_again(
    sms: GatewaySms, peer: Gateway, status: int, headers: dict[str, str], outcome: object
) -> None:
    peer.script.append((status, headers))
    assert await sms.send(SMS) == outcome


async def test_retry_after_may_be_a_date(sms: GatewaySms, peer: Gateway) -> None:
    at = datetime.now(UTC) + timedelta(seconds=100)
    peer.script.append((503, {"retry-after": format_datetime(at, usegmt=True)}))
    outcome = await sms.send(SMS)
    assert isinstance(outcome, Retry)
    assert 95 < outcome.after <= 100


async def test_a_gateway_that_takes_it_and_says_nothing_leaves_nobody_knowing(peer: Gateway) -> None:
    sms = GatewaySms(peer.url, {}, BODY, timeout=SOON)
    peer.script.append("silent")
    assert await sms.send(SMS) == Lost("timeout")
    assert len(peer.got) == 1
    await sms.close()


async def test_a_gateway_that_is_away_surely_has_not_taken_it() -> None:
    sender = GatewaySms("http://127.0.0.1:1/send", {}, BODY)
    assert await sender.send(SMS) == Retry("unreachable")
    await sender.close()


async def test_a_mail_arrives_in_chinese_and_the_connection_is_kept(mail: SmtpMail, mails: Mailbox) -> None:
    assert [await mail.send(MAIL), await mail.send(MAIL)] == [Sent(None), Sent(None)]
    got = mails.got[0]
    assert (got["subject"], got["to"], got["from"]) == (MAIL.subject, MAIL.to, "sanfu@city.example")
    assert got["message-id"] == "<d1@city.example>"
    assert got.get_content().replace("\r\n", "\n") == MAIL.text
    assert got.get_content_type() == "text/plain"
    assert mails.connections == 1


async def test_mails_at_the_same_time_share_the_connection(mail: SmtpMail, mails: Mailbox) -> None:
    assert await asyncio.gather(*(mail.send(MAIL) for _ in range(5))) == [Sent(None)] * 5
    assert (mails.connections, len(mails.got)) == (1, 5)


async def test_an_unknown_recipient_is_rejected_without_naming_him_and_the_next_mail_goes(
    mail: SmtpMail, mails: Mailbox
) -> None:
    mails.refuse.add("nobody@home.example")
    assert await mail.send(Message("d2", "nobody@home.example", "s", "t")) == Rejected("smtp_550", dead=True)
    assert await mail.send(MAIL) == Sent(None)
    assert mails.connections == 1


async def test_a_greylisting_server_is_tried_again(mail: SmtpMail, mails: Mailbox) -> None:
    mails.greylist = 1
    assert [await mail.send(MAIL), await mail.send(MAIL)] == [Retry("smtp_451", about="message"), Sent(None)]


async def test_a_server_silent_after_the_text_leaves_nobody_knowing_and_a_new_connection_is_made(
    mails: Mailbox,
) -> None:
    mail = SmtpMail(Server("127.0.0.1", mails.port, "none", "sanfu@city.example", timeout=1.5 * SOON))
    mails.hang = True
    outcome = await mail.send(MAIL)
    assert isinstance(outcome, Lost)
    mails.hang = False
    assert await mail.send(MAIL) == Sent(None)
    assert mails.connections == 2
    await mail.close()


async def test_a_mail_server_that_is_away_surely_has_not_taken_it() -> None:
    outcome = await SmtpMail(Server("127.0.0.1", 1, "none", "sanfu@city.example")).send(MAIL)
    assert isinstance(outcome, Retry)


@pytest.mark.parametrize("to", ["no address", "a@b\r\nBcc: c@d", "", "=?utf-8?b?Cg==?=@c.com", ":;@c.com"])
async def test_what_is_no_address_is_rejected_and_smuggles_nothing(mail: SmtpMail, mails: Mailbox, to: str) -> None:
    outcome = await mail.send(Message("d2", to, "s", "t"))
    assert isinstance(outcome, Rejected)
    assert mails.got == []
    assert await mail.send(MAIL) == Sent(None)
