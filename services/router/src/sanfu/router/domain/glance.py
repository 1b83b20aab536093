"""What rules may look at, picked out of a report."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.model import Pack
from sanfu.contracts.envelope import moment
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.whereabouts import found

SECRET = ("confidential", "sealed")


class Glance:
    """Looks at reports with the eyes of one pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack, self._zone = pack, ZoneInfo(pack.zone)
        people = [person for person in pack.staff.values() if person.active]
        self._liaisons = {code: person.unit for person in people for code in person.liaison_of}

    def facts(self, said: Mapping[str, Any], urgency: str, secrecy: str, category: str | None) -> Facts:
        """Pick what rules may look at; of a confidential issue that is no text and no answer."""
        wished, secret = self._pack.units.get(said.get("unit") or ""), secrecy in SECRET
        place = said.get("place") or {}
        text = "" if secret else f"{said.get('title', '')}\n{said.get('text') or ''}"
        where = found(self._pack.atlas, place, *(() if secret else (place.get("address"), text)))
        at = said.get("submitted_at")
        return Facts(
            said["channel"], said["audience"], said["kind"], urgency, secrecy, category,
            wished.code if wished else None, wished.kind if wished else None,
            wished is not None and where.town is not None and where.town in (wished.code, wished.parent),
            where.town, text, where, {} if secret else said.get("answers") or {},
            self._liaisons.get(said.get("party_code") or ""), moment(at).astimezone(self._zone) if at else None,
        )  # fmt: skip
