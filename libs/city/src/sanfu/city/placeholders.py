"""What a message may say: the allow-list of placeholders per event, and how long it may get."""

from collections.abc import Iterable, Mapping
from string import Formatter

from sanfu.city.segments import length
from sanfu.city.vocabulary import wire_type

REVEALING = frozenset({"category", "town", "unit", "reply", "title", "forwarded_to"})
"""What a confidential issue's message must not name; `neutral` bodies and all subjects do without."""

LINK = "link"
"""Proves that its bearer is the party: in messages to parties only."""

UNBOUNDED = frozenset({"reply"})
"""What people wrote, in as many words as they liked: no SMS has room for it."""
PUBLIC_URL = 32
"""Characters of the address at which parties find their pages, unless the pack says how many those are."""
OUTSIDE_BODY = 30
"""Characters of the name of a body outside the city, whom no pack knows, after which a message cuts it."""

_NUMBER = "7K3T-09RW-51XY-8204"
_WIDE = {
    "received": "12月31日 23:59",
    "grade": "复杂",
    "due": "12月31日 17:30",
    "clock": "单位办理",
    "late_by": "999天23小时",
    "outcome": "已告知其他途径",
    "step": "协调办公室",
    "until": "12月31日 23:59",
    "meeting": "每周联席会商",
    "begins": "12月31日 23:59",
    "list": "走访清单",
    "forwarded_to": "省" * OUTSIDE_BODY,
}
_LATIN = {
    "received": "31 Dec 23:59",
    "grade": "difficult",
    "due": "31 Dec 17:30",
    "clock": "unit handling",
    "late_by": "999 d 23 h",
    "outcome": "joined with another report",
    "step": "coordination office",
    "until": "31 Dec 23:59",
    "meeting": "weekly joint consultation",
    "begins": "31 Dec 23:59",
    "list": "experience sheet",
    "forwarded_to": "省" * OUTSIDE_BODY,
}


def longest(
    locale: str, names: Mapping[str, Iterable[str]], *, prefix: str = "", public_url: int = PUBLIC_URL
) -> Mapping[str, str]:
    """Return an example of every placeholder at its longest, those `UNBOUNDED` apart. `names` are the city's own, by
    placeholder; `prefix` stands before its receipt numbers; `public_url` is how long its address may be."""
    fixed = _WIDE if locale.startswith("zh") else _LATIN
    number = prefix + _NUMBER
    link = f"{'https://':x<{public_url}}/my/{number}.f99-99.zzzzzz.AbCdEfGhIjKlMnOp"
    own = {placeholder: _longest(known) for placeholder, known in names.items()}
    return {**fixed, "number": number, "link": link, **own}


def _longest(known: Iterable[str]) -> str:
    """The longest of these names. Where any of them makes an SMS hold less (`segments`), it is one that does."""
    found = sorted(known, key=length)
    if not found or all(name.isascii() for name in found):
        return found[-1] if found else ""
    return found[-1] if not found[-1].isascii() else f"{found[-1][:-1]}…"


