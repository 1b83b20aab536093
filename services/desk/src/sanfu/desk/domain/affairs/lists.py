"""Lists: of visits, experience sheets, check-ups (domain.md, "Party and filer"; mission, tables 2 to 4).

A list has a holder and entries. Each entry comes to something: visited, closed (it is no more, or not there), refused.
An entry may have no finding, or many: each is an issue, filed on the channel that the list is called by, that names
list and entry; the list notes it from the issue's story. Whoever experiences or checks is not named to units.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.affairs import entries as on_list
from sanfu.desk.domain.affairs.entries import CHECKUP, UNNAMED, VISIT, Entry, next_due, turned
from sanfu.desk.domain.affairs.state import NEVER, begun
from sanfu.desk.domain.affairs.table import LIST, OPENED
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused, wrong
from sanfu.desk.domain.scope import line
from sanfu.desk.domain.secrecy import SECRET, WITHHELD
from sanfu.desk.domain.state import Case, Change, Fold
from sanfu.runtime.rules import Draft, Refusal

MOST_FINDINGS: Final = 500
"""Findings of one list: 40 bytes each."""
FOR_OTHERS: Final = frozenset({"coordination_office"})
"""Who opens lists of every kind for others; a unit's head opens lists of visits for people of the unit."""


def open_list(deed: Deed) -> list[Draft]:
    """Make a list. What was done before is marked in the same write: a sheet is handed in whole."""
    said, kind = deed.said, deed.said["kind"]
    _may_be_held(deed)
    if (said["group"] is not None) != (kind == CHECKUP):
        raise wrong("group", "not_fitting", "the monitor's group for a check-up, and nothing for other lists")
    if kind == CHECKUP:
        on_list.chosen(deed.pack, CHECKUP, "group", said["group"], "group")
    listed = on_list.numbered(deed, kind, said["entries"], 1, said["due"])
    _all_dated(listed, said["entries"])
    body = {
        "by": deed.by, "kind": kind, "title": said["title"], "holder": said["holder"], "unit": said["unit"],
        "group": said["group"], "entries": listed, **turned(None, listed), "concerns": [],
    }  # fmt: skip
    return [Draft(names.LIST_OPENED, body), *_done_already(deed, said["unit"], (), listed)]


def _may_be_held(deed: Deed) -> None:
    """Hold the list to who may make it for whom, and who may hold it."""
    by, said = deed.by, deed.said
    if said["holder"] != by["id"] and by["role"] not in FOR_OTHERS:
        own = by["role"] == "unit_head" and by["unit"] in line(deed.pack.units, said["unit"])
        if not own or said["kind"] != VISIT:
            raise refused(
                "not-yours", "For others the office opens lists; a unit's head visits, for those of the unit."
            )
    if (said["kind"] == CHECKUP) != said["is_monitor"]:
        expected = "the account of a monitor" if said["kind"] == CHECKUP else "an account of somebody who is no monitor"
        raise wrong("holder", "not_fitting", expected)


def _all_dated(listed: list[Entry], said: list[Mapping[str, Any]]) -> None:
    open_ones = [one for one, given in zip(listed, said, strict=True) if not given.get("on")]
    if len({one["due"] is None for one in open_ones}) > 1:
        raise wrong("due", "missing", "a date for each entry, or for none")


def _done_already(deed: Deed, unit: str, before: Sequence[Entry], listed: list[Entry]) -> list[Draft]:
    """Mark what was done before it was put on the list; `before`: what stood there."""
    told, left = list[Draft](), {one["number"]: one for one in (*before, *listed)}
    for place, (entry, said) in enumerate(zip(listed, deed.said["entries"], strict=True)):
        if said.get("on") is None:
            continue
        field = f"entries[{place}]"
        _no_text_of_the_unnamed(entry, said["text"], f"{field}.text")
        on = on_list.day_of(deed, said["on"], f"{field}.on")
        due = next_due(left.values())
        left[entry["number"]] = {**entry, "result": "visited"}
        done = {"result": "visited", "on": on, "text": said["text"]}
        told.append(_marked(deed, unit, entry, done, turned(due, left.values())))
    return [*told, *_ended_if_done(deed, unit, list(left.values()))]


