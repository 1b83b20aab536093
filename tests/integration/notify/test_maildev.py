"""Mail handed over to a server that nobody here wrote: plain, after STARTTLS, by TLS with a password."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sanfu.contracts import names
from sanfu.notify.adapters.smtp import Server, SmtpMail, Tls
from sanfu.notify.domain.delivery import Outcome, Retry, Sent
from sanfu.notify.ports import Message
from tests.integration.notify.providers import mailbox
from tests.integration.notify.test_notify import Town, quiet, submitted, town
from tests.support.eventually import eventually
from tests.support.mails import PASSWORD, USER, Certificate, Maildev, certified, guarded, maildev
from tests.support.telling import contact

__all__ = ["town"]

LINK = "https://city.example/my/abc_DEF-123?x=1&y=" + "z" * 120
MAIL = Message(
    "d1", "wang@home.example", "【义乌三服务】诉求已办结，请您评价：佛堂镇路灯不亮（SF7K2-9MQ4X）",
    f"您好：\n.路灯已修好。\n{LINK}\n" + "长" * 600 + "\n",
    html=f'<p>您好：<br>路灯已修好&lt;b&gt;。</p><p><a href="{LINK.replace("&", "&amp;")}">请评价</a></p>',
)  # fmt: skip


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maildev]:
    with maildev(tmp_path_factory.mktemp("maildev")) as it:
        yield it


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return certified(tmp_path)


async def handed(port: int, tls: Tls, *messages: Message, user: str | None = None, password: str = "") -> list[Outcome]:
    mail = SmtpMail(Server("127.0.0.1", port, tls, "sanfu@city.example", user, password, timeout=30))
    outcomes = [await mail.send(one) for one in messages]
    await mail.close()
    return outcomes


async def test_both_parts_the_chinese_subject_and_the_link_come_out_as_they_went_in(mails: Maildev) -> None:
    assert await handed(mails.port, "none", MAIL, replace(MAIL, id="d2", html=None)) == [Sent(None)] * 2
    both, plain = [one for one in await mails.got() if one["to"][0]["address"] == MAIL.to]
    assert both["subject"] == MAIL.subject
    assert [one["messageId"] for one in (both, plain)] == ["d1@city.example", "d2@city.example"]
    assert both["envelope"]["to"][0]["address"] == MAIL.to
    assert both["text"].rstrip("\n") == MAIL.text.rstrip("\n")
    assert both["html"].rstrip("\n") == MAIL.html
    assert not plain.get("html")
    wire = await mails.source(both)
    assert [part.get_content_type() for part in wire.iter_parts()] == ["text/plain", "text/html"]
    assert (wire["auto-submitted"], wire["from"]) == ("auto-generated", "sanfu@city.example")
    assert all(len(line) <= 998 for line in wire.as_bytes().splitlines())


async def test_an_issues_mail_arrives(town: Town, mails: Maildev) -> None:
    to = f"{town.prefix}@home.example"
    town.mail.port = mails.port
    async with town.notifying() as service:
        await town.publish(contact("i1", party={"email": to}), *submitted(1))
        await eventually(lambda: quiet(service), within=30)
    (got,) = [one for one in await mails.got() if one["to"][0]["address"] == to]
    receipt = "SF7K2-9MQ4X"
    assert receipt in got["subject"]
    assert receipt in got["text"]
    assert receipt in got["html"]
    assert (await town.reports())[names.PARTY_INFORMED, "email", "sent"] == 1


async def test_a_server_that_asks_for_a_password_gets_it_encrypted(
    tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with guarded(tmp_path, certificate) as it:
        assert await handed(it.port, "tls", MAIL, user=USER, password=PASSWORD) == [Sent(None)]
        assert await handed(it.port, "tls", MAIL, user=USER, password="wrong") == [Retry("smtp_535")]
        assert [one["subject"] for one in await it.got()] == [MAIL.subject]


async def test_after_starttls_a_mail_goes_encrypted_and_never_to_whom_nobody_vouches_for(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.file, certificate.key)
    async with mailbox(context) as it:
        (refused,) = await handed(it.port, "starttls", MAIL)
        assert isinstance(refused, Retry)
        assert it.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        assert await handed(it.port, "starttls", MAIL) == [Sent(None)]
        assert [one["subject"] for one in it.got] == [MAIL.subject]
    async with mailbox() as it:  # one that would take it unencrypted
        assert isinstance((await handed(it.port, "starttls", MAIL))[0], Retry)
        assert it.got == []
