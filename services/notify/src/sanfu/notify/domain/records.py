"""A delivery as a document, the same in every store. What is empty is left out, so that indexes can be partial."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sanfu.notify.domain.delivery import TRACES, Delivery

NAMES = tuple(field.name for field in fields(Delivery) if field.name != "id")


def written(delivery: Delivery) -> dict[str, Any]:
    names = [name for name in NAMES if not (delivery.erased and name in TRACES)]
    document = {name: value for name in names if (value := getattr(delivery, name)) is not None}
    return {"_id": delivery.id, **document, "users": list(delivery.users), "facts": dict(delivery.facts)}


def read(document: Mapping[str, Any]) -> Delivery:
    known = {name: document.get(name) for name in NAMES}
    of = document.get("of", "issues")  # those of versions before affairs were told
    return Delivery(**{**known, "id": document["_id"], "users": tuple(document["users"]), "of": of})