def faults(deed: Deed, kind: str, one: Mapping[str, Any]) -> list[dict[str, str]]:
    """Name what is wrong with one entry alone: its field, what is wrong, what would be right."""
    try:
        [entry] = on_list.numbered(deed, kind, [one], 1, None)
        if one["on"] is not None:
            on_list.day_of(deed, one["on"], "entries[0].on")
            _no_text_of_the_unnamed(entry, one["text"], "entries[0].text")
        elif one["text"] is not None:
            raise wrong("entries[0].text", "not_fitting", "nothing, unless it says when it was done")
    except Refusal as refusal:
        return [{**each, "field": each["field"].removeprefix("$.entries[0].")} for each in refusal.more["errors"]]
    return []


def add(deed: Deed) -> list[Draft]:
    """Put more on a list."""
    held = deed.case
    listed = on_list.numbered(deed, held["kind"], deed.said["entries"], len(held["entries"]) + 1, deed.said["due"])
    done = {one["number"] for one, said in zip(listed, deed.said["entries"], strict=True) if said["on"]}
    if done and deed.by["id"] != held["holder"]:
        raise wrong("entries", "not_yours", "nothing that was done already: its holder says so")
    everything = [*held["entries"], *listed]
    waiting = [one for one in everything if not one.get("result") and one["number"] not in done]
    if len({one["due"] is None for one in waiting}) > 1:
        raise wrong("due", "missing", "a date for each entry, or for none, as the list has it")
    body = {"by": deed.by, "unit": held["unit"], "entries": listed, **turned(next_due(held["entries"]), everything)}
    added = Draft(names.ENTRIES_ADDED, {**body, "concerns": []})
    return [added, *(_done_already(deed, held["unit"], held["entries"], listed) if done else ())]


def mark(deed: Deed) -> list[Draft]:
    """Say what came of an entry; what was said before is corrected by it."""
    held, said = deed.case, deed.said
    entry = next((one for one in held["entries"] if one["number"] == said["entry"]), None)
    if entry is None:
        raise wrong("entry", "unknown_entry", f"a number from 1 to {len(held['entries'])}")
    _no_text_of_the_unnamed(entry, said["text"], "text")
    if said["result"] == "refused" and said["text"] is None and entry["what"] != UNNAMED:
        raise wrong("text", "missing", "why no visit was wanted")
    now = {"result": said["result"], "on": on_list.day_of(deed, said["on"], "on"), "text": said["text"]}
    if {name: entry[name] for name in now} == now:
        raise refused("nothing-changed", f"Entry {said['entry']} is marked so already.")
    after = [{**one, **now} if one is entry else one for one in held["entries"]]
    told = _marked(deed, held["unit"], entry, now, turned(next_due(held["entries"]), after))
    return [told, *_ended_if_done(deed, held["unit"], after)]


def _no_text_of_the_unnamed(entry: Entry, text: str | None, field: str) -> None:
    if entry["what"] == UNNAMED and text is not None:
        raise wrong(field, "personal_data", "nothing: what a household in need lacks is written in a report, not here")


def _marked(deed: Deed, unit: str, entry: Entry, said: Mapping[str, Any], turn: Mapping[str, Any]) -> Draft:
    body = {"by": deed.by, "unit": unit, "entry": entry["number"], **said, **turn, "concerns": []}
    return Draft(names.ENTRY_MARKED, body)


def _ended_if_done(deed: Deed, unit: str, after: list[Entry]) -> list[Draft]:
    if any(not one.get("result") for one in after):
        return []
    return [Draft(names.LIST_ENDED, {"by": deed.by, "unit": unit, "result": "done", "reason": None, "concerns": []})]


def end(deed: Deed) -> list[Draft]:
    """Leave what is open on it undone."""
    body = {"by": deed.by, "unit": deed.case["unit"], "result": "dropped", "reason": deed.said["reason"]}
    return [Draft(names.LIST_ENDED, {**body, "concerns": []})]


# ── succession ───────────────────────────────────────────────────────────────────────────────────────────────────────


def pass_on(held: Case, said: Mapping[str, Any]) -> list[Draft]:
    """Say that the post that holds an open list is no more; of others there is nothing to say."""
    if not held or held["what"] != LIST or not held["open"] or held["holder"] != said["from_user"]:
        return []
    return [Draft(names.POST_SUCCEEDED, {"by": SYSTEM_BY, **said})]


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def named_by(event: Event) -> str | None:
    """Return the list that an issue says it was found on."""
    found = event.data.get("found_on")
    return found["affair"] if found and found["affair"].startswith("list-") else None


