"""Follow-up: who asks the party, or looks where there is none, and what comes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sanfu.city.model.policy import Unreachable
from sanfu.city.vocabulary import LOOKED_AT
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.asking import Asked, answers, asked, linked, missing, together
from sanfu.desk.domain.deeds import planning
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused, wrong
from sanfu.desk.domain.deeds.ending import closing_of, handlers
from sanfu.desk.domain.deeds.planning import planned_again
from sanfu.desk.domain.parts import handling_units
from sanfu.desk.domain.rounds import content, this_round
from sanfu.desk.domain.scope import related
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import MERGED, OFFICIALS
from sanfu.runtime.rules import Draft

SUFFICES: Final[Mapping[str, tuple[str, ...]]] = {
    "link": ("call", "visit", "writing", "site"),
    "call": ("call", "visit"),
    "writing": ("writing", "call", "visit"),
    "site": ("site",),
    "again": ("visit", "site"),
    "monitor": ("site", "visit"),
}
"""Need → the methods by which a person may meet it."""
VISITING: Final = "officer"
"""Kind of filer: the city's officers, who tell what they heard on a visit or experienced themselves."""
SILENT: Final[Mapping[str, Any]] = {"resolved": "silent", "satisfied": None, "reason": None, "evidence": []}


def begin(deed: Deed) -> list[Draft]:
    """Plan the follow-up of what is being handled. Where nobody can be asked and the lot spares it, nobody is."""
    plan = planning.plan(deed)
    if plan.data["need"] != "none":
        return [plan]
    return [plan, Draft(names.ISSUE_FOLLOWED_UP, {**_told_of(deed, SYSTEM_BY, 0), **SILENT, "method": "site"})]


def follow_up(deed: Deed) -> list[Draft]:
    """Tell what one of those says who are asked; or, where there is nobody to ask, what somebody from outside saw."""
    handled_at_its_head(deed)
    impartial(deed)
    _no_visitor(deed)
    one = _which(deed)
    _by_the_right_one(deed, one["need"])
    method = _method(deed, one["need"])
    if deed.said["resolved"] in {"unreachable", "declined"}:
        _unless_it_was_said(deed, one["of"])
    if deed.said["resolved"] == "unreachable":
        _unreachable(deed, one["of"])
    return _told(deed, one, {**deed.said, "method": method})


def _which(deed: Deed) -> Asked:
    """Return whose answer it is: the one that is missing, or of several the one that is named."""
    left, role = missing(deed.case), deed.by["role"]
    mine = [one for one in left if (one["need"] == "again") == (role in OFFICIALS)] if role in OFFICIALS else left
    if (of := deed.said["of"]) is None and len(mine) == 1:
        return mine[0]
    if named := [one for one in mine if one["of"] == of]:
        return named[0]
    expected = "one who has yet to answer: " + ", ".join(str(one["of"]) for one in mine)
    raise wrong("of", "missing" if of is None else "not_asked", expected)


def handled_at_its_head(deed: Deed) -> None:
    """What was merged has nothing to be asked about before its head was handled."""
    if not to_be_asked(deed.case):
        raise refused("head-not-handled", f"It was merged into {deed.case['head']}, which is not handled yet.")


def to_be_asked(case: Case) -> bool:
    """Tell whether there is something that its party can be asked about: of what was merged, its head's handling."""
    return case["state"] != MERGED or case["head_handled"] is not None


def _told(deed: Deed, one: Asked, said: Mapping[str, Any]) -> list[Draft]:
    """Tell an answer. With the last of them it is followed up; if all call it resolved, it is closed."""
    case, by = deed.case, deed.by
    answer = {name: said[name] for name in ("resolved", "satisfied", "reason", "method", "evidence")}
    left = [each["of"] for each in missing(case) if each["of"] != one["of"]]
    several = {"by": by, "of": one["of"], **answer, "missing": left, "round": case["round"]}
    told = [Draft(names.FOLLOW_UP_ANSWERED, several)] if len(asked(case)) > 1 else []
    if left:
        return told
    body = {**_told_of(deed, by, 0 if by == SYSTEM_BY else 1), **together([*answers(case), answer])}
    told.append(Draft(names.ISSUE_FOLLOWED_UP, body))
    return [*told, closing_of(deed, "merged" if case["head"] else "resolved")] if content(body) else told


