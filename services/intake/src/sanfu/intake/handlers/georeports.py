"""Reports, updates and questions that come over Open311: one way in, the same as every report's."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from sanfu.city.model.pack import Pack
from sanfu.city.open311 import Open311
from sanfu.contracts import receipts
from sanfu.contracts.envelope import moment
from sanfu.intake.domain import georeport, georeporting, ids, public
from sanfu.intake.domain.admission import Fault, Today
from sanfu.intake.domain.attachments import Attachment
from sanfu.intake.domain.georeporting import Posted
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.channels import Channels, holder, sender_of
from sanfu.intake.handlers.submissions import Received, Report, Submissions, of_account
from sanfu.intake.handlers.supplements import Supplements
from sanfu.intake.ports import ChannelKey, PublicIssues, Records
from sanfu.runtime.clock import Clock
from sanfu.runtime.file_links import EVERYBODYS, PUBLIC_EVIDENCE, FileLinks, no_file
from sanfu.runtime.rules import Refusal

SAME_WITHIN: Final = timedelta(hours=24)
"""Who sends the same in every field, within so long, sends it again; later it happened again."""
LONGEST_SPAN: Final = timedelta(days=90)
"""Of requests that one question shows: the standard's own cap."""
LONGEST_UPDATES: Final = timedelta(days=31)
"""Of updates: who polls asks for hours, and there are several of each request."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a client sent: a form's fields, by whose key, with which files."""

    posted: Posted
    key: ChannelKey
    files: Sequence[Attachment] = ()

    def ids(self) -> list[str]:
        return [one.id for one in self.files]

    def digest(self) -> str:
        """Return what was said, in short, and who said it. It can't be read back."""
        fields = sorted((name, list(values)) for name, values in self.posted.items())
        came = [[one.received for one in self.files]] if self.files else []
        whole = orjson.dumps([self.key.client, fields, *came])
        return f"open311-{hashlib.sha256(whole).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Leads to the pictures that desk keeps for everybody. `desk`: where a browser finds it."""

    links: FileLinks
    desk: str

    def link(self, file: str, now: datetime) -> str:
        """Make a link that lasts some minutes; desk looks once more whether everybody may see the file."""
        return f"{self.desk.rstrip('/')}{self.links.link(file, EVERYBODYS, now).under(PUBLIC_EVIDENCE)}"


