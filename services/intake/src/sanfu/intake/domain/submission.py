"""From a report to what the story is told: masked, with its urgency and secrecy decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.city.wordlists import WordList
from sanfu.contracts.envelope import instant, moment
from sanfu.contracts.masking import Mask
from sanfu.intake.domain import secrecy, urgency
from sanfu.intake.domain.admission import Report, party_kind

HOME_DIGITS = 3
"""Decimals of a degree: about 100 m."""
CARRIED = ("limit_asked", "party_code", "may_name_me", "language", "unit", "complains_of", "category", "found_on")


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of IssueSubmitted, but for `contact`; and whether the original must rest with the contact."""

    data: dict[str, Any]
    altered: bool


def drafted(report: Report, channel: Channel, pack: Pack, now: datetime) -> Submission:
    """Decide what is told of an admitted report. The pack decides urgency, secrecy and masking; nothing else does."""
    report = {**report, "place": _placed(report, pack)}
    category = pack.categories.get(report["category"] or "")
    words = "\n".join([report["title"], report["text"], *(str(answer) for answer in report["answers"].values())])
    kind = party_kind(report, channel)
    flags = list(dict.fromkeys((*report["flags"], *channel.flags)))
    level = secrecy.decided(
        pack,
        secrecy.Matter(words, channel, category, report["secrecy"], kind, flags, report["complains_of"]),
    )
    mask = Mask.of([report[who] for who in ("party", "guardian", "filer") if report[who]])
    told = _hidden(report, pack) if level in secrecy.HIDDEN else _masked(report, mask, pack.abuse)
    data = {
        "channel": channel.code,
        "external_id": mask.value(report["external_id"]),
        "reported_at": instant(min(moment(report["reported_at"]), now) if report["reported_at"] else now),
        "audience": report["audience"] or (category.audience if category else channel.audiences[0]),
        "kind": report["kind"] or (category.kind if category else "issue"),
        "urgency": urgency.decided(pack, text=words, category=category, chosen=report["urgency"]),
        "secrecy": level,
        "party_kind": kind,
        "filer": _filer(report["filer"], channel),
        "flags": flags,
        "joins": None if level in secrecy.HIDDEN else report.get("joins"),
        "pack": pack.version,
        **{name: report[name] for name in CARRIED},
        **told,
    }
    said = {name: report[name] for name in ("title", "text", "answers", "place", "attachments")}
    return Submission(data, said != {name: told[name] for name in said})


def _placed(report: Report, pack: Pack) -> dict[str, Any]:
    """Find the town, where it was not said: every service asks for it. Where point and words name two, it stays open,
    and a person is asked."""
    found = pack.atlas.where(report["place"], report["place"]["address"], report["title"], report["text"])
    known = {"town": found.said or found.town, "town_by": "said" if found.said else found.by}
    return {**report["place"], **known, "town_in_text": found.text if found.doubt else None}


def _masked(report: Report, mask: Mask, abuse: WordList) -> dict[str, Any]:
    """Take out who it is, and words of abuse: officers read neither, and see that something stood there."""
    place = {**report["place"], "address": mask.value(report["place"]["address"])}
    return {
        "title": abuse.masked(mask.text(report["title"])),
        "text": abuse.masked(mask.text(report["text"])),
        "place": place,
        "answers": {question: _civil(answer, abuse) for question, answer in mask.value(report["answers"]).items()},
        "attachments": report["attachments"],
    }


def _civil(answer: Any, abuse: WordList) -> Any:
    return abuse.masked(answer) if isinstance(answer, str) else answer


def _hidden(report: Report, pack: Pack) -> dict[str, Any]:
    """Number, category, limits and a neutral line: rules on channel, category and place only, then a person."""
    place = {**report["place"], "address": None}
    if place["may_be_home"] and place["lon"] is not None:
        place |= {"lon": round(place["lon"], HOME_DIGITS), "lat": round(place["lat"], HOME_DIGITS)}
    return {"title": _neutral(pack), "text": None, "place": place, "answers": {}, "attachments": []}


def _neutral(pack: Pack) -> str:
    line: Mapping[str, str] = pack.notices.get("confidential_title") or {}
    return line.get(pack.locales[0], "—")


def _filer(filer: Mapping[str, Any] | None, channel: Channel) -> dict[str, Any] | None:
    """Who wrote it down: an account. Where nobody is a party the filer vouches, and is not named to the unit."""
    if filer is None:
        return None
    return {
        "kind": channel.filer_kind,
        "id": filer["id"],
        "unit": filer["unit"],
        "named_to_unit": channel.party_kind != ("none",),
    }
