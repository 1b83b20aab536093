"""Take reports in: known by channel and key, sealed, receipted, once."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sanfu.contracts import receipts
from sanfu.contracts.contact_wire import context
from sanfu.contracts.masking import dialled, digits, plain
from sanfu.intake.domain import ids
from sanfu.intake.domain.admission import Fault
from sanfu.intake.domain.attachments import Attachment
from sanfu.intake.domain.rules import refused
from sanfu.intake.domain.urgency import EMERGENCY
from sanfu.intake.handlers.attachments import Attachments
from sanfu.runtime.clock import Clock
from sanfu.runtime.fold import Done
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.sealing import Sealer

Report = Mapping[str, Any]
Do = Callable[[str, Command], Awaitable[Done]]

LONGEST = 64 * 1024
"""Bytes of a report as JSON: its document holds it twice while it is being published, and the original sealed."""
SUBMIT = "submit"
FORGOTTEN = "forgotten"
"""Digest of a body that nobody remembers, for so much was added to it: as no other is."""
SHORTEST_PUBLIC_KEY = 16
"""Characters of an Idempotency-Key that nobody vouches for: two strangers shall not choose the same one."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: a channel, known by its key or public. `address` is the network's. `party_code`: the enterprise whose
    account the key is. `holder`: whose files it may bring; None: nobody's. `client`: which of the channel's senders it
    is, by its key."""

    channel: str
    keyed: bool
    address: str = "-"
    party_code: str | None = None
    holder: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a report, or of what was added to it. `state` is the issue's, as intake knows it now; `alarming`:
    these words made it an emergency, or it is one."""

    issue: str
    state: Mapping[str, Any]
    repeated: bool
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Under:
    """Under which issue's id a report comes, the field that this follows from, and what tells its body from
    another's."""

    issue: str
    field: str
    digest: str

    def repeats(self, there: str) -> bool:
        """Return True where the body that is there is the same. Raises Refusal 409 where it is another."""
        if there and there != self.digest:
            raise _about(self.field, Refusal(409, "key-reused", "another body came under this one before"))
        return True


@dataclass(slots=True)
class Submissions:
    """Takes reports in."""

    do: Do
    sealer: Sealer
    clock: Clock
    attachments: Attachments
    random: Callable[[int], bytes] = secrets.token_bytes

    async def submit(self, report: Report, sender: Sender, key: str | None, prefix: str = "") -> Received:
        """Store a report durably, once. `key` is the Idempotency-Key. Raises Refusal, Unavailable."""
        under = self.known_as(report, sender, key)
        issue, number = under.issue, self._number(under.issue, prefix)
        actor = Actor(sender.channel, "channel" if sender.keyed else "party")

        async def submitted(files: Sequence[Attachment]) -> Done:
            whole = {**report, "attachments": [one.told() for one in files]}
            boxes, blind = self._sealed(issue, whole)
            data = {"issue": issue, "channel": sender.channel, "report": whole, "receipt": number, "boxes": boxes,
                    "blind": blind, "client": sender.client}  # fmt: skip
            digest = hashlib.sha256(written(report, files)).hexdigest() if files else under.digest
            try:
                return await self.do(issue, Command("SubmitIssue", data, actor, SUBMIT, digest))
            except Refusal as refusal:
                raise _about(under.field, refusal) from refusal

        done = await self.attachments.bind(report["attachments"], sender.holder, issue, SUBMIT, submitted)
        return Received(issue, done.state, done.repeated, done.state["urgency"] == EMERGENCY)

    def known_as(self, report: Report, sender: Sender, key: str | None) -> Under:
        """Return what a report without its files is known by. Raises Refusal: 413, and 422 for a key that is none."""
        said = written(report, ())
        if len(said) > LONGEST:
            raise Refusal(413, "report-too-large", f"A report has at most {LONGEST} bytes.", limit=LONGEST)
        return Under(*self._identify(report, sender, key), hashlib.sha256(said).hexdigest())

    async def before(self, issue: str) -> str | None:
        """Return the digest of the body that came under an id; nothing of it after a rebuild; None if none came.
        Raises StoreDown."""
        found = (await self.attachments.documents.read([issue])).get(issue)
        if found is None or "submission" not in found:
            return None
        return next((was["digest"] for was in found.get("applied", ()) if was["key"] == SUBMIT), FORGOTTEN)

    def receipt(self, channel: str, key: str, prefix: str = "") -> str:
        """Return the receipt number of what a channel sent under an Idempotency-Key."""
        return self._number(ids.keyed(channel, "key", key), prefix)

    def _number(self, issue: str, prefix: str) -> str:
        return receipts.number(self.sealer.blind_index(issue, "receipt"), prefix)

    def _identify(self, report: Report, sender: Sender, key: str | None) -> tuple[str, str]:
        """Return the issue's id and the field it follows from. The channel's own number is better than a key."""
        if external := report["external_id"]:
            return ids.keyed(sender.channel, "external", external), "$.external_id"
        name = "header.Idempotency-Key"
        if key is not None:
            if not sender.keyed and len(key) < SHORTEST_PUBLIC_KEY:
                raise key_refused(f"without an API key at least {SHORTEST_PUBLIC_KEY} characters: make it a UUID")
            return ids.keyed(sender.channel, "key", key), name
        if sender.keyed:
            raise key_refused("on a channel with a key this header, or external_id in the body")
        return ids.unkeyed(self.clock.now(), self.random(10)), name

    def _sealed(self, issue: str, report: Report) -> tuple[dict[str, Any], dict[str, list[str]]]:
        original = {name: report[name] for name in ("title", "text", "answers", "attachments") if report[name] != []}
        contents: dict[str, Mapping[str, Any] | None] = {
            "party": _party(report["party"], report["guardian"]),
            "filer": _contact(report["filer"]),
            "original": {**original, "address": report["place"]["address"]},
        }
        boxes = {name: box(self.sealer, issue, name, content) for name, content in contents.items() if content}
        return boxes, {name: self.indexes(contents[name] or {}) for name in ("party", "filer")}

    def indexes(self, person: Mapping[str, Any]) -> list[str]:
        """Return the blind indexes by which a person is found again: phone and e-mail, in one form each; a party also
        by its own where it is reached by a guardian's."""
        phones, emails = [[person[name] for name in (of, f"own_{of}") if person.get(name)] for of in ("phone", "email")]
        found = [self.sealer.blind_index(digits(phone), "phone") for phone in phones]
        return found + [self.sealer.blind_index(plain(email), "email") for email in emails]


