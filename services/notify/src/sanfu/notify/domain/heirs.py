"""Units that are no more, and who goes on with their part of an issue or affair. Pure.

`heirs` in the facts: former unit → the one that has its part now. What waits for the former's people (over a night, for
a provider that is down) is told the heir's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sanfu.notify.domain.delivery import Delivery, released
from sanfu.notify.domain.rules import NAMED, STAFF

Facts = Mapping[str, Any]
UNITS = ("unit", "to_unit")
"""Facts of a message that name a unit."""


def passed_on(one: Delivery, facts: Facts) -> Delivery | None:
    """Return a message to a unit's people as one to those of the unit that has its part now, to be decided about anew;
    None: the unit has it still. Copies to further people stay theirs: the heir's people get their own."""
    heirs: Mapping[str, str] = facts.get("heirs", {})
    copied = bool(one.users) and one.recipient is None
    heir = heirs.get(one.unit or "")
    if one.audience not in STAFF or one.audience in NAMED or copied or heir is None:
        return None
    said = {name: heirs[one.facts[name]] for name in UNITS if one.facts.get(name) in heirs}
    recipient = None if one.recipient is None else f"{one.audience}:{heir}"
    return replace(released(one), unit=heir, recipient=recipient, users=(), facts={**one.facts, **said})
