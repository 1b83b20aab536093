"""What people do at the desk: look, list, count, act, read a contact. Each use case in its scope."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Final

import orjson

from sanfu.city.model.pack import Pack
from sanfu.contracts import receipts
from sanfu.contracts.envelope import instant
from sanfu.desk.accounts import Accounts
from sanfu.desk.contacts import UNKNOWN, Known, Opened, corrected, marks_of, opened, originally, people
from sanfu.desk.domain.case import numbered
from sanfu.desk.domain.deeds.correcting import OVERTAKEN, corrections
from sanfu.desk.domain.deeds.deed import NO_MARKS, Marks
from sanfu.desk.domain.files import NAMED_IN, check_named
from sanfu.desk.domain.hearing import LISTENED, words_of
from sanfu.desk.domain.masking import NONE, TEXTS, masked
from sanfu.desk.domain.reading import reader, readers_of_texts, told_to
from sanfu.desk.domain.rules import unknown
from sanfu.desk.domain.scope import Clause, Scope, Viewer, covering, scope, subtrees, widest
from sanfu.desk.domain.secrecy import no_keys
from sanfu.desk.domain.table import FROM_OUTSIDE
from sanfu.desk.ports import Cases, Document, Row, Shelves, Wanted
from sanfu.desk.texts import read
from sanfu.runtime.clock import Clock
from sanfu.runtime.fold import Done
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.store import Documents

EVERYTHING = Wanted()
Do = Callable[[str, Command], Awaitable[Done]]


CORRECTING: Final = "correct_contact"
"""The command that a contact follows from."""
NAMING = ("head",)
"""Fields of a command's body that name another case."""


JOINING: Final[Mapping[str, Callable[[str, Mapping[str, Any]], tuple[str, str]]]] = {
    "merge": lambda id, said: (said["head"], id),
    "support": lambda id, said: (id, said["issue"]),
}
"""Commands by which a party joins an issue: that issue, and the party's own."""


