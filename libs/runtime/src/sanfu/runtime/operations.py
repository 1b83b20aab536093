"""What operators do to a service: look at parked subjects, and have their records folded again."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import SecretStr

from sanfu.contracts.names import dead_letter_topic
from sanfu.contracts.wire import BadEnvelope
from sanfu.runtime.broker import BrokerDown, Incoming
from sanfu.runtime.consuming import Rebuilding
from sanfu.runtime.http import ops_guard, own_router
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.lines import Line
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.parking import put_away
from sanfu.runtime.rules import Refusal, borne
from sanfu.runtime.store import Document

if TYPE_CHECKING:
    from sanfu.runtime.service import Service


def operations(service: "Service", token: SecretStr | None) -> APIRouter:
    """Routes under /ops, for the bearer of the ops token."""
    router = own_router("/ops", tags=["ops"], dependencies=[Depends(ops_guard(token))])

    @router.get("/dlq")
    async def dead_letters() -> dict[str, Any]:
        """Every record that this service gave up and did not fold since, without its body, oldest first."""
        return {"items": [_shown(record) for record in await _waiting(service, None)]}

    @router.get("/dlq/{subject}")
    async def of_subject(subject: str) -> dict[str, Any]:
        """One subject's dead letters with their bodies, and whether it is still parked."""
        records = await _waiting(service, subject)
        found = await _found(service, subject)
        bodies = [{**_shown(r), "body": (r.value or b"").decode("utf-8", "replace")[:4096]} for r in records]
        parked = next((document["parked"] for _, document in found if "parked" in document), None)
        return {"subject": subject, "parked": parked, "items": bodies}

    @router.post("/dlq/{subject}/replay")
    async def replay(subject: str, skip: Annotated[list[str] | None, Query()] = None) -> dict[str, Any]:
        """Fold a parked subject's records again, in their old order, and lift the mark with the last one. Records
        with an id in `skip` are counted as read and not folded: for what no version will ever understand."""
        found = await _found(service, subject)
        if not found:
            raise Refusal(404, "no-such-subject", f"{service.name} has no document of {subject}")
        replayed, records = 0, await _read(service, subject)
        for line, document in found:
            if "parked" in document:
                letters = _letters(service, line, records)
                await _fold_again(service, line, subject, letters, skip or ())
                replayed += len(letters)
        return {"subject": subject, "replayed": replayed, "parked": False}

    return router


async def _fold_again(
    service: "Service", line: Line, subject: str, letters: Sequence[Letter], skip: Collection[str]
) -> None:
    """Before the mark is lifted, what the records bear upon has heard of them: nobody would fold them once more."""
    broken = Refusal(409, "still-broken", "a record still can't be folded, or is missing; nothing was changed")
    if not await line.machine.unparks(subject, letters, skip):
        raise broken
    bears = borne(line.machine.rules)
    told = [one for one in letters if one.concerns is None and one.heads.type in bears and one.heads.id not in skip]
    try:
        await service.concerns.fold(line.machine, told, Replay.LIVE)
    except Rebuilding as error:
        raise Unavailable(f"what it bears upon is being rebuilt: {error}") from error
    if not await line.machine.unpark(subject, letters, skip):
        raise broken


async def _found(service: "Service", subject: str) -> list[tuple[Line, Document]]:
    """A subject's documents: one, unless it stands under the same id in several stories."""
    found = [(line, (await line.documents.read([subject])).get(subject)) for line in service.lines]
    return [(line, document) for line, document in found if document is not None]


async def _read(service: "Service", subject: str | None) -> list[Incoming]:
    try:
        return await service.parts.broker.read(dead_letter_topic(service.name), subject)
    except BrokerDown as error:
        raise Unavailable(f"the broker does not answer: {error}") from error


async def _waiting(service: "Service", subject: str | None) -> list[Incoming]:
    """Leave out what has its place in a story that is not parked any more: it was folded again, or skipped by name."""
    records = await _read(service, subject)
    places = [_place(service, record) for record in records]
    parked: set[tuple[str, str]] = set()
    for line in service.lines:
        asked = sorted({subject for topic, subject in filter(None, places) if topic == line.topic})
        found = await line.documents.read(asked)
        parked |= {(line.topic, id) for id, document in found.items() if "parked" in document}
    return [
        record for record, place in zip(records, places, strict=True) if place is None or place in parked
    ]  # fmt: skip


def _place(service: "Service", record: Incoming) -> tuple[str, str] | None:
    """The story and the subject beside whose records one was put away; None if nobody can tell, so that it is nobody's
    to replay."""
    try:
        topic, letter = put_away(record)
    except BadEnvelope:
        return None
    return topic or service.machine.topic, letter.place


def _letters(service: "Service", line: Line, records: list[Incoming]) -> list[Letter]:
    """Readable records of one story, each once, in the order in which they were put away."""
    found: dict[tuple[str, str | None], Letter] = {}
    for record in records:
        try:
            topic, letter = put_away(record)
        except BadEnvelope:
            continue
        if (topic or service.machine.topic) == line.topic:
            found.setdefault((letter.heads.id, letter.concerns), letter)
    return list(found.values())


def _shown(record: Incoming) -> dict[str, Any]:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    return {
        "subject": record.key,
        "type": headers.get("ce_type"),
        "id": headers.get("ce_id"),
        "reason": headers.get("sanfu_reason"),
        "offset": record.offset,
        "bytes": len(record.value or b""),
    }
