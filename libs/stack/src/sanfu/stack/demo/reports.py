"""The city pack's reports, and how each is sent in its channel's name."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.city.succession import in_its_place
from sanfu.contracts.envelope import instant, moment
from sanfu.stack.demo.chance import one_of, share
from sanfu.stack.demo.people import Person, filer, somebody
from sanfu.stack.programs import PartError

MINUTE = timedelta(minutes=1)
SUPERIORS_WAIT = timedelta(days=7)
"""What a superior allows for an answer."""


@dataclass(frozen=True, slots=True)
class Report:
    """One line of the pack's sample. `unit` and `grade` are what a good reviewer would say."""

    id: str
    reported_at: datetime
    unit: str
    grade: str
    told: Mapping[str, Any]

    @property
    def sent_at(self) -> datetime:
        """The end of the minute in which it was said: those of one minute are sent together."""
        return self.reported_at.replace(second=0, microsecond=0) + MINUTE


def chosen(pack: Pack, count: int) -> list[Report]:
    """Return the sample's first reports by date, told on every channel of the city if they suffice.

    Raises PartError when the pack has none.
    """
    if pack.reports is None or not pack.reports.is_file():
        raise PartError(f"the pack of {pack.code} has no reports to show: name a file of them in pack.yaml (`reports`)")
    by_date = sorted(_read(pack.reports), key=lambda report: (report.reported_at, report.id))
    return _on_every_channel(by_date[:count], pack)


def _on_every_channel(reports: Sequence[Report], pack: Pack) -> list[Report]:
    """Have a channel that the sample left out lent a report, each time of the channel that has most."""
    shown = list(reports)
    for channel in pack.channels.values():
        told = Counter(one.told["channel"] for one in shown)
        lends = [n for n, one in enumerate(shown) if told[one.told["channel"]] > 1 and _fits(one, channel)]
        if channel.code not in told and lends:
            lent = max(lends, key=lambda n: told[shown[n].told["channel"]])
            shown[lent] = replace(shown[lent], told={**shown[lent].told, "channel": channel.code})
    return shown


def _fits(report: Report, channel: Channel) -> bool:
    told = report.told
    ordinary = (told["kind"], told["urgency"]) == ("issue", "normal") and told["secrecy"] != "sealed"
    return ordinary and told["audience"] in channel.audiences and told["party_kind"] in channel.party_kind


def _read(path: Path) -> list[Report]:
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return [Report(one["id"], moment(one["reported_at"]), one["unit"], one["grade"], one) for one in lines]


@dataclass(frozen=True, slots=True)
class FoundOn:
    """The entry of a list at which a report was found, and who holds the list."""

    affair: str
    entry: int
    holder: str


def body(report: Report, pack: Pack, found_on: FoundOn | None = None) -> dict[str, Any]:
    """Write the report as intake takes it. Staff sort what they take down; the public only tells."""
    told, channel = report.told, pack.channels[report.told["channel"]]
    kind = told["party_kind"] if told["party_kind"] in channel.party_kind else None
    who = party(report, pack)
    return {
        "channel": channel.code,
        "external_id": report.id,
        "reported_at": instant(report.reported_at),
        "audience": told["audience"],
        "party_kind": kind,
        "party": who.contact() if who else None,
        "filer": filer(pack, channel, told["reporter_ref"]),
        "language": "en" if told["register"] == "english" else "zh",
        "title": told["text_title"],
        "text": told["text_body"] + _signature(report, who),
        "place": {name: told[name] or None for name in ("town", "address", "lon", "lat")},
        **(_sorted_by_staff(report, pack) if channel.filer_kind != "none" else {}),
        **_limited(report, pack),
        "answers": _answers(report, pack),
        **(_origin(found_on, pack) if found_on else {}),
    }


def _origin(found: FoundOn, pack: Pack) -> dict[str, Any]:
    """Whoever holds the list files what was found there."""
    one = pack.staff[found.holder]
    filer = {"id": one.id, "unit": one.unit, "name": one.name, "phone": one.phone, "email": one.email}
    return {"filer": filer, "found_on": {"affair": found.affair, "entry": found.entry}}


def _limited(report: Report, pack: Pack) -> dict[str, Any]:
    asked = "limit_asked" in pack.form_of(report.told["channel"]).must
    return {"limit_asked": instant(report.reported_at + SUPERIORS_WAIT)} if asked else {}


def _answers(report: Report, pack: Pack) -> dict[str, Any]:
    """Answer what the channel asks: where it gives a choice, now this, now that, and what follows from it."""
    form, given = pack.form_of(report.told["channel"]), dict[str, Any]()
    for code, question in form.questions.items():
        if question.asked(given) and (question.required or share(report.id, code, "given") < 0.5):
            given[code] = one_of([*question.choices], report.id, code) if question.choices else question.example
    return given


def _sorted_by_staff(report: Report, pack: Pack) -> dict[str, Any]:
    told, day = report.told, report.reported_at.date()
    wished = pack.units.get(report.unit)
    return {
        "kind": told["kind"],
        "urgency": told["urgency"],
        "secrecy": told["secrecy"],
        "category": in_its_place(pack.categories, told["category"], day),
        "unit": report.unit if wished and wished.valid_on(day) else _anyone(report, pack),
    }


def _anyone(report: Report, pack: Pack) -> str | None:
    """Where one has to be named, and the sample names none that is there: the office."""
    return pack.office_unit if "unit" in pack.form_of(report.told["channel"]).must else None


def party(report: Report, pack: Pack) -> Person | None:
    """Return whose matter it is; None where the filer vouches, and for one in ten where one may stay anonymous."""
    channel = pack.channels[report.told["channel"]]
    if report.told["party_kind"] == "none" or channel.party_kind == ("none",):
        return None
    if channel.has_contact == "optional" and share(report.id, "anonymous") < 0.1:
        return None
    return somebody(report.told["reporter_ref"])


def _signature(report: Report, who: Person | None) -> str:
    """People write their number, and at times more, under what they say: it must not get into the story."""
    luck = share(report.id, "signature")
    if who is None or luck >= 0.25:
        return ""
    more = f"，身份证{who.id_number}" if luck < 0.1 else ""
    return f"\n{who.name}，电话{who.phone or '无'}，邮箱{who.email or '无'}{more}"
