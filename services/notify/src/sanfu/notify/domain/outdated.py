"""Whether a message may still be told when its turn has come. Pure."""

from sanfu.contracts import names
from sanfu.notify.domain.affairs import AHEAD
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.ended import stopped
from sanfu.notify.domain.rules import STAFF
from sanfu.notify.domain.story import Facts


def outdated(one: Delivery, facts: Facts) -> str | None:
    """Say why a message is of no use any more, or not for its recipient, by the facts as they stand; None: it is."""
    if one.audience in STAFF:
        if facts.get("secrecy") == "sealed":
            return "sealed"  # nobody but the discipline liaison hears of it
        if stopped(one, facts):
            return "stopped"
    if one.of != "affairs":
        return None
    if one.type in AHEAD and facts.get("held"):
        return "held"
    return "ended" if facts.get("ended") and one.type != names.LIST_ENDED else None
