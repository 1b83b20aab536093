"""Words to people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sanfu.city.when import Value

Audience = Literal[
    "party", "filer", "unit", "officer", "unit_head", "duty_officer", "supervisor", "leader", "holder", "chair"
]
"""Who is told. The last two are the one whom an affair names: who holds a list, who leads a meeting."""
Medium = Literal["sms", "email", "webhook", "dingtalk", "wecom", "inbox"]
Delivery = Literal["at_most_once", "at_least_once"]
Priority = Literal["critical", "normal", "digestible"]


@dataclass(frozen=True, slots=True)
class Template:
    """One message in one language. `id` + `locale` + `event` are unique.

    Sent for `event` (type on the wire) where the issue's facts, with the event's body laid over them, fit `where`.
    Placeholders are `{name}`, all from the event's allow-list (`sanfu.city.placeholders`). `neutral` is the body for a
    confidential issue: it names no category, place or unit. Older events than `useful_for` minutes are not told any
    more. `critical` passes quiet hours, digests, caps and opt-outs; `digestible` is told in a digest only. `line`
    stands for it there, and says no more than `neutral`. What is `statutory` passes caps and opt-outs.
    """

    id: str
    locale: str
    event: str
    where: Mapping[str, tuple[Value, ...]]
    audience: Audience
    medium: Medium
    subject: str | None
    body: str
    neutral: str
    delivery: Delivery
    useful_for: int
    urgency: Priority
    line: str = ""
    unit: str | None = None
    """Whose people are told, if not those of the unit that the event names."""
    statutory: bool = False
    day_before: int | None = None
    """Told at this minute of the last day of service before what the event announces begins; None: at once."""
    segments: int = 1
    """How many SMS it may take at most; other media have no such measure."""
    approved: Mapping[str, str] = field(default_factory=dict)
    """Provider → its own code of this text, for those that send nothing but what they approved; its variables are the
    placeholders behind the signature, in their order. `approved_neutral` is the same for the neutral body."""
    approved_neutral: Mapping[str, str] = field(default_factory=dict)

    def may_tell(self, said: Mapping[str, Value]) -> bool:
        """Tell whether this may be for an event that says this much; what else it asks for, some event says."""
        return all(value in self.where.get(name, (value,)) for name, value in said.items())
