"""What a provider says later of a message that it took: that it arrived, or that it did not. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from sanfu.notify.domain.delivery import Delivery, end

_BLACK = re.compile(r"BLACK|BLKLIST|BLOCKED|PUBLOKD", re.IGNORECASE)
"""How providers and carriers call a list of numbers that nothing is sent to."""
_CODE = re.compile(r"(?!.*\d{7})[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_SEPARATORS = re.compile(r"[\s()-]")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`delivery` is our id, where the provider kept that; else `provider_id`, its own. `why` is a code of the provider.
    `dead`: nobody is at this address, or wants anything: nothing more is sent there."""

    delivered: bool
    why: str | None = None
    dead: bool = False
    delivery: str | None = None
    provider_id: str | None = None


def received(delivery: Delivery, receipt: Receipt, provider: str, real: datetime) -> Delivery:
    """What becomes of the delivery; itself where the receipt says nothing new: it came before, or is not this
    provider's to give."""
    if not _may_be_heard_of(delivery, receipt.delivered):
        return delivery
    if delivery.state != "failed" and not may_say(delivery, provider):
        return delivery
    if receipt.delivered:
        after = end(delivery, "delivered", None, real)
    else:
        after = end(delivery, "failed", f"{'unreachable' if receipt.dead else 'undelivered'}: {receipt.why}", real)
    return replace(after, provider=provider, provider_id=receipt.provider_id or delivery.provider_id)


def may_say(delivery: Delivery, provider: str) -> bool:
    """Tell whether it is this provider's to say what became of it. While it is being sent that is anybody's: the one on
    record was silent about an earlier try, and who is asked now is not written down before the answer."""
    return delivery.state == "sending" or delivery.provider in (None, provider)


def _may_be_heard_of(delivery: Delivery, delivered: bool) -> bool:
    """Tell whether a provider may have it: it was given one, and that it arrived outweighs whatever was said before."""
    match delivery.state:
        case "sending" | "sent" | "unknown":
            return True
        case "queued":
            return delivery.provider is not None  # somebody was silent about it
        case "failed":
            return delivered and delivery.provider is not None
        case _:
            return False


def is_dead(code: str, named: frozenset[str]) -> bool:
    """Tell whether a failure's code says that nothing will ever arrive there: a black list's, or one of those named."""
    return code in named or _BLACK.search(code) is not None


def nobody_there(code: str) -> bool:
    """Tell whether a code of RFC 3463 says that nothing will ever arrive at this address: there is none such, or the
    mailbox is closed. 5.1.7 and 5.1.8 are of the sender's address; a full mailbox and a policy may change."""
    return code == "5.2.1" or (code.startswith("5.1.") and code not in ("5.1.7", "5.1.8"))


def plain_code(text: str) -> str:
    """Give a provider's code as it may stand on the story. What is none, a sentence say, may hold an address: a number
    or one with an @ in it; only that there was something is told of it."""
    return text if _CODE.fullmatch(text) else "no_code" if not text else "other"


def plain(to: str) -> str:
    """Write an address in the one form by which it is known again."""
    bare = _SEPARATORS.sub("", to).lower()
    return bare.removeprefix("+86") if bare.startswith("+86") else bare
