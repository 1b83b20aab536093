"""What a message may say: the allow-list of placeholders per event, with an example of each at its longest."""

from collections.abc import Mapping
from string import Formatter

from sanfu.city.vocabulary import wire_type

REVEALING = frozenset({"category", "town", "unit", "reply", "title"})
"""What a confidential issue's message must not name; `neutral` bodies and all subjects do without."""

EXAMPLES: Mapping[str, str] = {
    "city": "义乌",
    "number": "SF7K2-9MQ4X",
    "received": "12月31日 23:59",
    "category": "企业开办与登记变更",
    "town": "廿三里街道",
    "unit": "市场监督管理局",
    "grade": "复杂",
    "due": "12月31日 17:30",
    "clock": "单位办理",
    "late_by": "3天2小时",
    "outcome": "已解决",
    "reply": "已于今日上午完成整改，欢迎监督。",
    "step": "单位负责人",
}

_ISSUE = ("city", "number", "category", "town")
_ALLOWED = {
    "IssueSubmitted": (*_ISSUE, "received"),
    "IssueAssigned": (*_ISSUE, "unit", "grade", "due"),
    "IssueDispatched": (*_ISSUE, "unit", "grade", "due"),
    "UrgencyChanged": (*_ISSUE, "unit"),
    "LightChanged": (*_ISSUE, "unit", "grade", "clock", "due", "late_by"),
    "EscalationRaised": (*_ISSUE, "unit", "clock", "due", "late_by", "step"),
    "IssueHandled": (*_ISSUE, "unit", "outcome", "reply"),
    "IssueClosed": (*_ISSUE, "unit", "outcome", "reply"),
    "IssueAnswered": (*_ISSUE, "unit", "reply"),
    "IssueRefused": (*_ISSUE, "unit", "reply"),
    "SupplementAsked": (*_ISSUE, "unit"),
}
PLACEHOLDERS: Mapping[str, frozenset[str]] = {wire_type(event): frozenset(names) for event, names in _ALLOWED.items()}
"""Event's type on the wire → the placeholders that whoever sends the message must be able to fill."""


def placeholders(body: str) -> frozenset[str]:
    """Return the names in braces. Raises ValueError where a brace is not closed or the name is not a plain one."""
    names = set()
    for _, name, form, conversion in Formatter().parse(body):
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(f"write plain placeholders such as {{number}}, not {{{name}…}}")
        names.add(name)
    return frozenset(names)
