"""How soon somebody must act, and who may read it: urgency and secrecy, raised by anyone, lowered by the office."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.city.vocabulary import SECRECIES, URGENCIES
from sanfu.contracts import names
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused, separated
from sanfu.desk.domain.deeds.petitions import overturned
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import CLOSED, PETITION_REVIEW, REOPEN_REQUESTED, SUSPENDED
from sanfu.desk.domain.urgency import ALARM, OVER_ONCE, apart, heeded
from sanfu.runtime.rules import Draft

HIDING: Final = frozenset({"media"})
"""Flags set by people that make an issue confidential, as they do at intake."""

BY_WORDS: Final = {
    "zh": "后来所述有涉险字样：按召回词先行提级，待人工核实",
    "en": "What was said later speaks of danger: raised by its words, until a person says no",
}
"""Why it became more urgent where nobody said so."""
BY_CONFIDENCES: Final = {
    "zh": "后来所述有涉密字样：按词先行提级，待人工核实",
    "en": "What was said later holds words of confidence: raised by them, until a person says no",
}
"""Why fewer people may read it where nobody said so."""

NO_ANSWER: Final = {
    "zh": "反映有险情，原答复不再作为结论，立即重新办理。",
    "en": "There is word of danger: the answer stands no more, and it is handled again at once.",
}
"""What a petitioner reads where nobody decides about a review any more."""


def raise_urgency(deed: Deed) -> list[Draft]:
    """Say that it is more urgent."""
    return _raised(deed.case, _urgency(deed, higher=True), deed.by, deed.pack)


def heed_words(case: Case, pack: Pack) -> list[Draft]:
    """What its party went on to say speaks of more urgency than it has, or of danger after it was handled: it has that
    from now on, until a person says no."""
    spoken = case.get("spoken")
    if spoken is None or not heeded(case, spoken["urgency"]):
        return []
    body = {"by": SYSTEM_BY, "before": case["urgency"], **spoken, "concerns": _head(case)}
    changed = Draft(names.URGENCY_CHANGED, {**body, "reason": _why(BY_WORDS, pack)})
    return _raised(case, changed, SYSTEM_BY, pack)


def heed_confidence(case: Case, pack: Pack) -> list[Draft]:
    """What its party went on to say is for fewer people than it is itself: so is all of it from now on, until the
    office says no."""
    told = case.get("confided")
    if told is None or SECRECIES.index(told["secrecy"]) <= SECRECIES.index(case["secrecy"]):
        return []
    changed = secrecy_changed(case, told["secrecy"], _why(BY_CONFIDENCES, pack), SYSTEM_BY, pack)
    return [Draft(changed.type, {**changed.data, "supplement": told["supplement"]})]


def _why(words: Mapping[str, str], pack: Pack) -> str:
    return words["zh" if pack.locales[0].startswith("zh") else "en"]


def _raised(case: Case, changed: Draft, by: Mapping[str, Any], pack: Pack) -> list[Draft]:
    """What becomes an emergency rests no longer; and what was taken to be done, or stood on the register, is handled
    again, in a new round; so is what was closed while its party still wrote, and a petition whose answer is asked to
    be reviewed (decision 0036). What was merged goes on by itself (decision 0028)."""
    if changed.data["urgency"] != ALARM:
        return [changed]
    if apart(case):
        return [separated(case, ALARM), changed]
    if case["state"] == SUSPENDED:
        return [changed, Draft(names.ISSUE_RESUMED, {"by": by, "reason": None})]
    if not case["unit"] or case["state"] not in {*OVER_ONCE, CLOSED}:  # what nobody ever led the router assigns
        return [changed]
    again = {"because": "emergency", "reason": changed.data["reason"], "round": case["round"] + 1}
    reopened = Draft(names.ISSUE_REOPENED, {"by": by, "unit": case["unit"], **again})
    if case["state"] == PETITION_REVIEW:
        return [overturned(case, _why(NO_ANSWER, pack)), reopened, changed]
    closed = case["state"] in {CLOSED, REOPEN_REQUESTED}  # for router it is over until it is opened again
    return [reopened, changed] if closed else [changed, reopened]


def lower_urgency(deed: Deed) -> list[Draft]:
    return [_urgency(deed, higher=False)]


def _urgency(deed: Deed, *, higher: bool) -> Draft:
    before, after = deed.case["urgency"], deed.said["urgency"]
    _direction(URGENCIES.index(before), URGENCIES.index(after), "urgency", higher=higher)
    body = {"by": deed.by, "before": before, "urgency": after, "reason": deed.said["reason"]}
    return Draft(names.URGENCY_CHANGED, {**body, "concerns": _head(deed.case)})


def _head(case: Case) -> list[str]:
    """Name the issue that it was merged into: whoever handles that hears of it."""
    return [case["head"]] if case["head"] else []


def raise_secrecy(deed: Deed) -> list[Draft]:
    """Let fewer people read it. From confidential on the story holds no text: what is known is sealed."""
    return [_secrecy(deed, higher=True)]


def lower_secrecy(deed: Deed) -> list[Draft]:
    return [_secrecy(deed, higher=False)]


def _secrecy(deed: Deed, *, higher: bool) -> Draft:
    before, after = deed.case["secrecy"], deed.said["secrecy"]
    _direction(SECRECIES.index(before), SECRECIES.index(after), "secrecy", higher=higher)
    return secrecy_changed(deed.case, after, deed.said["reason"], deed.by, deed.pack)


def flag(deed: Deed) -> list[Draft]:
    """Mark it by what it is, or no longer. What the media are about is confidential from then on; taken off, that stays
    until the office says otherwise."""
    case, said = deed.case, deed.said
    known, added, dropped = case["flags"], said["add"], said["drop"]
    if already := [*(one for one in added if one in known), *(one for one in dropped if one not in known)]:
        raise refused("known-already", f"It stands so already: {', '.join(already)}.", flags=known)
    after = [*(one for one in known if one not in dropped), *added]
    body = {"by": deed.by, "flags": after, "added": added, "dropped": dropped, "reason": said["reason"]}
    told = [Draft(names.FLAGS_CHANGED, body)]
    if not HIDING & {*added} or SECRECIES.index(case["secrecy"]) >= SECRECIES.index("confidential"):
        return told
    return [*told, secrecy_changed(case, "confidential", said["reason"], deed.by, deed.pack)]


def secrecy_changed(case: Case, after: str, reason: str, by: Mapping[str, Any], pack: Pack) -> Draft:
    """Tell that other people may read an issue from now on."""
    before = case["secrecy"]
    neutral = pack.notices.get("confidential_title", {}).get(pack.locales[0])
    hides = after in SECRET and before not in SECRET
    body = {
        "by": by, "before": before, "secrecy": after, "reason": reason,
        "title": neutral if hides else None, "concerns": [*case["affairs"], *_origin(case)] if hides else [],
    }  # fmt: skip
    return Draft(names.SECRECY_CHANGED, body)


def _origin(case: Case) -> list[str]:
    """Name the list on which it was found, which may hold a text about it."""
    found = case.get("found_on")
    return [found["affair"]] if found else []


def _direction(before: int, after: int, field: str, *, higher: bool) -> None:
    if (after > before) is not higher or after == before:
        wanted = "higher than it is: lowering it is the office's" if higher else "lower than it is"
        raise refused("wrong-direction", f"This {field} has to be {wanted}.")