class City:
    """The pack in use, and what is derived from it once."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.tree = subtrees(pack.units)


@dataclass(slots=True)
class Desk:
    """The use cases. `city` is swapped when the pack changes."""

    city: City
    cases: Cases
    shelves: Shelves
    documents: Documents
    clock: Clock
    do: Do
    sealer: Sealer | None = None
    has_inbox: bool = False
    """Whether pages lead to the inbox that notify keeps."""
    accounts: Accounts = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = Accounts(self.shelves, self.clock, lambda: self.city.pack)

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def scope(self, who: Viewer) -> Scope:
        """Say what somebody may see now."""
        return scope(who, self.city.tree, self.clock.now())

    def query_scope(self, who: Viewer, wanted: Wanted = EVERYTHING) -> Scope:
        """Say it for a query, where roles don't matter, but that who handles does not learn how it is followed up: not
        by a filter either. What an officer may experience again is found by asking for just that: it is no work of
        their unit's, and in none of its lists."""
        scope = self.scope(who)
        if wanted.need is None:
            return widest(tuple(clause for clause in scope if clause.need is None))
        return widest(tuple(clause for clause in scope if clause.role in FROM_OUTSIDE or clause.need == wanted.need))

    # ── look ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def case(self, who: Viewer, id: str) -> Document:
        """Return a case. Raises Refusal 404 for one that does not exist and for one out of scope alike."""
        found = (await self.documents.read([id])).get(id)
        if not found or "state" not in found or not covering(self.scope(who), found):
            raise unknown()
        return found

    async def seen(self, who: Viewer, ids: Sequence[str]) -> dict[str, Document]:
        """Return those of these cases that somebody may see."""
        if not ids:
            return {}
        scope, found = self.scope(who), await self.documents.read(ids)
        return {id: case for id, case in found.items() if "state" in case and covering(scope, case)}

    async def page(self, who: Viewer, wanted: Wanted, page: Page) -> list[Document]:
        return await self.cases.page(self.query_scope(who, wanted), wanted, page)

    async def count(self, who: Viewer) -> list[Row]:
        return await self.cases.count(self.query_scope(who))

    async def history(self, who: Viewer, id: str, page: Page) -> list[Document]:
        """Return up to `page.limit + 1` entries of a case's whole history behind the page's cursor, the first first."""
        case = await self.case(who, id)
        older = await self.shelves.history.page({"case": id}, page)
        after = page.after.id if page.after else ""
        kept = {one["_id"]: one for one in older} | {
            one["_id"]: one for one in numbered(id, case) if one["_id"] > after
        }
        return [kept[place] for place in sorted(kept)][: page.limit + 1]

    # ── act ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def act(
        self, who: Viewer, id: str, name: str, said: Mapping[str, Any], *, key: str, if_match: int | None,
        digest: str = "",
    ) -> tuple[Document, Done]:  # fmt: skip
        """Do a command on a case; return the case as it is then. Raises Refusal, Unavailable. `digest`: by which the
        same key with other content is told, if not by what was said.

        That it is theirs to see the rules ask, of the case that is written; only what is not in it is read before.
        A key is the sender's own: the same key of two people is two keys.
        """
        if any(said.get(name) for name in NAMED_IN):
            check_named(said, await self.case(who, id), await self.shelves.evidence.having("case", id))
        if other := said.get("issue"):
            await self.case(who, other)
        others = await self.seen(who, [said[field] for field in NAMING if said.get(field)])
        done = await self.command(
            id, name, said, actor=Actor(who.id, "", who.unit), scope=self.scope(who), key=key, if_match=if_match,
            others=others, marks=await self.marks(name, id, said), digest=digest,
        )  # fmt: skip
        after = {"_id": id, "ver": done.ver, **done.state}
        if name == CORRECTING and not done.repeated:
            await self.note(who, [(after, covering(self.scope(who), after)[0], ["corrected"])], said["because"])
        if done.repeated and not covering(self.scope(who), after):
            raise unknown()
        return after, done

    async def command(
        self, id: str, name: str, said: Mapping[str, Any], *, actor: Actor, scope: Scope, key: str,
        if_match: int | None = None, others: Mapping[str, Document] | None = None, marks: Marks = NO_MARKS,
        digest: str = "",
    ) -> Done:  # fmt: skip
        """Do a command in somebody's name, within a scope. Raises Refusal, Unavailable."""
        body = digest or hashlib.sha256(orjson.dumps([name, said], option=orjson.OPT_SORT_KEYS)).hexdigest()
        known = await self._known_of(id, name) if any(said.get(field) for field in TEXTS) else UNKNOWN
        rude = self.city.pack.abuse if name in LISTENED else NONE
        data = {"said": masked(said, known.people, rude), "words": words_of(name, said, known.text), "scope": scope,
                "id": id, "others": others or {}, "marks": marks}  # fmt: skip
        if name == CORRECTING:
            return await self._correct(id, Command(name, data, actor, f"{actor.id}:{key}", "", if_match), body)
        return await self.do(id, Command(name, data, actor, f"{actor.id}:{key}", body, if_match))

    async def _correct(self, id: str, command: Command, body: str) -> Done:
        """Put what a party is reached by into its contact, in one write with the event. What was sent is told apart by
        a keyed digest: a phone alone is soon guessed."""
        if self.sealer is None:
            raise no_keys()
        keyed = self.sealer.blind_index(body, CORRECTING)
        while True:
            case = (await self.documents.read([id])).get(id, {})
            records = await self.shelves.contacts.having("issue", id)
            fresh = corrected(self.sealer, id, corrections(case), records, command.data["said"])
            try:
                return await self.do(id, replace(command, data={**command.data, "contact": fresh}, digest=keyed))
            except Refusal as refusal:
                if refusal.slug != OVERTAKEN:
                    raise

    async def marks(self, name: str, id: str, said: Mapping[str, Any]) -> Marks:
        """Return by what a command tells the parties of two issues apart, where it joins any."""
        if self.sealer is None or name not in JOINING:
            return NO_MARKS
        head, other = JOINING[name](id, said)
        kept = self.shelves.contacts
        return Marks(*[marks_of(self.sealer, head, await kept.having("issue", one)) for one in (head, other)])

    async def numbered(self, typed: str) -> Document | None:
        """Return the case with this receipt number, however it was written down, whoever may see it."""
        number = receipts.read(typed, self.city.pack.receipt_prefix) or "".join(typed.split()).upper()
        return await self.cases.numbered(number)

    async def _known_of(self, id: str, command: str = "") -> Known:
        """Return whom an issue's contact names, and, where a party speaks by the command, what was really written;
        nothing without a key ring."""
        if self.sealer is None:
            return UNKNOWN
        records = await self.shelves.contacts.having("issue", id)
        written = originally(self.sealer, records) if command in LISTENED else ""
        return Known(people(self.sealer, records), written)

    async def people_of(self, id: str) -> Sequence[Mapping[str, Any]]:
        """Return what is known of an issue's party and filer; nothing without a key ring."""
        return (await self._known_of(id)).people

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def contact(self, who: Viewer, id: str, purpose: str) -> Opened:
        """Open an issue's contact for a purpose; the reading is on record before anything is shown.

        Raises Refusal: 404 out of scope or nothing there, 403 for a role that may not.
        """
        case = await self.case(who, id)
        clause, parts = reader(covering(self.scope(who), case), case)
        if self.sealer is None:
            raise no_keys()
        boxes = await self.shelves.contacts.having("issue", id)
        await self.note(who, [(case, clause, sorted(parts))], purpose)
        return opened(self.sealer, boxes, parts)

    async def texts(self, who: Viewer, id: str, purpose: str) -> list[Document]:
        """Open what people wrote about a confidential or sealed case; the reading is on record before anything is
        shown. Raises Refusal: 404 out of scope or nothing there, 403 for a role that may not."""
        case = await self.case(who, id)
        clauses = readers_of_texts(covering(self.scope(who), case))
        if self.sealer is None:
            raise no_keys()
        records = await self.shelves.sealed_texts.having("cases", id)
        await self.note(who, [(case, clauses[0], ["texts"])], purpose)
        return read(self.sealer, [one for one in records if told_to(clauses, case, one)], id)

    async def note(self, who: Viewer, read: Sequence[tuple[Document, Clause, Sequence[str]]], purpose: str) -> None:
        """Keep on record that somebody reads these parts of what is known of these cases' people."""
        now = instant(self.clock.now())
        readings: list[Document] = [
            {
                "_id": f"{case['_id']}/{now}/{who.id}/{token_hex(4)}", "version": 1, "case": case["_id"], "at": now,
                "user": who.id, "role": clause.role, "unit": clause.acts_for or who.unit,
                "secrecy": case["secrecy"], "what": list(parts), "purpose": purpose, "system": who.system,
            }
            for case, clause, parts in read
        ]  # fmt: skip
        await self.shelves.readings.put(readings)
