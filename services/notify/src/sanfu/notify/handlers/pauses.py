"""That an issue goes on is told to who was told that it rests, and to nobody else outside."""

from collections.abc import Iterator, Mapping, Sequence

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.notify.domain.delivery import HEARD, Delivery, delivery_id
from sanfu.notify.domain.rules import STAFF
from sanfu.notify.handlers.recipients import Address, Found, Nobody
from sanfu.notify.ports import Deliveries
from sanfu.runtime.store import Document


async def as_told(
    deliveries: Deliveries, pack: Pack, page: Sequence[Delivery], found: Mapping[str, Found],
    documents: Mapping[str, Document],
) -> dict[str, Found]:  # fmt: skip
    """Return where each goes: nowhere with the end of a pause that its recipient never heard of by this medium."""
    asked = {}
    for one in page:
        if one.type == names.ISSUE_RESUMED and one.audience not in STAFF and isinstance(found[one.id], Address):
            pause = documents.get(one.subject, {}).get("facts", {}).get("rested")
            if pause is not None:
                asked[one.id] = set(_of_pause(pack, one, pause))
    if not asked:
        return dict(found)
    kept = await deliveries.of(sorted(set[str]().union(*asked.values())))
    heard = {one.id for one in kept if one.state in HEARD}
    return {**found, **{id: Nobody("pause_untold") for id, ids in asked.items() if heard.isdisjoint(ids)}}


def _of_pause(pack: Pack, one: Delivery, pause: str) -> Iterator[str]:
    """Name the deliveries by which the same recipient was told of the pause by the same medium."""
    for template in pack.templates:
        if (template.event, template.audience, template.medium) == (names.ISSUE_SUSPENDED, one.audience, one.medium):
            yield delivery_id(pause, one.audience, one.medium, template.id)
