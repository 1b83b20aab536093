"""A case as its party sees it: plain words, public texts, the unit and its phone. No staff, nothing internal; of a
confidential one no text and no unit, of a sealed one that it was handed over."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import moment
from sanfu.desk.domain.files import told_publicly
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.scope import SEALED
from sanfu.desk.domain.secrecy import WITHHELD
from sanfu.desk.entrypoints.party_words import KINDS, MINE, STATES
from sanfu.desk.ports import Document
from sanfu.runtime.kinds import ENDINGS

BEING_HANDLED = frozenset({"assigned", "acknowledged", "contacted", "unsigned", "returned"})


def shown(case: Document, pack: Pack, language: str, possible: list[str]) -> dict[str, Any]:
    """Return what the page holds."""
    words = MINE[language]
    office = pack.units.get(pack.office_unit)
    view: dict[str, Any] = {
        "number": case["receipt"], "secret": case["secrecy"] == "confidential", "handed_over": False, "title": None,
        "unit": None, "due": None, "replies": [], "files": [], "steps": [], "errand": [], "notes": [], "question": None,
        "possible": [],
        "office_phone": office.duty_phone if office else None,
    }  # fmt: skip
    if case["secrecy"] == SEALED:
        return {**view, "handed_over": True, "state": words["handed_over"]}
    view |= {
        "state": _state(case, language), "due": _due(case, pack), "steps": list(_steps(case, pack, words)),
        "notes": list(_notes(case, words)), "possible": possible,
    }  # fmt: skip
    if view["secret"]:
        return view
    view["errand"] = list(_errand(case, pack, language, words))
    return {**view, "title": case["title"], "unit": _unit(case, pack, language), "question": _question(case),
            "replies": list(_replies(case, pack)), "files": list(_files(case, pack))}  # fmt: skip


def _state(case: Document, language: str) -> str:
    at_its_head = "_handled" if case["state"] == "merged" and case["head_handled"] else ""
    state = STATES[language][case["state"] + at_its_head]
    if case["state"] != "closed":
        return state
    kind: str = case["closed"]["kind"]
    return f"{state} · {KINDS[language].get(kind, kind)}"


def _due(case: Document, pack: Pack) -> datetime | None:
    clock = case["clocks"].get("handling")
    return _local(clock["limit"], pack) if clock and case["state"] in BEING_HANDLED else None


def _unit(case: Document, pack: Pack, language: str) -> Mapping[str, Any] | None:
    unit = pack.units.get(case["unit"] or "")
    return {"name": unit.name(language), "phone": unit.duty_phone} if unit else None


def _question(case: Document) -> str | None:
    return case["question"]["question"] if case["question"] else None


def _steps(case: Document, pack: Pack, words: Mapping[str, str]) -> Iterator[tuple[str, datetime]]:
    """The way so far, of the round that is under way."""
    round = this_round(case)
    yield words["received"], _local(case["submitted_at"], pack)
    if round and round["dispatched_at"]:
        yield words["dispatched"], _local(round["dispatched_at"], pack)
    done = [(round.get("contact"), "contacted"), (round.get("handle"), "handled")]
    done += [(case.get("merging"), "joined"), (case["head_handled"], "handled")]
    for at, word in sorted((one["at"], word) for one, word in done if one):
        yield words[word], _local(at, pack)
    if case["state"] == "closed":
        yield words["closed"], _local(case["closed"]["at"], pack)


def _errand(
    case: Document, pack: Pack, language: str, words: Mapping[str, str]
) -> Iterator[tuple[str, str, datetime | None]]:
    """The steps of an errand: what, how it stands, since when."""
    for step in (case.get("errand") or {"steps": ()})["steps"]:
        name = step["what"].get(language) or step["what"].get(pack.locales[0]) or next(iter(step["what"].values()))
        yield name, words[f"errand_{step['state']}"], _local(step["at"], pack) if step["at"] else None


def _notes(case: Document, words: Mapping[str, str]) -> Iterator[str]:
    round = this_round(case)
    if case["round"] > 1:
        yield words["again"].format(n=case["round"])
    if round.get("voided") and "handle" not in round:
        yield words["void"]
    answers = [one for one in round.get("attempts", ()) if one["method"] == "link"]
    if answers and case["state"] in {"handled", "merged"}:
        yield words["answered"].format(said=words[answers[-1]["resolved"]])
    if case["withdrawal"] is not None and case["open"]:
        yield words["withdrawing"]


def _replies(case: Document, pack: Pack) -> Iterator[tuple[datetime, str]]:
    """Every public reply, and what was last reported of the plan on the register, the first first; none of a
    completion that was void, nor one that was sealed."""
    told = [(one["handle"]["at"], one["handle"]["reply"]) for one in case["rounds"] if "handle" in one]
    answers = [case.get(name) for name in ("mediation", "merging", "head_handled", "settled", "declining", "closed")]
    for one in (*answers, *case.get("petition_reviews", ())):
        if one and one.get("reply"):
            told.append((one["at"], one["reply"]))
    register = case["register"] or {}
    if register.get("report"):
        told.append((register["reported_at"], register["report"]))
    for at, reply in sorted(told):
        if reply != WITHHELD:
            yield _local(at, pack), reply


def _files(case: Document, pack: Pack) -> Iterator[tuple[datetime, str, str, int]]:
    """What was kept for everybody: when the party was told of it, the file, its kind, and its size in KB."""
    for at, file in told_publicly(case):
        yield _local(at, pack), file["id"], ENDINGS[file["media_type"]].upper(), -(-file["size"] // 1024)


def _local(at: str, pack: Pack) -> datetime:
    return moment(at).astimezone(ZoneInfo(pack.zone))