def written(said: Mapping[str, Any], files: Sequence[Attachment]) -> bytes:
    """Write down what tells a body from another under the same key: of files what came, for sent once more they have
    other ids."""
    came = {"attachments": [one.received for one in files]} if files else {}
    plain = {name: value for name, value in said.items() if name != "attachments"}
    return orjson.dumps({**plain, **came}, option=orjson.OPT_SORT_KEYS)


def of_account(report: Report, sender: Sender) -> Report:
    """Return the report as its account may send it: in its own enterprise's name. Raises Refusal 422."""
    code = sender.party_code
    if code is None:
        return report
    if report["party_code"] not in (None, code):
        raise refused(
            [Fault("party_code", "not_the_accounts", f"{code}, the enterprise whose account it is, or nothing")]
        )
    if report["party_kind"] not in (None, "enterprise"):
        raise refused(
            [Fault("party_kind", "not_the_accounts", "enterprise, or nothing: it is an enterprise's account")]
        )
    return {**report, "party_code": code, "party_kind": "enterprise"}


def box(sealer: Sealer, issue: str, name: str, content: Mapping[str, Any]) -> dict[str, str]:
    """Seal a part of an issue's contact, as the contract of the contact record has it."""
    sealed = sealer.seal(orjson.dumps(content), context(issue, "intake", name)).written()
    return {"key": sealed["key_id"], "nonce": sealed["nonce"], "sealed": sealed["box"]}


def _contact(person: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a contact's box holds; None if nothing is known by which somebody could be reached or named."""
    if person is None:
        return None
    given = {name: person.get(name) for name in ("name", "phone", "email", "address")}
    if given["phone"]:
        given["phone"] = dialled(given["phone"])
    return {**given, "language": person.get("language")} if any(given.values()) else None


def _party(person: Mapping[str, Any] | None, guardian: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the party's box holds: reached through a guardian, nothing but theirs is what it is reached by."""
    own, through = _contact(person) or {}, _contact(guardian)
    if through is None:
        return own or None
    kept = {"name": own.get("name"), "address": own.get("address") or through["address"]}
    mine = {f"own_{by}": own[by] for by in ("phone", "email") if own.get(by)}
    return {**through, **kept, "guardian": through["name"], **mine}


def _about(field: str, refusal: Refusal) -> Refusal:
    """Name the field in a conflict of keys."""
    if refusal.status != 409:
        return refusal
    error = {"field": field, "problem": refusal.slug, "expected": "the same body as before, or another key"}
    return Refusal(409, refusal.slug, f"{field}: another body came under this one before", errors=[error])


def key_refused(expected: str) -> Refusal:
    error = {"field": "header.Idempotency-Key", "problem": "missing_or_weak", "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: header.Idempotency-Key: {expected}.", errors=[error])
