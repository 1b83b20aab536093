"""Sign-off: where the policy asks for it, what an officer says is done waits for the head of its unit, who signs.

The party hears nothing before. The instant at which it was submitted counts against the limit, whenever it is signed;
what is sent back counts for nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import moment
from sanfu.desk.domain.deeds import following
from sanfu.desk.domain.deeds.assisting import no_task_open
from sanfu.desk.domain.deeds.deed import Deed, refused
from sanfu.desk.domain.secrecy import SECRET, WITHHELD
from sanfu.desk.domain.windows import FACTS
from sanfu.runtime.rules import Draft

SIGNS: Final = "unit_head"


def completed(deed: Deed, completion: Mapping[str, Any]) -> list[Draft]:
    """Tell that it is handled, or submit that to the head of the unit. A head who handles it signs at once."""
    if not asks_for_signature(deed):
        return handled(deed, completion, None)
    if deed.by["role"] == SIGNS:
        return handled(deed, completion, deed.by["id"])
    return [Draft(names.COMPLETION_SUBMITTED, dict(completion))]


def asks_for_signature(deed: Deed) -> bool:
    facts = {fact: deed.case[fact] for fact in FACTS}
    return any(all(facts.get(fact) in known for fact, known in one.items()) for one in deed.pack.policy.sign_off)


def handled(deed: Deed, completion: Mapping[str, Any], signed_by: str | None) -> list[Draft]:
    body = {**completion, "signed_by": signed_by, "concerns": deed.case["merged"]}
    return [Draft(names.ISSUE_HANDLED, body), *following.begin(deed)]


def sign(deed: Deed) -> list[Draft]:
    """Sign what somebody else of the unit submitted: it is handled, by them, at the instant they said so."""
    submitted = deed.case["completion"]
    if submitted["by"]["id"] == deed.by["id"]:
        raise refused("own-work", "You submitted it yourself: somebody else who heads the unit signs it.")
    no_task_open(deed)
    if submitted["reply"] == WITHHELD and deed.case["secrecy"] not in SECRET:
        raise refused("words-are-sealed", "It was submitted while it was confidential: send it back, to be said anew.")
    if submitted["planned_for"] is not None and moment(submitted["planned_for"]) <= deed.now:
        raise refused("plan-passed", f"It was planned for {submitted['planned_for']}: send it back.")
    completion = {name: value for name, value in submitted.items() if name not in OF_SUBMISSION}
    return handled(deed, completion, deed.by["id"])


OF_SUBMISSION: Final = frozenset({"at", "before"})
"""What a case keeps of a submission beside its body."""


def send_back(deed: Deed) -> list[Draft]:
    """It is to be done better: what was submitted counts for nothing, and no clock has stopped."""
    case = deed.case
    body = {"by": deed.by, "unit": case["unit"], "reason": deed.said["reason"], "round": case["round"]}
    return [Draft(names.COMPLETION_SENT_BACK, body)]
