"""Follow-up: who asks the party, or looks where there is none, and what comes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sanfu.city.model import Unreachable
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds import planning
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused, wrong
from sanfu.desk.domain.deeds.ending import closing_of, handlers
from sanfu.desk.domain.deeds.planning import planned
from sanfu.desk.domain.parts import handling_units
from sanfu.desk.domain.rounds import content, this_round
from sanfu.desk.domain.scope import related
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import MERGED
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
PLAIN: Final[Mapping[str, Any]] = {"need": "call", "link_until": None}
"""The plan of what was handled before there were plans."""


def begin(deed: Deed) -> list[Draft]:
    """Plan the follow-up of what is being handled. Where nobody can be asked and the lot spares it, nobody is."""
    plan = planning.plan(deed)
    return [plan, _nobody_said(deed, "site")] if plan.data["need"] == "none" else [plan]


def follow_up(deed: Deed) -> list[Draft]:
    """Tell what the party says; or, where there is none, what somebody from outside saw."""
    handled_at_its_head(deed)
    impartial(deed)
    _no_visitor(deed)
    plan = this_round(deed.case).get("plan") or PLAIN
    _by_the_right_one(deed, plan["need"])
    method = _method(deed, plan["need"])
    if deed.said["resolved"] in {"unreachable", "declined"}:
        _unless_the_party_has_said(deed)
    if deed.said["resolved"] == "unreachable":
        _unreachable(deed)
    return _told(deed, deed.by, method)


def handled_at_its_head(deed: Deed) -> None:
    """What was merged has nothing to be asked about before its head was handled."""
    if not to_be_asked(deed.case):
        raise refused("head-not-handled", f"It was merged into {deed.case['head']}, which is not handled yet.")


def to_be_asked(case: Case) -> bool:
    """Tell whether there is something that its party can be asked about: of what was merged, its head's handling."""
    return case["state"] != MERGED or case["head_handled"] is not None


def _told(deed: Deed, by: Mapping[str, Any], method: str, attempts: int = 1) -> list[Draft]:
    said, case = deed.said, deed.case
    body = {
        "by": by, "resolved": said["resolved"], "satisfied": said["satisfied"], "reason": said["reason"],
        "method": method, "attempts": len(attempts_of(deed)) + attempts, "evidence": said.get("evidence", []),
        "round": case["round"], "unit": _handled_by(case),
    }  # fmt: skip
    told = [Draft(names.ISSUE_FOLLOWED_UP, body)]
    return [*told, closing_of(deed, "merged" if case["head"] else "resolved")] if content(body) else told


def _handled_by(case: Mapping[str, Any]) -> str | None:
    unit: str | None = case["head_handled"]["unit"] if case["head_handled"] else case["unit"]
    return unit


def attempts_of(deed: Deed) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = this_round(deed.case).get("attempts", ())
    return found


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
    plan = this_round(deed.case).get("plan") or PLAIN
    if plan["need"] in {"site", "again", "monitor"}:
        raise refused("nobody-to-ask", f"This follow-up asks no party: it needs {plan['need']}.")
    return [Draft(names.FOLLOW_UP_ATTEMPTED, _attempt(deed, deed.said["method"], deed.said["result"]))]


def _attempt(deed: Deed, method: str, result: str, **more: Any) -> dict[str, Any]:
    empty = {"resolved": None, "satisfied": None, "reason": None}
    return {
        "by": deed.by, "method": method, "result": result, "number": len(attempts_of(deed)) + 1,
        "round": deed.case["round"], **empty, **more,
    }  # fmt: skip


def _unreachable(deed: Deed) -> None:
    """Somebody is unreachable after attempts enough, far enough apart, on days enough; this one counts."""
    least = deed.pack.policy.unreachable
    tried = [moment(one["at"]) for one in attempts_of(deed) if one["method"] != "link"]
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


def _unless_the_party_has_said(deed: Deed) -> None:
    said = next((one for one in reversed(attempts_of(deed)) if one["resolved"]), None)
    if said is not None:
        raise refused(
            "party-has-said", f"The party answered by its link: resolved {said['resolved']}. Tell that, as it was said."
        )


# ── by link, and who does not answer ─────────────────────────────────────────────────────────────────────────────────


def rate(deed: Deed) -> list[Draft]:
    """The party answers by its link: once. What is not resolved, or needs a call anyhow, a person asks further."""
    handled_at_its_head(deed)
    plan = this_round(deed.case).get("plan") or PLAIN
    if plan["link_until"] is None or instant(deed.now) >= plan["link_until"]:
        raise refused("window-closed", f"The link was open until {plan['link_until'] or '- never'}: somebody will ask.")
    if any(one["method"] == "link" for one in attempts_of(deed)):
        raise refused("answered-already", "You have answered: somebody will call.")
    if plan["need"] == "link" and content(deed.said):
        return _told(deed, deed.by, "link")
    said = {name: deed.said[name] for name in ("resolved", "satisfied", "reason")}
    told = [Draft(names.FOLLOW_UP_ATTEMPTED, _attempt(deed, "link", "answered", **said))]
    return [*told, planned(deed, "call", "not_resolved")] if plan["need"] == "link" else told


def silence(deed: Deed) -> list[Draft]:
    """The link was not answered: that is enough for a simple issue to be closed; any other needs a call."""
    if deed.case["grade"] != "simple":
        return [planned(deed, "call", "silent")]
    return [_nobody_said(deed, "link")]


def _nobody_said(deed: Deed, method: str) -> Draft:
    body = {
        "by": SYSTEM_BY, "resolved": "silent", "satisfied": None, "reason": None, "method": method,
        "attempts": len(attempts_of(deed)), "evidence": [], "round": deed.case["round"],
        "unit": _handled_by(deed.case),
    }  # fmt: skip
    return Draft(names.ISSUE_FOLLOWED_UP, body)


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
