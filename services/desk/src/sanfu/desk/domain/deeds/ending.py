"""How it ends: closed with a kind, or handled again in a new round."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.deeds.assisting import no_task_open
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, dispatched, refused, wrong
from sanfu.desk.domain.rounds import content, handlings, this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import REOPEN_REQUESTED
from sanfu.runtime.rules import Draft

THREE_ONES: Final = ("contact", "handle", "follow_up")
NOBODY_SAID: Final = frozenset({"unreachable", "silent", "declined", "exempt"})
EXEMPT: Final = {"resolved": "exempt", "satisfied": None}
"""What stands for the follow-up of a round that was exempted from it."""


def reopen(deed: Deed) -> list[Draft]:
    case, window = deed.case, deed.pack.policy.windows.get("reopen")
    requested = case["state"] == REOPEN_REQUESTED
    three_ones(case)
    if not requested and content(this_round(case).get("follow_up", EXEMPT)):
        raise refused("resolved", "The party said that it is resolved: it closes.")
    if window and window.times is not None and case["round"] > window.times:
        instead = "decline it" if requested else "close it"
        raise refused(
            "no-more-rounds", f"It was handled again {case['round'] - 1} times: {instead}, with words of why."
        )
    body = {
        "by": deed.by, "round": case["round"] + 1, "unit": case["unit"] or case["head_handled"]["unit"],
        "reason": deed.said["reason"], "because": "requested" if requested else "follow_up",
    }  # fmt: skip
    told = [Draft(names.ISSUE_REOPENED, body)]
    return told if case["assignment"] else [*told, _first_dispatch(deed, body["unit"])]


def _first_dispatch(deed: Deed, unit: str) -> Draft:
    """It was merged before anybody led it, and so has no grade yet: whoever handled its head leads it now."""
    if deed.said["grade"] is None:
        raise wrong("grade", "missing", "the grade of an issue that was merged before it had one")
    return dispatched(deed, unit, round=deed.case["round"] + 1)


def decline_reopen(deed: Deed) -> list[Draft]:
    """It is not handled again, and the party is told why: it stays closed as it was. A report that asked for it by
    being merged into it is looked at by itself."""
    case = deed.case
    body = {"by": deed.by, "reply": deed.said["reply"], "round": case["round"], "concerns": case["merged"]}
    return [Draft(names.REOPEN_DECLINED, body)]


def close(deed: Deed) -> list[Draft]:
    case, said = deed.case, deed.said
    no_task_open(deed)
    three_ones(case)
    if reason := _unfit(case, said["kind"]):
        raise refused("kind-unfit", reason)
    if said["kind"] == "explained" and said["reply"] is None:
        raise wrong("reply", "missing", "the words that explain it to the party")
    return [closing_of(deed, said["kind"], reply=said["reply"], reason=said["reason"], by=deed.by)]


def handlers(case: Case) -> set[str]:
    """Name all who handled it or signed that, in whatever round, or said so falsely; or handled what it was
    merged into."""
    head = {case["head_handled"]["handled_by"]} if case["head_handled"] else set()
    signed = {was["signed_by"] for was in handlings(case) if was.get("signed_by")}
    return {was["by"]["id"] for was in handlings(case)} | signed | head


def _unfit(case: Case, kind: str) -> str | None:
    if (kind == "merged") != (case["head"] is not None):
        return "It was merged: it closes as merged." if case["head"] else "It was not merged into another."
    ones = this_round(case)
    outcome, resolved = ones.get("handle", {}).get("outcome"), ones.get("follow_up", EXEMPT)["resolved"]
    match kind:
        case "resolved" if resolved != "yes":
            return "Only what the party calls resolved is closed as resolved."
        case "planned" | "other_route" if kind != outcome:
            return f"It was handled as {outcome}, not as {kind}."
        case "unverifiable" if resolved not in NOBODY_SAID:
            return "The party was reached and said something: it is not unverifiable."
    return None


def three_ones(case: Case) -> None:
    """Whatever the table says: nothing that was handled closes without contact, handling and follow-up of its round,
    or an exemption from one of them. Of what was merged the first two were done at its head."""
    wanted = THREE_ONES if case["head"] is None else THREE_ONES[-1:]
    done = {*this_round(case), *this_round(case).get("exempt", {})}
    if missing := [one for one in wanted if one not in done]:
        raise refused("three-ones-missing", f"Not done in this round: {', '.join(missing)}.", missing=missing)


def closing_of(
    deed: Deed, kind: str, *, reply: str | None = None, reason: str | None = None, by: Mapping[str, Any] = SYSTEM_BY
) -> Draft:
    """Close it, by whichever way a person comes to that. Raises Refusal for who handled it."""
    if by["id"] in handlers(deed.case):
        raise refused("handled-it", "Who handled it can't close it: somebody else has to.")
    return closing(kind, deed.case, reply=reply, reason=reason, by=by)


def closing(
    kind: str, case: Case, *, reply: str | None = None, reason: str | None = None, by: Mapping[str, Any] = SYSTEM_BY
) -> Draft:
    """Tell that it is closed: whatever was merged into it and was not handled with it goes on by itself."""
    body = {"by": by, "kind": kind, "reply": reply, "reason": reason, "round": case["round"]}
    return Draft(names.ISSUE_CLOSED, {**body, "concerns": case["merged"]})
