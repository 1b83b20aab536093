"""What a message says: a template of the pack, filled with an issue's facts in the recipient's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.model.pack import Pack
from sanfu.city.model.templates import Template
from sanfu.city.placeholders import OUTSIDE_BODY
from sanfu.city.segments import fits
from sanfu.contracts.envelope import moment
from sanfu.notify.domain.approved import variables
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.story import SECRET

LIMITS = ("decide_by", "report_by", "limit", "until", "reply_by")
"""Fields in which an event says itself by when: a decision or report is due, a limit, the one that more time gives."""

_ZH: Mapping[str, str] = {
    "simple": "简单", "complex": "复杂", "difficult": "疑难",
    "solved": "已解决", "resolved": "已解决", "partly": "部分解决", "planned": "已列入计划", "explained": "已说明理由",
    "other_route": "已告知其他途径", "unverifiable": "无法核实", "withdrawn": "已撤回", "answered": "已答复",
    "refused": "不予受理", "merged": "已并案", "incomplete": "材料不全",
    "officer": "承办人", "unit_head": "单位负责人", "duty_officer": "值班人员", "supervisor": "督办人员",
    "coordination_office": "协调办公室", "leader": "领导", "hotline_operator": "话务员", "window_agent": "窗口人员",
    "reviewer": "审核员", "follow_up_caller": "回访员", "liaison": "联络员", "monitor": "监督员",
    "discipline_liaison": "纪检联络员", "auditor": "审计员", "system_administrator": "系统管理员",
    "weekly_joint": "每周联席会商", "coordination": "协调会", "onsite_city": "现场办公会", "onsite_town": "现场办公会",
    "reform_weekly": "改革周例会", "visit": "走访清单", "experience": "体验清单", "checkup": "体检清单",
    "no_category": "诉求", "no_due": "规定时限", "no_reply": "见查询页面",
    "no_body": "有权处理的机关",
}  # fmt: skip
_EN: Mapping[str, str] = {
    "solved": "solved", "other_route": "another way was named", "partly": "partly solved",
    "unverifiable": "could not be verified", "merged": "joined with another report",
    "unit_head": "unit head", "duty_officer": "officer on duty", "coordination_office": "coordination office",
    "hotline_operator": "hotline operator", "window_agent": "window agent", "follow_up_caller": "follow-up caller",
    "discipline_liaison": "discipline liaison", "system_administrator": "administrator",
    "weekly_joint": "weekly joint consultation", "coordination": "coordination meeting",
    "onsite_city": "on-site session", "onsite_town": "on-site session", "reform_weekly": "weekly meeting on reforms",
    "visit": "list of visits", "experience": "experience sheet", "checkup": "check-up",
    "no_category": "a report", "no_due": "in time", "no_reply": "see the page of your report",
    "no_body": "the body in charge",
}  # fmt: skip
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class Text:
    """A message's words."""

    subject: str | None
    body: str
    approved: Mapping[str, str] = field(default_factory=dict)
    """Provider → its code of this text, and what belongs into it: `variables`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    about: str | None = None
    """The one issue or affair that it is about; None: a list of several, which says no more of any than `neutral`."""
    neutral: str | None = None
    """The body in place of this one, should that issue be confidential by when it is read."""


def template_of(pack: Pack, delivery: Delivery, locale: str) -> Template | None:
    """Find the delivery's template in this language, else in the pack's first; None if the pack has it no more."""
    found = {t.locale: t for t in pack.templates if t.id == delivery.template and t.event == delivery.type}
    close = (found[one] for one in found if locale.split("-", maxsplit=1)[0] == one.split("-")[0])
    return found.get(locale) or next(close, None) or found.get(pack.locales[0])


def locale_of(pack: Pack, asked: str | None) -> str:
    """The language of the pack that is nearest to the one asked for; else its first."""
    near = (one for one in pack.locales if asked and one.split("-")[0] == asked.split("-", maxsplit=1)[0])
    return asked if asked in pack.locales else next(near, pack.locales[0])


LINK_ENDS = ("link_until", "answer_by", "appeal_until", "objection_until")
"""Facts that say until when the party has something to do on its page."""


def link_end(facts: Mapping[str, Any]) -> str | None:
    """Return until when a message's link is to be good; None where there is nothing for the party to do."""
    return next((str(facts[name]) for name in LINK_ENDS if facts.get(name)), None)


def needs_link(template: Template) -> bool:
    """Tell whether the message holds a link: a proof that its bearer is the party, for nobody else's eyes."""
    return any(name == "link" for _, name, _, _ in Formatter().parse(template.body))


def needs_deadline(template: Template, delivery: Delivery) -> bool:
    """Tell whether the message names a limit that the event itself did not bring."""
    names = {name for text in (template.subject or "", template.body) for _, name, _, _ in Formatter().parse(text)}
    return "due" in names and not any(name in delivery.facts for name in LIMITS)


def limit_of(delivery: Delivery, facts: Mapping[str, Any]) -> str | None:
    """The limit that the message names: the event's own, else that of the unit which is told."""
    if own := next((delivery.facts[name] for name in LIMITS if name in delivery.facts), None):
        return str(own)
    limit = facts.get("limits", {}).get("unit_handling")
    heirs, told = facts.get("heirs", {}), delivery.facts.get("unit")
    whose = limit["unit"] if limit else None
    return str(limit["at"]) if limit and heirs.get(whose, whose) == heirs.get(told, told) else None


