"""What operators do to a service: look at parked subjects, and have their records folded again."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import SecretStr

from sanfu.contracts.names import dead_letter_topic
from sanfu.contracts.wire import BadEnvelope
from sanfu.runtime.broker import BrokerDown, Incoming
from sanfu.runtime.http import ops_guard
from sanfu.runtime.letters import Letter, read_letter
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal

if TYPE_CHECKING:
    from sanfu.runtime.service import Service


def operations(service: "Service", token: SecretStr | None) -> APIRouter:
    """Routes under /ops, for the bearer of the ops token."""
    router = APIRouter(prefix="/ops", tags=["ops"], dependencies=[Depends(ops_guard(token))])

    @router.get("/dlq")
    async def dead_letters() -> dict[str, Any]:
        """Every record that this service gave up and did not fold since, without its body, oldest first."""
        return {"items": [_shown(record) for record in await _waiting(service, None)]}

    @router.get("/dlq/{subject}")
    async def of_subject(subject: str) -> dict[str, Any]:
        """One subject's dead letters with their bodies, and whether it is still parked."""
        records = await _waiting(service, subject)
        document = (await service.documents.read([subject])).get(subject, {})
        bodies = [{**_shown(r), "body": (r.value or b"").decode("utf-8", "replace")[:4096]} for r in records]
        return {"subject": subject, "parked": document.get("parked"), "items": bodies}

    @router.post("/dlq/{subject}/replay")
    async def replay(subject: str, skip: Annotated[list[str] | None, Query()] = None) -> dict[str, Any]:
        """Fold a parked subject's records again, in their old order, and lift the mark with the last one. Records
        with an id in `skip` are counted as read and not folded: for what no version will ever understand."""
        document = (await service.documents.read([subject])).get(subject)
        if document is None:
            raise Refusal(404, "no-such-subject", f"{service.name} has no document of {subject}")
        if "parked" not in document:
            return {"subject": subject, "replayed": 0, "parked": False}
        letters = _letters(await _read(service, subject))
        if not await service.machine.unpark(subject, letters, skip or ()):
            raise Refusal(409, "still-broken", "a record still can't be folded, or is missing; nothing was changed")
        return {"subject": subject, "replayed": len(letters), "parked": False}

    return router


async def _read(service: "Service", subject: str | None) -> list[Incoming]:
    try:
        return await service.parts.broker.read(dead_letter_topic(service.name), subject)
    except BrokerDown as error:
        raise Unavailable(f"the broker does not answer: {error}") from error


async def _waiting(service: "Service", subject: str | None) -> list[Incoming]:
    """Leave out what has its place in a story that is not parked any more: it was folded again, or skipped by name."""
    records = await _read(service, subject)
    places = [_place(record) for record in records]
    documents = await service.documents.read(sorted({place for place in places if place is not None}))
    return [
        record for record, place in zip(records, places, strict=True)
        if place is None or "parked" in documents.get(place, {})
    ]  # fmt: skip


def _place(record: Incoming) -> str | None:
    """The subject in whose story a record has a place; None if nobody can tell, so that it is nobody's to replay."""
    try:
        return read_letter(record).heads.subject
    except BadEnvelope:
        return None


def _letters(records: list[Incoming]) -> list[Letter]:
    """Readable records, each once, in the order in which they were put away."""
    found: dict[str, Letter] = {}
    for record in records:
        try:
            letter = read_letter(record)
        except BadEnvelope:
            continue
        found.setdefault(letter.heads.id, letter)
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
