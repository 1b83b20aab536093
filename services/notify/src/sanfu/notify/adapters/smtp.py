"""E-mail by SMTP, over connections that are kept."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, localtime
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from sanfu.notify.domain.bounces import mail_id
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.receipts import nobody_there
from sanfu.notify.ports import Message

_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,190}")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
Tls = Literal["none", "starttls", "tls"]
IDLE = 5.0
"""Seconds after which a connection is asked whether it still stands, before a mail is risked on it."""
CLOSING = 421
NONE_SUCH = frozenset({550, 551, 553})
"""Of a recipient, where the server gives no code of RFC 3463: there is none such."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over, and as whom. `timeout`: seconds for a call, two thirds of them until the text."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 10.0


@dataclass(slots=True)
class SmtpMail:
    """`ports.Sender`, with up to `width` connections. Until a message's text is handed over, silence is a reason to try
    again; after it, nobody knows."""

    server: Server
    width: int = 1
    _places: asyncio.Semaphore = field(init=False, repr=False)
    _idle: "list[_Connection]" = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.width)

    async def send(self, message: Message) -> Outcome:
        if not _ADDRESS.fullmatch(message.to) or not _stands_in_a_head(message.to):
            return Rejected("bad_address", dead=True)
        async with self._places:
            connection = self._idle.pop() if self._idle else _Connection(self.server)
            try:
                return await connection.send(message)
            except BaseException:
                connection.drop()  # cancelled in the middle of a dialogue: nobody knows where it stands
                raise
            finally:
                self._idle.append(connection)

    async def close(self) -> None:
        await asyncio.gather(*(connection.hang_up() for connection in self._idle))
        self._idle.clear()


@dataclass(slots=True)
class _Connection:
    """One dialogue after the other with the server."""

    server: Server
    _client: aiosmtplib.SMTP | None = None
    _used: float = 0.0

    async def send(self, message: Message) -> Outcome:
        written = _written(message, self.server.sender)
        try:
            async with asyncio.timeout(self.server.timeout * 0.6):
                client = await self._connected()
                await client.mail(self.server.sender)
        except (SMTPException, OSError) as error:  # its own trouble, or ours with its keys: no recipient's
            self.drop()
            return Retry(f"smtp_{error.code}" if isinstance(error, SMTPResponseException) else type(error).__name__)
        try:
            async with asyncio.timeout(self.server.timeout * 0.3):
                await client.rcpt(message.to)
        except SMTPResponseException as error:
            return await self._refused(error, dead=_is_dead(error))
        except (SMTPException, OSError) as error:
            self.drop()
            return Retry(type(error).__name__)
        try:
            async with asyncio.timeout(self.server.timeout * 0.3):
                await client.data(written)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self.drop()
            return Lost(type(error).__name__)
        self._used = time.monotonic()
        return Sent(None)

    async def _connected(self) -> aiosmtplib.SMTP:
        """The connection that stands, else a new one."""
        if self._client is not None and self._client.is_connected:
            if time.monotonic() - self._used < IDLE:
                return self._client
            try:
                await self._client.noop()
                return self._client
            except (SMTPException, OSError):
                self.drop()
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, use_tls=server.tls == "tls", start_tls=server.tls == "starttls",
            username=server.user, password=server.password, timeout=server.timeout,
        )  # fmt: skip
        self._client = client
        await client.connect()
        await client.ehlo()
        return client

    async def _refused(self, error: SMTPResponseException, dead: bool = False) -> Outcome:
        why = f"smtp_{error.code}"
        if error.code == CLOSING:
            self.drop()
            return Retry(why)
        await self._reset()
        return Rejected(why, dead=dead) if error.code >= 500 else Retry(why, about="message")

    async def _reset(self) -> None:
        try:
            if self._client is not None:
                await self._client.rset()
        except (SMTPException, OSError):
            self.drop()

    async def hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                async with asyncio.timeout(1):
                    await client.quit()
            except (SMTPException, OSError, TimeoutError):
                client.close()

    def drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _is_dead(error: SMTPResponseException) -> bool:
    """Tell whether the recipient is refused because there is none such, and not for a policy."""
    found = _ENHANCED.match(error.message)
    return nobody_there(found[1]) if found else error.code in NONE_SUCH


def _stands_in_a_head(to: str) -> bool:
    """Tell whether an address can be written into a mail: one may hold a line's end or a group in disguise. It is the
    recipient's fault, not the server's."""
    try:
        EmailMessage()["To"] = to
    except (ValueError, AttributeError, IndexError, MessageError):
        return False
    return True


def _written(message: Message, sender: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.to, message.subject or ""
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{mail_id(message.id)}@{sender.partition('@')[2] or 'sanfu.invalid'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    return _way_out(message.way_out) + mail.as_bytes(policy=WIRE)


def _way_out(link: str | None) -> bytes:
    """Write by which link a mail program refuses further mails. Not by `EmailMessage`, which encodes a word that is
    longer than a line, and then no program knows the link."""
    if link is None:
        return b""
    click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if link.startswith("https:") else ""  # RFC 8058
    return f"List-Unsubscribe: <{link}>\r\n{click}".encode()
