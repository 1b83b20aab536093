"""Reports, updates and questions that come over Open311: one way in, the same as every report's."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from sanfu.city.model import Pack
from sanfu.city.open311 import Open311
from sanfu.contracts import receipts
from sanfu.contracts.envelope import moment
from sanfu.intake.domain import georeport, georeporting, ids
from sanfu.intake.domain.admission import Fault, Today
from sanfu.intake.domain.georeporting import Posted
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.channels import Channels, holder
from sanfu.intake.handlers.submissions import Received, Report, Sender, Submissions, of_account
from sanfu.intake.handlers.supplements import Supplements
from sanfu.intake.ports import ChannelKey, PublicIssues, Records
from sanfu.runtime.clock import Clock
from sanfu.runtime.rules import Refusal

SAME_WITHIN: Final = timedelta(hours=24)
"""Who sends the same in every field, within so long, sends it again; later it happened again."""
LONGEST_SPAN: Final = timedelta(days=90)
"""Of requests that one question shows: the standard's own cap."""
LONGEST_UPDATES: Final = timedelta(days=31)
"""Of updates: who polls asks for hours, and there are several of each request."""


@dataclass(frozen=True, slots=True)
class Georeports:
    """`read` makes a report of what a form holds, `read_update` a supplement, as our own API does, or they raise
    Refusal."""

    submissions: Submissions
    supplements: Supplements
    channels: Channels
    public: PublicIssues
    records: Records
    clock: Clock
    read: Callable[[Mapping[str, Any]], Report]
    read_update: Callable[[Mapping[str, Any]], Mapping[str, Any]]

    def keyed(self, pack: Pack, offered: Open311, key: str | None) -> ChannelKey:
        """Return the API key, which must be one of the channel that Open311 is. Raises Refusal 401, 403."""
        known = self.channels.known_key(pack, key)
        if known.channel != offered.channel:
            raise Refusal(403, "api-key-of-another-channel", f"api_key: a key of the channel {offered.channel}.")
        return known

    async def submit(
        self, pack: Pack, offered: Open311, posted: Posted, key: ChannelKey, *, again: str | None, locale: str
    ) -> Received:
        """Take a request in, once. `again`: an Idempotency-Key, if the client has one. Raises Refusal, Unavailable."""
        town = offered.jurisdictions[jurisdiction(offered, posted.get("jurisdiction_id", (None,))[0])]
        if not posted.get("service_code"):
            raise refused([Fault("service_code", "missing", "a code of the service list")])
        service(pack, offered, posted["service_code"][0], self.clock.now())
        if wrong := list(georeporting.faults(posted, pack, offered)):
            raise refused(wrong)
        sender = Sender(key.channel, keyed=True, party_code=key.party_code)
        report = of_account(self.read(georeporting.report(posted, pack, offered, town=town, locale=locale)), sender)
        known_by = again or await self._known_by(posted, key)
        return await self.submissions.submit(report, sender, known_by, pack.receipt_prefix)

    async def _known_by(self, posted: Posted, key: ChannelKey) -> str:
        """Return the key that a request without one has: what it says, and the day on which it was said first."""
        said, now = _digest(posted, key), self.clock.now()
        before = f"{said}-{(now - timedelta(days=1)).date()}"
        for issue in await self.public.known([ids.keyed(key.channel, "key", before)]):
            if now - moment(issue["received_at"]) < SAME_WITHIN:
                return before
        return f"{said}-{now.date()}"

    async def add(
        self, offered: Open311, posted: Posted, key: ChannelKey, *, again: str | None
    ) -> tuple[str, Received]:
        """Add what an update says to a request that came by this channel; return the update's id, the same however
        often it is sent. What the client takes to be the request's status changes nothing: that follows from what is
        done. Raises Refusal, Unavailable."""
        jurisdiction(offered, posted.get("jurisdiction_id", (None,))[0])
        id = posted.get("service_request_id", ("",))[0]
        wrong = list(georeporting.unknown(posted, georeporting.UPDATE))
        wrong += [Fault(name, "missing", _EXPECTED[name]) for name in _EXPECTED if not posted.get(name)]
        wrong += list(georeporting.media(posted, taken=True))
        if wrong:
            raise refused(wrong)
        found = [one for one in await self.public.known([id]) if one["submission"]["channel"] == offered.channel]
        if not found:
            raise Refusal(404, "no-such-request", f"service_request_id {id[:80]} was not found.")
        said = self.read_update(
            {"text": georeporting.said(posted), "reported_at": posted.get("updated_datetime", (None,))[0]}
        )
        named = posted.get("update_id", (_digest(posted, key),))[0]
        known_by = again or f"open311:{key.id}:{named}"
        receipt: str = found[0]["receipt"]
        added = await self.supplements.by_channel(receipt, key.channel, said, known_by[:200], holder(key))
        return f"{id}.{named[:80]}", added

    async def by_token(self, token: str, pack: Pack) -> str | None:
        """Return the id of the request with this receipt number, or with this id itself."""
        if number := receipts.read(token, pack.receipt_prefix):
            state = await self.records.by_receipt(number)
            return state["_id"] if state else None
        return next((one["_id"] for one in await self.public.known([token])), None)


_EXPECTED: Final = {
    "service_request_id": "the id of the request that it is about",
    "description": "what is to be added",
}


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


def _digest(posted: Posted, key: ChannelKey) -> str:
    """Return what a form says, in short, and who said it. It can't be read back."""
    said: Iterable[tuple[str, list[str]]] = sorted((name, list(values)) for name, values in posted.items())
    return f"open311-{hashlib.sha256(orjson.dumps([key.id, list(said)])).hexdigest()[:40]}"
