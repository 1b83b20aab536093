"""What somebody would rather not be told by. Pure.

It is kept by recipient: an account, or the party of one issue, for notify knows no more of a party; whether anything
may go to a number or mailbox at all, by that (`handlers.opting_out`). What is critical, and what the law owes, can't be
refused.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal

from sanfu.contracts.recipients import outside
from sanfu.notify.domain.delivery import Delivery

MEDIA = ("sms", "email", "webhook", "dingtalk", "wecom", "inbox")
CONTACT_FIELDS: Mapping[str, str] = {"sms": "phone", "email": "email"}
"""Media that reach a party or a filer, and by which field of their contact."""
GOOD_FOR = timedelta(days=90)


def of_user(code: str) -> str:
    return f"user:{code}"


def of_delivery(one: Delivery) -> str:
    """Of whom a message to somebody outside of all units is."""
    return outside(one.audience, one.subject)


def list_of(recipient: str) -> str | None:
    """Name the list whose messages a recipient stands for: who refuses at its end refuses for each issue in it."""
    _, _, subject = recipient.partition(":")
    return subject if subject.startswith("digest:") else None


def whose(recipient: str) -> Literal["user", "listed", "issue"]:
    """Say of whose messages a recipient's page speaks: an account's, those of a list's issues, of one issue."""
    if recipient.startswith("user:"):
        return "user"
    return "issue" if list_of(recipient) is None else "listed"


def media_of(recipient: str) -> tuple[str, ...]:
    return MEDIA if recipient.startswith("user:") else tuple(CONTACT_FIELDS)


def refused(document: Mapping[str, Any] | None) -> frozenset[str]:
    """The media that somebody refused; none of one who was erased, or never said anything."""
    return frozenset((document or {}).get("off", ()))


def written(recipient: str, wanted: Iterable[str], version: int) -> dict[str, Any]:
    """The document of somebody who wants only these of the media that reach them."""
    kept = frozenset(wanted)
    return {"_id": recipient, "version": version, "off": [one for one in media_of(recipient) if one not in kept]}
