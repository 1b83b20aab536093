"""What rules may look at, picked out of a report."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.model.pack import Pack
from sanfu.city.succession import in_its_place
from sanfu.contracts.envelope import moment
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.whereabouts import found

SECRET = ("confidential", "sealed")


class Glance:
    """Looks at reports with the eyes of one pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack, self._zone = pack, ZoneInfo(pack.zone)
        self._bound: dict[str, list[str]] = defaultdict(list)
        """Party → the posts of liaisons who look after it, one after the other."""
        for person in pack.staff.values():
            for code in person.liaison_of if person.active else ():
                self._bound[code].append(person.id)

    def facts(
        self, said: Mapping[str, Any], urgency: str, secrecy: str, category: str | None, day: date | None = None
    ) -> Facts:
        """Pick what rules may look at; of a confidential issue that is no text and no answer. `day`: by whose liaisons;
        None: those of the day it came in."""
        wished, secret = self._pack.units.get(said.get("unit") or ""), secrecy in SECRET
        place = said.get("place") or {}
        text = "" if secret else f"{said.get('title', '')}\n{said.get('text') or ''}"
        where = found(self._pack.atlas, place, *(() if secret else (place.get("address"), text)))
        at = moment(said["submitted_at"]) if said.get("submitted_at") else None
        by = day or (self._pack.day(at) if at else None)
        return Facts(
            said["channel"], said["audience"], said["kind"], urgency, secrecy, category,
            wished.code if wished else None, wished.kind if wished else None,
            wished is not None and where.town is not None and where.town in (wished.code, wished.parent),
            where.town, text, where, {} if secret else said.get("answers") or {},
            self._liaison(said.get("party_code") or "", by), at.astimezone(self._zone) if at else None,
        )  # fmt: skip

    def _liaison(self, party: str, day: date | None) -> str | None:
        """Return the unit of whoever looks after a party: of a post that is no more, its successor."""
        staff = self._pack.staff
        for post in self._bound.get(party, ()):
            heir = in_its_place(staff, post, day) if day else post
            if heir is not None and staff[heir].active:
                return staff[heir].unit
        return None
