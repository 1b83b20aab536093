"""How the party is reached turned out otherwise: the values go to its contact, sealed; the story hears only that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sanfu.contracts import contact_wire, names
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.asking import linked
from sanfu.desk.domain.deeds import planning
from sanfu.desk.domain.deeds.deed import Deed, refused
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import CLOSED, HANDLED, LEAD, MERGED
from sanfu.runtime.rules import Draft, Publish

OVERTAKEN: Final = "overtaken"
"""The refusal after which one looks again and tries again."""
FIELDS: Final = ("name", "phone", "email", "address")


def correct_contact(deed: Deed) -> list[Draft]:
    """Say what the party is really reached by. What it was asked before by a link it is asked again, by a new one; who
    was only asked so gets the whole time to answer anew."""
    case, said = deed.case, deed.said
    if case["party_kind"] == "none":
        raise refused("no-party", "The issue has no party that could be reached.")
    if deed.by["role"] in LEAD and case["unit"] in case["complains_of"]:
        raise refused("recused", "The issue complains of this unit: others speak with the party.")
    until = _asked_until(deed)
    body = {
        "by": deed.by, "version": corrections(case) + 1, "fields": [name for name in FIELDS if said[name]],
        "because": said["because"], "link": "new" if until else "none", "link_until": until, "round": case["round"],
    }  # fmt: skip
    told = [Draft(names.CONTACT_CORRECTED, body)]
    return [*told, planning.asked_anew(deed)] if "silence" in case["waits"] else told


def record(id: str, contact: Mapping[str, Any], case: Case, now: datetime) -> Publish:
    """Return the contact's record that goes out with the event: `{version, boxes}`, sealed. Raises Refusal where
    somebody was faster."""
    version = contact["version"]
    if version != corrections(case) + 1:
        raise refused(OVERTAKEN, "Something else was corrected at the same instant.")
    value = contact_wire.value(id, "desk", version, contact["boxes"])
    headers = contact_wire.headers(id, "desk", version, now)
    return Publish(names.CONTACTS, contact_wire.key(id, "desk"), value, f"{id}:contact:{version}", headers)


def corrections(case: Mapping[str, Any]) -> int:
    """Return the version of what desk knows of how the party is reached; 0: nothing but what came in."""
    version: int = case.get("corrected", 0)
    return version


def _asked_until(deed: Deed) -> str | None:
    """Return until when the party has something to do on its page, by what it was told; None: nothing, or no more."""
    case = deed.case
    plan = this_round(case).get("plan", {}) if case["state"] in {HANDLED, MERGED} and linked(case) else {}
    settled = (case["settled"] or {}) if case["state"] == CLOSED else {}
    ends = (plan.get("link_until"), case["waits"].get("close_incomplete"), settled.get("until"))
    return next((end for end in ends if end and end > instant(deed.now)), None)