_ISSUE = ("city", "number", "category", "town")
_ALLOWED = {
    "IssueSubmitted": (*_ISSUE, "received"),
    "IssueAssigned": (*_ISSUE, "unit", "grade", "due"),
    "IssueDispatched": (*_ISSUE, "unit", "grade", "due"),
    "UrgencyChanged": (*_ISSUE, "unit"),
    "LightChanged": (*_ISSUE, "unit", "grade", "clock", "due", "late_by"),
    "EscalationRaised": (*_ISSUE, "unit", "clock", "due", "late_by", "step"),
    "IssueHandled": (*_ISSUE, "unit", "outcome", "reply"),
    "AssistAsked": (*_ISSUE, "unit", "due"),
    "HandoverOffered": (*_ISSUE, "unit"),
    "CompletionSubmitted": (*_ISSUE, "unit", "due"),
    "CompletionSentBack": (*_ISSUE, "unit", "due"),
    "IssueClosed": (*_ISSUE, "unit", "outcome", "reply"),
    "IssueAnswered": (*_ISSUE, "unit", "reply", "link", "until"),
    "IssueRefused": (*_ISSUE, "unit", "reply", "link", "until"),
    "IssueMerged": (*_ISSUE, "reply"),
    "HeadHandled": _ISSUE,
    "IssueSeparated": _ISSUE,
    "ExtensionDecided": (*_ISSUE, "unit", "due"),
    "PetitionAdmitted": _ISSUE,
    "PetitionReviewDecided": (*_ISSUE, "unit", "reply"),
    "SupplementAsked": (*_ISSUE, "unit", "link", "until"),
    "MediationOffered": (*_ISSUE, "reply"),
    "SupplementReminded": (*_ISSUE, "unit", "link", "until"),
    "FollowUpPlanned": (*_ISSUE, "unit", "link", "until"),
    "ContactCorrected": ("city", "number", "link", "until"),
    "CompletionVoided": (*_ISSUE, "unit", "due"),
    "ReminderAdded": (*_ISSUE, "unit", "due"),
    "ReopenRequested": (*_ISSUE, "unit"),
    "IssueReopened": (*_ISSUE, "unit", "due"),
    "ReopenDeclined": (*_ISSUE, "unit", "reply"),
    "IssueForwarded": (*_ISSUE, "forwarded_to", "reply"),
    "IssueSuspended": (*_ISSUE, "unit", "due"),
    "IssueResumed": (*_ISSUE, "unit"),
    "IssueRegistered": (*_ISSUE, "unit", "due"),
    "IssueWithdrawn": (*_ISSUE, "unit"),
    "ReturnAdjudicated": (*_ISSUE, "unit"),
    "ReviewRequested": _ISSUE,
    "ExtensionAsked": (*_ISSUE, "unit", "due"),
    "GradeChangeAsked": (*_ISSUE, "unit", "grade"),
    "WithdrawalAsked": (*_ISSUE, "unit"),
    "OrderRaised": ("city", "unit", "due"),
    "OrderReplyDeclined": ("city", "unit", "due"),
    "OrderLifted": ("city", "unit"),
    "TaskSet": ("city", "unit", "due"),
    **dict.fromkeys(("MeetingCalled", "AgendaChanged", "MeetingHeld"), ("city", "meeting", "begins")),
    **dict.fromkeys(("ListOpened", "EntriesAdded", "ListEnded", "PostSucceeded"), ("city", "list")),
}
PLACEHOLDERS: Mapping[str, frozenset[str]] = {wire_type(event): frozenset(names) for event, names in _ALLOWED.items()}
"""Event's type on the wire → the placeholders that whoever sends the message must be able to fill."""

_OUTSIDE = ("party", "filer")
_STAFF = ("unit", "officer", "unit_head", "duty_officer", "supervisor", "leader")
ANYBODY = (*_OUTSIDE, *_STAFF)
NAMED = ("holder", "chair")
"""The one whom an affair names."""
_ADDRESSED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("IssueSubmitted", "IssueForwarded"), _OUTSIDE),  # no unit leads yet, none of the city's any more
    **dict.fromkeys(
        ("SupplementAsked", "SupplementReminded", "MediationOffered", "FollowUpPlanned", "ContactCorrected"), ("party",)
    ),
    **dict.fromkeys(
        ("EscalationRaised", "AssistAsked", "HandoverOffered", "CompletionSubmitted",
         "CompletionSentBack", "ReminderAdded", "ReturnAdjudicated", "ReviewRequested", "ExtensionAsked",
         "GradeChangeAsked", "WithdrawalAsked", "ReopenRequested", "OrderRaised", "OrderReplyDeclined", "OrderLifted",
         "TaskSet"), _STAFF,
    ),
    "LightChanged": (*_STAFF, "holder"),
    **dict.fromkeys(("MeetingCalled", "AgendaChanged", "MeetingHeld"), (*_STAFF, "chair")),
    **dict.fromkeys(("ListOpened", "EntriesAdded", "ListEnded", "PostSucceeded"), ("holder",)),  # it may be incognito
}  # fmt: skip
ADDRESSED: Mapping[str, tuple[str, ...]] = {wire_type(event): told for event, told in _ADDRESSED.items()}
"""Event's type on the wire → who alone may be told of it: before there is a unit none, of what units owe no party. An
event that is not here may be told to `ANYBODY`."""
UNLED = frozenset(wire_type(event) for event in ("ReviewRequested", "IssueAnswered", "IssueRefused"))
"""Events of an issue that no unit leads yet: a text for staff says of which unit they are. Follows from the life of a
case, and a test holds it to that."""
FORESEEN = frozenset({wire_type("MeetingCalled")})
"""Events that announce something, of which a message may remind the day before."""


def placeholders(body: str) -> frozenset[str]:
    """Return the names in braces. Raises ValueError where a brace is not closed or the name is not a plain one."""
    names = set()
    try:
        parts = [*Formatter().parse(body)]
    except ValueError:
        raise ValueError("close every { with a }, and write {{ or }} where a brace is meant") from None
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(f"write plain placeholders such as {{number}}, not {{{name}…}}")
        names.add(name)
    return frozenset(names)