@dataclass(frozen=True, slots=True)
class Georeports:
    """`read` makes a report of what a form holds, `read_update` a supplement, as our own API does, or they raise
    Refusal."""

    submissions: Submissions
    supplements: Supplements
    channels: Channels
    attachments: Attachments
    public: PublicIssues
    records: Records
    clock: Clock
    pictures: Pictures | None
    read: Callable[[Mapping[str, Any]], Report]
    read_update: Callable[[Mapping[str, Any]], Mapping[str, Any]]

    def keyed(self, pack: Pack, offered: Open311, key: str | None) -> ChannelKey:
        """Return the API key, which must be one of the channel that Open311 is. Raises Refusal 401, 403."""
        known = self.channels.known_key(pack, key)
        if known.channel != offered.channel:
            raise Refusal(403, "api-key-of-another-channel", f"api_key: a key of the channel {offered.channel}.")
        return known

    async def submit(self, pack: Pack, offered: Open311, said: Said, *, again: str | None, locale: str) -> Received:
        """Take a request in, once, with its files. `again`: an Idempotency-Key, if the client has one. Raises Refusal,
        and none of its files is left then; Unavailable."""
        async with self._or_given_up(said.files):
            return await self._submit(pack, offered, said, again, locale)

    async def _submit(self, pack: Pack, offered: Open311, said: Said, again: str | None, locale: str) -> Received:
        posted, key = said.posted, said.key
        town = offered.jurisdictions[jurisdiction(offered, posted.get("jurisdiction_id", (None,))[0])]
        if not posted.get("service_code"):
            raise refused([Fault("service_code", "missing", "a code of the service list")])
        service(pack, offered, posted["service_code"][0], self.clock.now())
        if wrong := list(georeporting.faults(posted, pack, offered)):
            raise refused(wrong)
        sender = sender_of(key)
        plain = {**georeporting.report(posted, pack, offered, town=town, locale=locale), "attachments": said.ids()}
        known_by = again or await self._known_by(said)
        return await self.submissions.submit(
            of_account(self.read(plain), sender), sender, known_by, pack.receipt_prefix
        )

    @asynccontextmanager
    async def _or_given_up(self, files: Sequence[Attachment]) -> AsyncIterator[None]:
        try:
            yield
        except Refusal:
            await self.attachments.give_up(files)
            raise

    async def _known_by(self, said: Said) -> str:
        """Return the key that a request without one has: what it says, and the day on which it was said first."""
        digest, now = said.digest(), self.clock.now()
        before = f"{digest}-{(now - timedelta(days=1)).date()}"
        for issue in await self.public.known([ids.keyed(said.key.channel, "key", before)]):
            if now - moment(issue["received_at"]) < SAME_WITHIN:
                return before
        return f"{digest}-{now.date()}"

    async def add(self, offered: Open311, said: Said, *, again: str | None) -> tuple[str, Received]:
        """Add what an update says, or shows, to a request that came by this key; return the update's id, the same
        however often it is sent. What the client takes to be the request's status changes nothing: that follows from
        what is done. Raises Refusal, and none of its files is left then; Unavailable."""
        async with self._or_given_up(said.files):
            return await self._add(offered, said, again)

    async def _add(self, offered: Open311, said: Said, again: str | None) -> tuple[str, Received]:
        posted, key = said.posted, said.key
        jurisdiction(offered, posted.get("jurisdiction_id", (None,))[0])
        if wrong := list(_faults_of_update(said)):
            raise refused(wrong)
        id = posted["service_request_id"][0]
        request = await self._own(id, key)
        plain = {
            "text": georeporting.said(posted), "reported_at": posted.get("updated_datetime", (None,))[0],
            "attachments": said.ids(),
        }  # fmt: skip
        named = posted.get("update_id", (said.digest(),))[0]
        known_by = (again or f"open311:{key.client}:{named}")[:200]
        receipt: str = request["receipt"]
        added = await self.supplements.by_channel(receipt, key.channel, self.read_update(plain), known_by, holder(key))
        return f"{id}.{named[:80]}", added

    async def _own(self, id: str, key: ChannelKey) -> Mapping[str, Any]:
        """Return a request that came by the app whose key it is: the party speaks through that one, and the others'
        users are not it. Raises Refusal 404, 403."""
        found = [one for one in await self.public.known([id]) if one["submission"]["channel"] == key.channel]
        if not found:
            raise Refusal(404, "no-such-request", f"service_request_id {id[:80]} was not found.")
        if found[0]["submission"].get("client") != key.client:
            raise Refusal(403, "request-of-another-key", "api_key: the one that the request was reported with.")
        return found[0]

    async def picture(self, offered: Open311, id: str, file: str) -> str:
        """Return where a picture is, that was told of with a request that everybody may know of. Raises Refusal 404."""
        found = [one["public"] for one in await self.public.known([id]) if one.get("public", {}).get("shown")]
        told = [one for known in found for one in public.pictures(known, offered.keys("open", "closed"))]
        if self.pictures is None or file not in told:
            raise no_file()
        return self.pictures.link(file, self.clock.now())

    async def by_token(self, token: str, pack: Pack) -> str | None:
        """Return the id of the request with this receipt number, or with this id itself."""
        if number := receipts.read(token, pack.receipt_prefix):
            state = await self.records.by_receipt(number)
            return state["_id"] if state else None
        return next((one["_id"] for one in await self.public.known([token])), None)


def _faults_of_update(said: Said) -> Iterator[Fault]:
    yield from georeporting.unknown(said.posted, georeporting.UPDATE)
    if not said.posted.get("service_request_id"):
        yield Fault("service_request_id", "missing", "the id of the request that it is about")
    if not (said.posted.get("description") or said.files):
        yield Fault("description", "missing", "what is to be added, or a file")
    yield from georeporting.media(said.posted, taken=True)


def offered(pack: Pack) -> Open311:
    """Return what the city offers. Raises Refusal 404 where that is nothing."""
    if pack.open311 is None:
        raise Refusal(404, "no-open311", "This city offers nothing over Open311.")
    return pack.open311


def jurisdiction(offered: Open311, given: str | None) -> str:
    """Return the jurisdiction that is meant: with one only it need not be named. Raises Refusal 400, 404."""
    known = offered.jurisdictions
    if given is None and len(known) == 1:
        return next(iter(known))
    if given is None:
        raise Refusal(400, "jurisdiction-missing", f"jurisdiction_id was not provided: one of {', '.join(known)}.")
    if given not in known:
        raise Refusal(404, "no-such-jurisdiction", f"jurisdiction_id was not found: one of {', '.join(known)}.")
    return given


def service(pack: Pack, offered: Open311, code: str, now: datetime) -> str:
    """Return the code of a service that is offered now. Raises Refusal 404, which names what goes on in its place."""
    day = pack.day(now)
    if code not in georeport.on_offer(pack, offered, day):
        heir = Today(pack.categories, day).heir(code)
        instead = f"{heir} goes on in its place" if heir else "services.xml lists them"
        raise Refusal(404, "no-such-service", f"service_code {code[:80]} was not found: {instead}.")
    return code
