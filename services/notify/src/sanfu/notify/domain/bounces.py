"""What a mail server says of a mail that it could not deliver (RFC 3464), read down to our id and a status code. Pure.

Of a report nothing else is looked at, let alone kept: it holds addresses, and what we wrote. Only who got a mail, or
carried it, can write a report on it, for nobody else knows its id.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Literal

from sanfu.notify.domain.receipts import nobody_there

Said = Literal["failed", "delayed", "other"]
"""`delayed`: it is still tried; `other`: it arrived, or went on to where nobody reports."""
LONGEST_FIELD = 4000
"""Bytes of a field that says of what kind a part is: the parser takes the square of its length."""
_KINDS = re.compile(rb"^content-(?:type|transfer-encoding|disposition):(?:[^\n]*\n[ \t])*[^\n]*", re.I | re.M)
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_DIAGNOSIS = re.compile(r"\s*smtp\s*;\s*[245]\d\d[ -]\s*#?([245]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE)
_OURS = re.compile(r"<([0-9a-f]{32}|digest\.[a-z0-9._-]{1,120})@[^<>@\s]{1,255}>")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
UNREADABLE = (RecursionError, ValueError, LookupError, TypeError, AttributeError)
"""What the standard library's parser raises where somebody wrote a mail to break it."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a delivery; of which one None: of none of ours. `code`: RFC 3463's. `dead`: nobody is there."""

    delivery: str | None
    said: Said
    code: str
    dead: bool


def mail_id(delivery: str) -> str:
    """Write a delivery's id as the left part of a mail's: of letters that may stand there."""
    return delivery.replace(":", ".")


def bounced(raw: bytes) -> Bounce | None:
    """Read a mail; None where it is no report of a delivery, or none that can be read. Takes up to seconds for one that
    is written to take long."""
    if any(len(found[0]) > LONGEST_FIELD for found in _KINDS.finditer(raw)):
        return None
    try:
        return _read(message_from_bytes(raw))
    except UNREADABLE:
        return None


def _read(mail: Message) -> Bounce | None:
    parts = [*_parts(mail)]
    found = [block for part in parts if part.get_content_type() in _REPORTS for block in _blocks(part)]
    said = [(_said(block), _code(block)) for block in found if block["Status"] or block["Action"]]
    if not said:
        return None
    worst, code = min(said, key=lambda one: ("failed", "delayed", "other").index(one[0]))
    return Bounce(_ours(mail, parts), worst, code, worst == "failed" and nobody_there(code))


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of a mail, and of parts of several, but not of what was returned with it."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in _inside(mail):
            yield from _parts(part)


def _inside(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _blocks(part: Message) -> Iterator[Message]:
    """The fields of a report: about the whole, then about each recipient."""
    for block in _inside(part):
        yield block
        rest = block.get_payload()
        if isinstance(rest, str):  # the parser splits the older kind of report only
            yield from (message_from_string(one) for one in re.split(r"\r?\n\r?\n", rest) if one.strip())


def _said(block: Message) -> Said:
    action = str(block["Action"] or "").strip().lower()
    if action == "failed" or (not action and str(block["Status"]).strip().startswith("5")):
        return "failed"
    return "delayed" if action == "delayed" else "other"


def _code(block: Message) -> str:
    """Some servers write 5.0.0 of all that fails, and what they were told beside it."""
    plain = _STATUS.match(str(block["Status"] or ""))
    code = plain[1] if plain else "no_code"
    if code == "no_code" or code.endswith(".0.0"):
        told = _DIAGNOSIS.match(str(block["Diagnostic-Code"] or ""))
        return told[1] if told else code
    return code


def _ours(mail: Message, parts: list[Message]) -> str | None:
    """Find our id: in the mail that was returned, or its head; else in what the report says it answers."""
    told = [str(_head(part)["Message-ID"] or "") for part in parts if part.get_content_type() in _RETURNED]
    told += [str(mail[name] or "") for name in ("In-Reply-To", "References")]
    found = next((match[1] for text in told if (match := _OURS.search(text))), None)
    return found.replace(".", ":") if found and found.startswith("digest.") else found


def _head(part: Message) -> Message:
    if inside := _inside(part):
        return inside[0]
    text = part.get_payload(decode=True)
    return message_from_bytes(text) if isinstance(text, bytes) else part
