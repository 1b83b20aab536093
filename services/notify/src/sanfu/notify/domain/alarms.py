"""What staff must not miss: a red light, a step of the ladder, whatever is about an emergency. Pure."""

from sanfu.contracts import names
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.rules import STAFF

REACHED_NOBODY = frozenset(
    {"no_recipient", "no_address", "no_provider", "no_template", "directory", "left", "unreachable"}
)
"""Reasons of a skipped message for which somebody has to mend something. An emergency that rings nowhere is counted by
itself (`unheard`)."""
REASONS = REACHED_NOBODY | {"failed"}


def missed(one: Delivery) -> str | None:
    """Say why an alarm went to nobody, though nobody decided that it should not be told; None: it did not, or is none.
    Of what fails that is so for what is critical; where a duty officer's does, something further rings."""
    if not is_alarm(one):
        return None
    if one.state == "failed":
        return "failed" if one.critical and not one.rings else None
    why = (one.why or "").partition(":")[0]
    return why if one.state == "skipped" and why in REACHED_NOBODY else None


def is_alarm(one: Delivery) -> bool:
    """Tell whether it is for staff and says that something is late, or that somebody may be in danger. A letter in an
    inbox calls nobody: it never was an alarm."""
    red = one.type == names.LIGHT_CHANGED and one.facts.get("level") == "red"
    return (
        one.audience in STAFF and one.medium != "inbox" and (one.critical or red or one.type == names.ESCALATION_RAISED)
    )
