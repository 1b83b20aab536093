"""E-mail by SMTP, over one connection that is kept."""

import asyncio
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, localtime
from typing import Literal

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message

_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,190}")
Tls = Literal["none", "starttls", "tls"]


@dataclass(slots=True)
class SmtpMail:
    """`ports.Sender`. Until a message's text is handed over, silence is a reason to try again; after it, nobody knows.
    `timeout`: seconds for a call, two thirds of them until the text."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 10.0
    width: int = 1
    _client: aiosmtplib.SMTP | None = field(default=None, repr=False)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def send(self, message: Message) -> Outcome:
        async with self._busy:
            try:
                return await self._send(message)
            except BaseException:
                self._drop()  # cancelled in the middle of a dialogue: nobody knows where it stands
                raise

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                async with asyncio.timeout(1):
                    await client.quit()
            except (SMTPException, OSError, TimeoutError):
                client.close()

    async def _send(self, message: Message) -> Outcome:
        if not _ADDRESS.fullmatch(message.to):
            return Rejected("bad_address")
        written = self._written(message)
        try:
            async with asyncio.timeout(self.timeout * 0.6):
                client = await self._connected()
                await client.mail(self.sender)
                await client.rcpt(message.to)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self._drop()
            return Retry(type(error).__name__)
        try:
            async with asyncio.timeout(self.timeout * 0.3):
                await client.data(written)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self._drop()
            return Lost(type(error).__name__)
        return Sent(None)

    async def _connected(self) -> aiosmtplib.SMTP:
        """The connection that stands, else a new one. A server may have closed it while it was idle: ask first."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.noop()
                return self._client
            except (SMTPException, OSError):
                self._drop()
        client = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, use_tls=self.tls == "tls", start_tls=self.tls == "starttls",
            username=self.user, password=self.password, timeout=self.timeout,
        )  # fmt: skip
        await client.connect()
        await client.ehlo()
        self._client = client
        return client

    async def _refused(self, error: SMTPResponseException) -> Outcome:
        why = f"smtp_{error.code}"
        await self._reset()
        return Rejected(why) if 500 <= error.code < 600 and error.code != 535 else Retry(why)

    async def _reset(self) -> None:
        try:
            if self._client is not None:
                await self._client.rset()
        except (SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _written(self, message: Message) -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.to, message.subject or ""
        mail["Date"] = format_datetime(localtime())
        mail["Message-ID"] = f"<{message.id}@{self.sender.partition('@')[2] or 'sanfu.invalid'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail.as_bytes(policy=WIRE)
