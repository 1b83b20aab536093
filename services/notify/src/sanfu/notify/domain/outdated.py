"""Whether a message may still be told when its turn has come. Pure."""

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.notify.domain.affairs import AHEAD
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.ended import stopped
from sanfu.notify.domain.rules import STAFF, is_for
from sanfu.notify.domain.story import Facts


def outdated(one: Delivery, facts: Facts) -> str | None:
    """Say why a message is of no use any more, or not for its recipient, by the facts as they stand; None: it is."""
    if one.audience in STAFF:
        if facts.get("secrecy") == "sealed":
            return "sealed"  # nobody but the discipline liaison hears of it
        if stopped(one, facts):
            return "stopped"
    if _of_a_pause_gone_by(one, facts):
        return "stopped"
    if one.of != "affairs":
        return None
    if one.type in AHEAD and facts.get("held"):
        return "held"
    return "ended" if facts.get("ended") and one.type != names.LIST_ENDED else None


def _of_a_pause_gone_by(one: Delivery, facts: Facts) -> bool:
    """Tell whether it says that the issue rests, which is over, or that it goes on, and it rests anew."""
    if "rested" not in facts:
        return False
    if one.type == names.ISSUE_SUSPENDED:
        return not facts["resting"] or facts["rested"] != one.event
    return one.type == names.ISSUE_RESUMED and bool(facts["resting"])


def said_since(pack: Pack, one: Delivery, facts: Facts) -> bool:
    """Tell whether a receipt has nothing more to say: its party hears, by this medium, what was answered or that it was
    refused, with the number."""
    settled = facts.get("settled")
    if one.type != names.ISSUE_SUBMITTED or one.audience != "party" or one.critical or settled is None:
        return False
    alike = (settled["type"], one.audience, one.medium)
    return instant(one.at) <= settled["at"] and any(
        (each.event, each.audience, each.medium) == alike and is_for(each, {"facts": facts}) for each in pack.templates
    )
