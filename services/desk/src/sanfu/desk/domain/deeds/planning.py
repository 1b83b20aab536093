"""By which method a follow-up has to be made: planned when an issue is handled, and again when that proves wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.city.model.policy import Asking
from sanfu.city.vocabulary import LOOKED_AT
from sanfu.contracts import names
from sanfu.desk.domain import asking
from sanfu.desk.domain.asking import Asked
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed
from sanfu.desk.domain.rounds import handled, this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.windows import FACTS
from sanfu.runtime.rules import Draft

THE_PARTY: Final = (Asking("party"),)
PLACE: Final = "place"
DECEASED: Final = {"of": PLACE, "need": "site", "because": "party_deceased"}


def plan(deed: Deed) -> Draft:
    """Plan the follow-up of what is being handled."""
    draw = deed.lots.draw(ticket(deed.case), f"{deed.today:%Y-%m}", deed.pack.policy.follow_up_sample)
    channel = deed.pack.channels.get(deed.case["channel"])
    wanted = deed.pack.policy.follow_up_of.get(channel.follow_up_of if channel else "", THE_PARTY)
    asked = _each_once([_need(deed, one, drawn=draw is None or draw["drawn"]) for one in wanted])
    decided = draw if any(one["because"] in {"drawn", "not_drawn", "all"} for one in asked) else None
    return _planned(deed, asked, draw=decided)


def planned_again(deed: Deed, of: str, instead: Asked) -> Draft:
    """Tell that somebody is asked otherwise than was planned. Who else is asked stays, and what there is of a link."""
    return _planned(deed, _each_once([instead if one["of"] == of else one for one in asking.asked(deed.case)]))


def asked_anew(deed: Deed) -> Draft:
    """Tell the plan as it stands: who has not answered a link has the whole time for another."""
    return _planned(deed, asking.asked(deed.case), draw=this_round(deed.case)["plan"]["draw"])


def _planned(deed: Deed, asked: Sequence[Asked], *, draw: Mapping[str, Any] | None = None) -> Draft:
    before = this_round(deed.case).get("plan") if handled(deed.case) else None
    linked = any(one["of"] in asking.LINKED for one in asked) and not nobody_to_ask(deed.case)
    until = (before["link_until"] if before else deed.until("follow_up_link")) if linked else None
    silence = any(one["need"] == "link" for one in asked)
    first, *beside = sorted(asked, key=lambda one: one["of"] not in asking.LINKED)
    body = {
        "by": SYSTEM_BY, **first, "beside": beside,
        "link": ("kept" if before else "new") if until else "none", "link_until": until,
        "silent_at": deed.until("follow_up_silent") if silence else None, "draw": draw,
        "round": deed.case["round"],
    }  # fmt: skip
    return Draft(names.FOLLOW_UP_PLANNED, body)


def _each_once(asked: Sequence[Asked]) -> list[Asked]:
    """Leave out whom the lot spares where others are asked, and the second look at the same place."""
    some = [one for one in asked if one["need"] != "none"]
    return list({one["of"]: one for one in some or asked}.values())


def ticket(case: Case) -> str:
    return f"{case['receipt']}/{case['round']}"


def nobody_to_ask(case: Case) -> bool:
    """Tell whether there is no party, or none that somebody could reach. (Of what was told before
    `contact_of` was it is not known whose contact there is.)"""
    known = case.get("contact_of")
    return "none" in {case["contact"], case["party_kind"]} or (known is not None and "party" not in known)


def _need(deed: Deed, one: Asking, *, drawn: bool) -> Asked:
    """Say who answers for one who is to be asked, the least method for that, and why."""
    case, of = deed.case, one.of
    if of in LOOKED_AT or of == "office":
        return {"of": of, "need": one.by or "call", "because": "channel"}
    if of == "party" and case["deceased"]:
        return DECEASED
    if nobody_to_ask(case):
        if of == "committee":  # whoever filed it is known; the village's committee can be found
            return {"of": of, "need": one.by or "call", "because": "channel"}
        spared = not drawn and case["grade"] == "simple"
        need, because = ("none", "not_drawn") if spared else ("site", "nobody_to_ask")
        return {"of": PLACE, "need": need, "because": because}
    if one.by:
        return {"of": of, "need": one.by, "because": "channel"}
    if why := _call(deed):
        return {"of": of, "need": "call", "because": why}
    need, because = ("call", "drawn") if drawn else ("link", "all")
    return {"of": of, "need": need, "because": because}


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