def _told_of(deed: Deed, by: Mapping[str, Any], more: int) -> dict[str, Any]:
    case = deed.case
    attempts = len(attempts_of(case)) + len(answers(case)) + more
    return {"by": by, "attempts": attempts, "round": case["round"], "unit": _handled_by(case)}


def _handled_by(case: Mapping[str, Any]) -> str | None:
    unit: str | None = case["head_handled"]["unit"] if case["head_handled"] else case["unit"]
    return unit


def attempts_of(case: Case, of: str | None = None) -> list[Mapping[str, Any]]:
    """Return how often somebody was asked; None: all of them."""
    return [one for one in this_round(case).get("attempts", ()) if of in {None, one.get("of", "party")}]


# ── by whom, how ─────────────────────────────────────────────────────────────────────────────────────────────────────


def impartial(deed: Deed) -> None:
    """Nobody judges what they handled themselves, or what their own unit, one above it or one below it has handled,
    also not in somebody's place."""
    case = deed.case
    if deed.by["id"] in handlers(case):
        raise refused("handled-it", "You handled it yourself: others ask.")
    mine = {deed.by["unit"], deed.home or deed.by["unit"]}
    for unit in handling_units(case):
        if any(related(deed.pack.units, one, unit) for one in mine):
            raise refused("not-impartial", f"Your unit took part in handling, or is above or below {unit}: others ask.")


def _no_visitor(deed: Deed) -> None:
    """An officer who visited somebody, or experienced it, does not say how what he wrote down was handled: by whatever
    method. (Who only took down a call may.)"""
    if filed_by(deed.case, deed.by["id"]):
        raise refused("filed-it", "You wrote it down yourself: others ask, or experience it again.")


def filed_by(case: Case, who: str) -> bool:
    """Tell whether it is an officer's own: found, or heard on a visit."""
    filer = case["filer"] or {}
    return filer.get("kind") == VISITING and filer.get("id") == who


def _by_the_right_one(deed: Deed, need: str) -> None:
    case, who = deed.case, deed.by
    filer = (case["filer"] or {}).get("id")
    if need != "monitor":
        if who["role"] == "monitor":
            raise refused("not-for-monitors", "A monitor follows up check-ups only.")
        return
    known = deed.pack.staff.get(filer or "")
    if known is not None and known.active and who["id"] != filer:
        raise refused("for-the-monitor", "The monitor who filed it looks whether it is resolved.")


def _method(deed: Deed, need: str) -> str:
    """Return by which method it was made: the one that is needed, if none was named."""
    said, allowed = deed.said, SUFFICES[need]
    method: str = said["method"] or allowed[0]
    if method not in allowed:
        raise wrong("method", "not_enough", f"{' or '.join(allowed)}: this follow-up needs {need}")
    if need == "site":
        _looked(said)
    return method


def _looked(said: Mapping[str, Any]) -> None:
    """Where there is no party to ask, somebody went, saw and took a photo."""
    if said["satisfied"] is not None:
        raise wrong("satisfied", "nobody_asked", "nothing: no party was asked, somebody looked")
    if said["resolved"] not in {"yes", "partly", "no"}:
        raise wrong("resolved", "not_seen", "yes, partly or no: what was found on site")
    if not any(file["owner"] == "desk" and file["media_type"].startswith("image/") for file in said["evidence"]):
        raise wrong("evidence", "no_photo", "a photo taken on site, kept with the case")


# ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def attempt(deed: Deed) -> list[Draft]:
    """Keep that somebody tried to ask, and could not."""
    handled_at_its_head(deed)
    impartial(deed)
    _no_visitor(deed)
    one = _which(deed)
    if one["need"] in LOOKED_AT.values():
        raise refused("nobody-to-ask", f"This asks nobody: it needs {one['need']}.")
    return [Draft(names.FOLLOW_UP_ATTEMPTED, _attempt(deed, one["of"], deed.said["method"], deed.said["result"]))]