def found(held: Case, event: Event) -> list[Draft]:
    """Note an issue that names this list, if it can have been found there: on the list's own channel, at an entry of
    it; where the filer vouches, by the holder. Else the issue goes on as one that was found on no list."""
    data, entry = event.data, event.data["found_on"]["entry"]
    filer = (data.get("filer") or {}).get("id")
    if (
        held["kind"] != data["channel"]
        or entry > len(held["entries"])
        or (held["kind"] != VISIT and filer != held["holder"])
    ):
        return []
    if len(held["findings"]) >= MOST_FINDINGS or any(one["issue"] == event.subject for one in held["findings"]):
        return []
    body = {"by": SYSTEM_BY, "unit": held["unit"], "entry": entry, "issue": event.subject}
    return [Draft(names.FINDING_NOTED, {**body, "concerns": [event.subject]})]


def origin(event: Event, case: Case) -> Draft:
    """What an issue notes of the list on which it was found. If it is confidential, the list has to lose its words."""
    told = {"affair": event.subject, "entry": event.data["entry"], "secret": case["secrecy"] in SECRET}
    return Draft(names.ORIGIN_NOTED, {"by": SYSTEM_BY, **told})


def text_about(held: Case, issue: str) -> dict[str, dict[str, str]]:
    """Return what the holder wrote of the entry at which an issue was found, that is to be withheld: by its place."""
    at = {one["entry"] for one in held.get("findings", ()) if one["issue"] == issue}
    texts = {f"entry {one['number']}": one["text"] for one in held.get("entries", ()) if one["number"] in at}
    return {place: {"text": text} for place, text in texts.items() if text not in (None, WITHHELD)}


# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _opened(held: Case, event: Event) -> Change | None:
    if held:
        return None
    data = event.data
    begin = begun(event, LIST, OPENED, unit=data["unit"], units=(data["unit"],), limit=data["entry_by"] or NEVER)
    kept = {name: data[name] for name in ("kind", "title", "holder", "group")}
    listed = {"entries": [*map(_open, data["entries"])], "findings": [], "ended": None}
    whose = {"channel": data["kind"], "filer": {"id": data["holder"], "unit": data["unit"]}}
    return {**begin, **kept, **listed, **whose}


def _open(entry: Entry) -> dict[str, Any]:
    return {**entry, "result": None, "on": None, "text": None}


def _added(held: Case, event: Event) -> Change:
    return {"entries": [*held["entries"], *map(_open, event.data["entries"])], **_next(event)}


def _entry_marked(held: Case, event: Event) -> Change:
    data = event.data
    now = {name: data[name] for name in ("result", "on", "text")}
    return {
        "entries": [{**one, **now} if one["number"] == data["entry"] else one for one in held["entries"]],
        **_next(event),
    }


def _next(event: Event) -> Change:
    return {"limit": event.data["entry_by"] or NEVER}


def _finding(held: Case, event: Event) -> Change:
    data = event.data
    one = {"issue": data["issue"], "entry": data["entry"], "at": instant(event.time)}
    return {"findings": [*held["findings"], one], "concerns": [*held["concerns"], data["issue"]]}


def _over(held: Case, event: Event) -> Change:
    told = {"at": instant(event.time), "result": event.data["result"], "reason": event.data["reason"]}
    return {"state": "ended", "open": False, "ended": told, "limit": NEVER}


def _passed_on(held: Case, event: Event) -> Change:
    """Who holds it is no more: it is the successor's, and their unit's."""
    heir, unit = event.data["user"], event.data["unit"]
    whose = {"holder": heir, "filer": {"id": heir, "unit": unit}}
    return {**whose, "unit": unit, "units": [unit]} if held["holder"] == event.data["from_user"] else {}


def hushed(held: Case, issue: str) -> Change:
    """Return what changes on a list when what was written of an issue's entry is withheld."""
    about = text_about(held, issue)
    if not about:
        return {}
    bare = [{**one, "text": WITHHELD} if f"entry {one['number']}" in about else one for one in held["entries"]]
    return {"entries": bare}


FOLDS: Final[Mapping[str, Fold]] = {
    names.LIST_OPENED: _opened,
    names.ENTRIES_ADDED: _added,
    names.ENTRY_MARKED: _entry_marked,
    names.FINDING_NOTED: _finding,
    names.LIST_ENDED: _over,
    names.POST_SUCCEEDED: _passed_on,
}
DEEDS: Final[Mapping[str, Callable[[Deed], list[Draft]]]] = {
    "open": open_list,
    "add": add,
    "mark": mark,
    "end": end,
}
