"""By which method a follow-up has to be made: planned when an issue is handled, and again when that proves wrong."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed
from sanfu.desk.domain.rounds import handled, this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.windows import FACTS
from sanfu.runtime.rules import Draft

OF_CHANNEL: Final[Mapping[str, str]] = {
    "other_officer": "again",
    "monitor_on_site": "monitor",
    "party_in_writing": "writing",
}
"""`follow_up_of` of a channel → the method that it asks for, whatever else holds."""
UNLINKED: Final = frozenset({"site", "again", "monitor", "none"})
"""Methods that ask no party: nobody gets a link."""


def plan(deed: Deed) -> Draft:
    """Plan the follow-up of what is being handled."""
    draw = deed.lots.draw(ticket(deed.case), f"{deed.today:%Y-%m}", deed.pack.policy.follow_up_sample)
    need, because = _need(deed, drawn=draw is None or draw["drawn"])
    decided = draw if because in {"drawn", "not_drawn", "all"} else None
    return planned(deed, need, because, draw=decided)


def planned(deed: Deed, need: str, because: str, *, draw: Mapping[str, Any] | None = None) -> Draft:
    """Tell a plan. One made again for a call keeps what there is of the link."""
    before = this_round(deed.case).get("plan") if handled(deed.case) else None
    linked = need not in UNLINKED
    until = (before["link_until"] if before else deed.until("follow_up_link")) if linked else None
    body = {
        "by": SYSTEM_BY, "need": need, "because": because,
        "link": ("kept" if before else "new") if until else "none", "link_until": until,
        "silent_at": deed.until("follow_up_silent") if need == "link" else None, "draw": draw,
        "round": deed.case["round"],
    }  # fmt: skip
    return Draft(names.FOLLOW_UP_PLANNED, body)


def ticket(case: Case) -> str:
    return f"{case['receipt']}/{case['round']}"


def nobody_to_ask(case: Case) -> bool:
    return "none" in {case["contact"], case["party_kind"]}


def _need(deed: Deed, *, drawn: bool) -> tuple[str, str]:
    """Return the least method that is asked for, and why."""
    case = deed.case
    channel = deed.pack.channels.get(case["channel"])
    of_channel = OF_CHANNEL.get(channel.follow_up_of if channel else "")
    if of_channel in {"again", "monitor"}:
        return of_channel, "channel"
    if case["deceased"]:
        return "site", "party_deceased"
    if nobody_to_ask(case):
        return ("site", "nobody_to_ask") if drawn or case["grade"] != "simple" else ("none", "not_drawn")
    if of_channel:
        return of_channel, "channel"
    if because := _call(deed):
        return "call", because
    return ("call", "drawn") if drawn else ("link", "all")


def _call(deed: Deed) -> str | None:
    """Say why the party has to be called, whatever the lot says."""
    case = deed.case
    if case["round"] > 1:
        return "reopened"
    if "contact" in this_round(case).get("exempt", {}):
        return "exempted"
    if any(one["open"] and one["what"].startswith("order_") for one in case["affairs"].values()):
        return "supervised"
    if any(all(case[fact] in allowed for fact, allowed in one.items()) for one in _policy(deed)):
        return "policy"
    return None


def _policy(deed: Deed) -> list[Mapping[str, tuple[str, ...]]]:
    return [one for one in deed.pack.policy.follow_up_call if set(one) <= set(FACTS)]