def _attempt(deed: Deed, of: str, method: str, result: str, **more: Any) -> dict[str, Any]:
    empty = {"resolved": None, "satisfied": None, "reason": None}
    return {
        "by": deed.by, "of": of, "method": method, "result": result, "number": len(attempts_of(deed.case)) + 1,
        "round": deed.case["round"], **empty, **more,
    }  # fmt: skip


def _unreachable(deed: Deed, of: str) -> None:
    """Somebody is unreachable after attempts enough, far enough apart, on days enough; this one counts."""
    least = deed.pack.policy.unreachable
    tried = [moment(one["at"]) for one in attempts_of(deed.case, of) if one["method"] != "link"]
    counted = _apart([*tried, deed.now], least)
    days = {deed.day(at) for at in counted}
    if len(counted) < least.attempts or len(days) < least.days:
        detail = (
            f"Unreachable is who was tried {least.attempts} times, {least.apart} minutes apart at least, on "
            f"{least.days} days; {len(counted)} attempts on {len(days)} days count so far, this one included: "
            "keep it with `attempt`, and try again."
        )
        raise refused("tried-too-little", detail, attempts=len(counted), days=len(days))


def _apart(tried: Sequence[datetime], least: Unreachable) -> list[datetime]:
    counted: list[datetime] = []
    for at in sorted(tried):
        if not counted or at - counted[-1] >= timedelta(minutes=least.apart):
            counted.append(at)
    return counted


def _unless_it_was_said(deed: Deed, of: str) -> None:
    said = next((one for one in reversed(attempts_of(deed.case, of)) if one["resolved"]), None)
    if said is not None:
        raise refused(
            "party-has-said", f"The party answered by its link: resolved {said['resolved']}. Tell that, as it was said."
        )


# ── by link, and who does not answer ─────────────────────────────────────────────────────────────────────────────────


def rate(deed: Deed) -> list[Draft]:
    """The party answers by its link: once. What is not resolved, or needs a call anyhow, a person asks further."""
    handled_at_its_head(deed)
    until = (this_round(deed.case).get("plan") or {}).get("link_until")
    if until is None or instant(deed.now) >= until:
        raise refused("window-closed", f"The link was open until {until or '- never'}: somebody will ask.")
    one = linked(deed.case)
    if one is None or any(each["method"] == "link" for each in attempts_of(deed.case)):
        raise refused("answered-already", "You have answered: if there is more to ask, somebody will call.")
    said = {name: deed.said[name] for name in ("resolved", "satisfied", "reason")}
    if one["need"] == "link" and content(said):
        return _told(deed, one, {**said, "method": "link", "evidence": []})
    told = [Draft(names.FOLLOW_UP_ATTEMPTED, _attempt(deed, one["of"], "link", "answered", **said))]
    return [*told, _call_instead(deed, one, "not_resolved")] if one["need"] == "link" else told


def silence(deed: Deed) -> list[Draft]:
    """The link was not answered: that is enough for a simple issue to be closed; any other needs a call."""
    one = linked(deed.case)
    if one is None:
        return []
    if deed.case["grade"] != "simple":
        return [_call_instead(deed, one, "silent")]
    return _told(deed, one, {**SILENT, "method": "link"})


def _call_instead(deed: Deed, one: Asked, because: str) -> Draft:
    return planned_again(deed, one["of"], {"of": one["of"], "need": "call", "because": because})


# ── what was told to be done was not ─────────────────────────────────────────────────────────────────────────────────


def void(deed: Deed) -> list[Draft]:
    """What was told to be handled was not: the round goes on as if nobody had told so, and its record says who did."""
    impartial(deed)
    case, said = deed.case, deed.said
    if "handle" not in this_round(case):
        raise refused("nothing-handled", "Nobody told it to be handled in this round.")
    body = {
        "by": deed.by, "unit": case["unit"], "text": said["text"], "evidence": said["evidence"],
        "round": case["round"], "concerns": case["merged"],
    }  # fmt: skip
    return [Draft(names.COMPLETION_VOIDED, body)]
