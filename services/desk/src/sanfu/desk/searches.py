"""What people look for: by a number, by words, by whose matter it is; and what they keep to look for again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sanfu.contracts.envelope import instant
from sanfu.desk.contacts import blind_indexes, indexes_of
from sanfu.desk.domain.finding import LOOKED_AT, by_number, by_words, has_number, weight
from sanfu.desk.domain.reading import OUTSIDERS, reader
from sanfu.desk.domain.scope import Clause, Scope, Viewer, covering
from sanfu.desk.domain.secrecy import no_keys
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, Sought, Wanted
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Sealer

RECENT: Final = timedelta(days=90)
"""How far back closed cases are looked for if nobody says otherwise."""
MOST_FILTERS: Final = 50
OF_ONE: Final = 200
"""Issues of one person that are shown, in no search more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. `since`: how far back closed cases count; None: 90 days."""

    words: str | None
    number: str | None
    since: str | None
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Found:
    """The newest of the cases that were found, best first, as far as they are ranked by; `more`: there are others."""

    cases: list[Document]
    more: bool


@dataclass(frozen=True, slots=True)
class Searches:
    desk: Desk

    async def search(self, who: Viewer, asked: Asked) -> Found:
        """Find cases by pieces of their number or words. Raises Refusal 422 for what is too short to find any."""
        tokens = [*_tokens("words", asked.words, by_words), *_tokens("number", asked.number, by_number)]
        if not tokens:
            raise _too_short("words", "two letters or digits that stand together, or a piece of a number as `number`")
        since = asked.since or instant(self.desk.clock.now() - RECENT)
        sought = Sought(tokens, since, replace(asked.wanted, closed=True if asked.wanted.closed else None))
        found = await self.desk.cases.search(self.desk.query_scope(who, sought.wanted), sought, LOOKED_AT + 1)
        mine = [case for case in found[:LOOKED_AT] if asked.number is None or has_number(case, asked.number)]
        return Found(_ranked(mine, asked.words or ""), len(found) > LOOKED_AT)

    async def whole(self, who: Viewer, found: Sequence[Document]) -> list[Document]:
        """Return cases that a search found, in its order, whole; without one that is out of scope by now."""
        ids = [one["_id"] for one in found]
        cases = {case["_id"]: case for case in await self.desk.cases.these(self.desk.query_scope(who), ids)}
        return [cases[id] for id in ids if id in cases]

    async def by_contact(self, who: Viewer, person: Mapping[str, str | None], purpose: str) -> list[Document]:
        """Find a party's cases by their phone or e-mail, as far as the asker may read that contact. On record before
        anything is shown, also that nothing was found. Raises Refusal: 409 without a key ring, 422 for nobody."""
        if self.desk.sealer is None:
            raise no_keys()
        scope = self.desk.scope(who)
        ids = await self._issues_of(self.desk.sealer, frozenset(blind_indexes(self.desk.sealer, person)))
        cases = await self.desk.cases.these(self.desk.query_scope(who), ids)
        read = [(case, clause, ["found"]) for case in cases if (clause := _may_read(scope, case))]
        await self.desk.note(who, read or [(_NOTHING, _first(scope), ["found"])], purpose)
        return _newest(case for case, _, _ in read)

    async def of_same_party(self, who: Viewer, id: str) -> list[Document]:
        """Return what else is open of a case's party, as far as the asker sees it and could read whose it is, the
        newest first. Who asks is on record. Raises Refusal: 404, 403 for units, 409 without a key ring."""
        case = await self.desk.case(who, id)
        clause, _ = reader(covering(self.desk.scope(who), case), case)
        if clause.role not in OUTSIDERS:
            raise Refusal(403, "contact-closed", "What else is of the same party is for those who review and call.")
        if self.desk.sealer is None:
            raise no_keys()
        mine = indexes_of(self.desk.sealer, await self.desk.shelves.contacts.having("issue", id))
        scope, same = self.desk.query_scope(who), await self._issues_of(self.desk.sealer, mine)
        cases = await self.desk.cases.these(scope, [one for one in same if one != id])
        if case["party_code"]:
            firm = Wanted(party_code=case["party_code"])
            cases += await self.desk.cases.page(scope, firm, Page(OF_ONE, None))
        await self.desk.note(who, [(case, clause, ["same_party"])], SAME_PARTY)
        found = {one["_id"]: one for one in cases if one["open"] and _may_read(self.desk.scope(who), one)}
        return _newest(one for one in found.values() if one["_id"] != id)

    async def _issues_of(self, sealer: Sealer, indexes: frozenset[str]) -> list[str]:
        """Return the issues, the newest of one person's, whose party is found by any of these now."""
        contacts = self.desk.shelves.contacts
        found = {one["issue"] for one in await contacts.having("blind", *sorted(indexes))} if indexes else set[str]()
        records: dict[str, list[Document]] = {id: [] for id in sorted(found)[-OF_ONE:]}
        for one in await contacts.having("issue", *records) if records else ():
            records[one["issue"]].append(one)
        return [id for id, of in records.items() if len(of) == 1 or indexes & indexes_of(sealer, of)]

    # ── kept ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def filters(self, who: Viewer) -> list[Document]:
        """Return somebody's own filters, by name."""
        mine = await self.desk.shelves.filters.having("user", who.id)
        return sorted(mine, key=lambda one: (one["name"], one["_id"]))

    async def keep(self, who: Viewer, code: str, name: str, query: Mapping[str, Any]) -> Document:
        """Keep a filter under a code, over the one that has it. Raises Refusal 409 for one too many."""
        shelf, id = self.desk.shelves.filters, f"{who.id}/{code}"
        mine = {one["_id"]: one for one in await shelf.having("user", who.id)}
        if id not in mine and len(mine) >= MOST_FILTERS:
            raise Refusal(409, "too-many-filters", f"You keep {MOST_FILTERS} filters, the most: drop one first.")
        version = mine.get(id, {"version": 0})["version"] + 1
        kept = {"_id": id, "version": version, "user": who.id, "code": code, "name": name, "query": dict(query)}
        if not await shelf.swap(kept):
            raise Refusal(409, "changed-meanwhile", "Somebody changed this filter at the same instant: look again.")
        return kept

    async def drop(self, who: Viewer, code: str) -> None:
        """Forget a filter; one that is not there is no error."""
        await self.desk.shelves.filters.drop([f"{who.id}/{code}"])


