"""Answers by topic: what a unit's own system sends is a command with the unit as its actor, and the API's in every way.

What it is about decides where a refusal goes. A case of the unit's: `ReplyRefused` on its story, which router copies
to the unit. Anything else is nobody's to keep: the record goes back to the unit, on its own dead-letter topic.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sanfu.desk.domain.people import UNIT_SYSTEM, derived
from sanfu.desk.domain.replying import BY_TOPIC, KEY, REFUSE, no_such
from sanfu.desk.domain.rules import offered, unknown
from sanfu.desk.domain.scope import Viewer, covering
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.runtime.rules import Actor, Command, Refusal

URN: Final = "urn:sanfu:problem:"


@dataclass(frozen=True, slots=True)
class Reply:
    """What was sent: by the unit whose topic it stood on, about which issue, under which id, wanting what.

    `said` is the command's body with every field; where it is not what the command takes, `fault` says so. `digest`
    tells the same id with other content apart.
    """

    unit: str
    issue: str
    id: str
    command: str
    digest: str
    said: Mapping[str, Any]
    fault: Refusal | None = None

    @property
    def key(self) -> str:
        """The id among the keys of the unit's commands: no account has one that begins so."""
        return f"{KEY}{self.id}"


class Unusable(Refusal):
    """A record that no story can tell of: it goes back to the unit as it came, with the reason."""


class Taken(NamedTuple):
    """What became of a reply: done, repeated or refused; by which problem."""

    fate: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Replies:
    """The use case."""

    desk: Desk

    async def take(self, reply: Reply, heard: Callable[[], Awaitable[None]]) -> Taken:
        """Do what a reply wants, once, or say on its case's story why not. `heard` returns when the desk has read all
        that was told before: a unit may answer what the desk has still to hear.

        Raises Unusable; StoreDown, BrokerDown and Unavailable, after which the same reply is safe to take again.
        """
        try:
            return await self._done(reply)
        except Refusal:
            await heard()
        try:
            return await self._done(reply)
        except Unusable:
            raise
        except Refusal as refusal:
            return await self._refused(reply, refusal)

    async def _done(self, reply: Reply) -> Taken:
        who = self._viewer(reply.unit)
        document = (await self.desk.documents.read([reply.issue])).get(reply.issue, {})
        if _known(document, f"{who.id}:{reply.key}", reply.digest):
            return Taken("repeated")
        if "state" not in document or not covering(self.desk.scope(who), document):
            raise _unusable(unknown())
        if reply.fault is not None:
            raise reply.fault
        if reply.command not in BY_TOPIC:
            raise Refusal(409, "no-reply", no_such(reply.command))
        _, done = await self.desk.act(
            who, reply.issue, reply.command, reply.said, key=reply.key, if_match=None, digest=reply.digest
        )
        return Taken("repeated" if done.repeated else "done")

    def _viewer(self, code: str) -> Viewer:
        """See a unit's own system as the rules do. Raises Unusable where the unit is none of the city's, or no more."""
        pack = self.desk.city.pack
        unit = pack.units.get(code)
        if unit is None:
            raise Unusable(404, "unit-unknown", f"The city has no unit {code}.")
        if not unit.valid_on(pack.day(self.desk.clock.now())):
            heir = f": {unit.succeeded_by} goes on with its work" if unit.succeeded_by else ""
            raise Unusable(409, "unit-ended", f"{code} does not work at this time{heir}.")
        return Viewer(code, code, derived(code, code, (UNIT_SYSTEM,), pack))

    async def _refused(self, reply: Reply, refusal: Refusal) -> Taken:
        """Tell on the story why it is not done, under the reply's own id. Raises Unusable where that can't be told."""
        who = self._viewer(reply.unit)
        scope = self.desk.scope(who)
        case = (await self.desk.documents.read([reply.issue])).get(reply.issue, {})
        told = {
            "unit": reply.unit, "reply": reply.id, "command": reply.command, "problem": f"{URN}{refusal.slug}",
            "reason": refusal.detail, "allowed": self._allowed(refusal, case, who),
            "errors": [dict(fault) for fault in refusal.more.get("errors", ())][:20],
        }  # fmt: skip
        actor, key = Actor(who.id, UNIT_SYSTEM, who.unit), f"{who.id}:{reply.key}"
        try:
            await self.desk.do(reply.issue, Command(REFUSE, {"told": told, "scope": scope}, actor, key, reply.digest))
        except Refusal as untold:
            raise _unusable(untold if untold.slug in _OF_ITS_OWN else refusal) from untold
        return Taken("refused", refusal.slug)

    def _allowed(self, refusal: Refusal, case: Document, who: Viewer) -> list[str]:
        if "allowed" in refusal.more or "state" not in case:
            return list(refusal.more.get("allowed", ()))
        mine = offered(case, self.desk.scope(who), who.id, self.desk.city.pack)
        return [name for name in mine if name in BY_TOPIC]


_OF_ITS_OWN: Final = frozenset({"case-unknown", "key-reused", "parked", "too-many-keys", "too-many-refused"})
"""Why something can't even be refused on the story: what the unit has to know first."""


def _known(document: Document, key: str, digest: str) -> bool:
    """Tell whether a case has this reply already. Raises Unusable for its id with other content."""
    was = next((one for one in document.get("applied", ()) if one["key"] == key), None)
    if was is not None and was["digest"] and was["digest"] != digest:
        raise Unusable(409, "key-reused", "This ce_id was used for another reply: give each its own.")
    return was is not None


def _unusable(refusal: Refusal) -> Unusable:
    return Unusable(refusal.status, refusal.slug, refusal.detail, **refusal.more)
