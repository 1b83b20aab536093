"""How soon somebody must act, and who may read it: urgency and secrecy, raised by anyone, lowered by the office."""

from typing import Final

from sanfu.city.vocabulary import SECRECIES, URGENCIES
from sanfu.contracts import names
from sanfu.desk.domain.deeds.order import SECRET, WITHHELD, Order, refused, words, wrong
from sanfu.desk.domain.table import SUSPENDED
from sanfu.runtime.rules import Draft

ALARM: Final = "emergency"


def raise_urgency(order: Order) -> list[Draft]:
    """Say that it is more urgent. What becomes an emergency rests no longer."""
    told = [_urgency(order, higher=True)]
    if order.said["urgency"] == ALARM and order.case["state"] == SUSPENDED:
        told.append(Draft(names.ISSUE_RESUMED, {"by": order.by, "reason": None}))
    return told


def lower_urgency(order: Order) -> list[Draft]:
    return [_urgency(order, higher=False)]


def _urgency(order: Order, *, higher: bool) -> Draft:
    before, after = order.case["urgency"], order.said["urgency"]
    _direction(URGENCIES.index(before), URGENCIES.index(after), "urgency", higher=higher)
    reason = words(order, "reason", "what was seen" if higher else "why it is less urgent")
    return Draft(names.URGENCY_CHANGED, {"by": order.by, "before": before, "urgency": after, "reason": reason})


def raise_secrecy(order: Order) -> list[Draft]:
    """Let fewer people read it. From confidential on the story holds no text, nor why."""
    return [_secrecy(order, higher=True)]


def lower_secrecy(order: Order) -> list[Draft]:
    return [_secrecy(order, higher=False)]


def _secrecy(order: Order, *, higher: bool) -> Draft:
    case, after, reason = order.case, order.said["secrecy"], order.said["reason"]
    before = case["secrecy"]
    _direction(SECRECIES.index(before), SECRECIES.index(after), "secrecy", higher=higher)
    if after in SECRET and reason is not None:
        raise wrong("reason", "confidential", f"nothing: what is {after} has no such text in its story")
    if after not in SECRET and reason is None:
        raise wrong("reason", "missing", "why others may read it" if not higher else "why fewer may read it")
    neutral = order.pack.notices.get("confidential_title", {}).get(order.pack.locales[0])
    body = {
        "by": order.by, "before": before, "secrecy": after, "reason": reason or WITHHELD,
        "title": neutral if after in SECRET and before not in SECRET else None,
    }  # fmt: skip
    return Draft(names.SECRECY_CHANGED, body)


def _direction(before: int, after: int, field: str, *, higher: bool) -> None:
    if (after > before) is not higher or after == before:
        wanted = "higher than it is: lowering it is the office's" if higher else "lower than it is"
        raise refused("wrong-direction", f"This {field} has to be {wanted}.")