def compose(pack: Pack, template: Template, delivery: Delivery, facts: Mapping[str, Any], link: str = "") -> Text:
    """Fill the template: with the event's facts, and, for what the event did not say, the issue's as they stand.

    A confidential issue, even one that became so after the event, gets the neutral body; so does an SMS that would take
    more segments than its template allows, as with a name that the pack's check did not know.
    """
    values = _Values(pack, template.locale, delivery, {**facts, "link": link})
    neutral = template.neutral.format_map(values)
    body = neutral if facts.get("secrecy") in SECRET else template.body.format_map(values)
    plain = body is not neutral and (template.medium != "sms" or fits(body, template.segments))
    subject = template.subject.format_map(values) if template.subject is not None else None
    codes = template.approved if plain else template.approved_neutral
    given = variables(template.body if plain else template.neutral, values) if codes else {}
    subject = None if subject is None else " ".join(subject.split())
    return Text(subject, body if plain else neutral, codes, given, delivery.subject, neutral)


def line(pack: Pack, template: Template, delivery: Delivery, facts: Mapping[str, Any]) -> str:
    """What a digest says of a message: no more than may be said of a confidential issue."""
    return " ".join(template.line.format_map(_Values(pack, template.locale, delivery, facts)).split())


_ADDRESS = re.compile(r"https?://[^\s<>&]+")


def html(text: Text) -> str:
    """Write a mail's text as HTML: the same words, escaped, with addresses to click on and nothing to load."""
    lines = "<br>\n".join(_linked(escape(line)) for line in text.body.rstrip().split("\n"))
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body><p>{lines}</p></body></html>\n'


def _linked(escaped: str) -> str:
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escaped)


def _cut(name: str) -> str:
    """Cut the name of a body outside the city to what messages are measured with."""
    return name if len(name) <= OUTSIDE_BODY else f"{name[: OUTSIDE_BODY - 1]}…"


class _Values(dict[str, str]):
    """Placeholders, made when they are asked for."""

    def __init__(self, pack: Pack, locale: str, delivery: Delivery, facts: Mapping[str, Any]) -> None:
        super().__init__()
        self._pack, self._locale, self._delivery = pack, locale, delivery
        self._issue, self._facts = facts, {**facts, **delivery.facts}
        self._chinese = locale.startswith("zh")

    def __missing__(self, name: str) -> str:
        facts = self._facts
        match name:
            case "city":
                return self._pack.name[self._locale]
            case "number":
                return str(facts.get("receipt", ""))
            case "category":
                category = self._pack.categories.get(facts.get("category", ""))
                return category.name(self._locale) if category else facts.get("category") or self._word("no_category")
            case "town":
                return self._unit(facts.get("town")) or self._pack.name[self._locale]
            case "unit":
                return self._unit(facts.get("unit"))
            case "grade":
                return self._word(facts.get("grade", ""))
            case "received":
                return self._time(self._delivery.at)
            case "due":
                limit = limit_of(self._delivery, self._issue)
                return self._time(moment(limit)) if limit else self._word("no_due")
            case "clock":
                clock = self._pack.policy.clocks.get(facts.get("clock", ""))
                return clock.name[self._locale] if clock else facts.get("clock", "")
            case "late_by":
                return self._span(int(facts.get("late_by", 0)))
            case "outcome":
                told = self._delivery.facts
                return self._word(told.get("outcome") or told.get("kind", ""))
            case "reply":
                return facts.get("reply") or self._word("no_reply")
            case "forwarded_to":
                return _cut(facts.get("forwarded_to") or self._word("no_body"))
            case "link":
                return str(facts["link"])
            case "until":
                return self._time(moment(link_end(self._delivery.facts) or ""))
            case "meeting" | "list":
                return self._word(str(facts.get(name, "")))
            case "begins":
                return self._time(moment(str(facts["begins"])))
            case "step":
                return self._word(facts.get("to_role", ""))
            case _:
                raise KeyError(name)

    def _unit(self, code: str | None) -> str:
        unit = self._pack.units.get(code or "")
        return unit.name(self._locale) if unit else code or ""

    def _word(self, code: str) -> str:
        return (_ZH if self._chinese else _EN).get(code, code)

    def _time(self, at: datetime) -> str:
        """Local time, as the pack's examples write it: 12月31日 23:59, 31 Dec 23:59."""
        local = at.astimezone(ZoneInfo(self._pack.zone))
        day = f"{local.month}月{local.day}日" if self._chinese else f"{local.day} {_MONTHS[local.month - 1]}"
        return f"{day} {local:%H:%M}"

    def _span(self, seconds: int) -> str:
        days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
        units = ("天", "小时", "分钟") if self._chinese else (" d", " h", " min")
        parts = [f"{n}{unit}" for n, unit in zip((days, hours, minutes), units, strict=True) if n]
        return ("" if self._chinese else " ").join(parts[:2] or [f"0{units[2]}"])