NO_CASE: Final = "-"
"""Stands on record where a search by contact found no case."""
_NOTHING: Final = {"_id": NO_CASE, "secrecy": "open"}


SAME_PARTY: Final = "what else is open of the same party"
"""The purpose that is kept of such a look: none is asked for, and nothing of the contact is shown."""


def _newest(cases: Iterable[Document]) -> list[Document]:
    return sorted(cases, key=lambda case: (case["submitted_at"], case["_id"]), reverse=True)


def _tokens(field: str, given: str | None, way: Any) -> list[str]:
    found: list[str] = way(given) if given else []
    if given and not found:
        least = "two" if field == "words" else "three"
        raise _too_short(field, f"at least {least} letters or digits that stand together")
    return found


def _too_short(field: str, expected: str) -> Refusal:
    wrong = {"field": f"query.{field}", "problem": "too_short", "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: query.{field}.", errors=[wrong])


def _ranked(cases: list[Document], words: str) -> list[Document]:
    return sorted(cases, key=lambda case: place(case, words), reverse=True)


def place(case: Document, words: str) -> tuple[str, str]:
    """Return the place of a case among what was found: what fits better comes first, of equals the newer."""
    return (f"{weight(case, words):06d}|{case['submitted_at']}", case["_id"])


def _may_read(scope: Scope, case: Document) -> Clause | None:
    try:
        return reader(covering(scope, case), case)[0]
    except Refusal:
        return None


def _first(scope: Scope) -> Clause:
    if not scope:
        raise Refusal(403, "contact-closed", "Contacts are read by the unit that leads and by the office.")
    return scope[0]
