"""A small city that no file describes: three bureaus, a town with two sections, one company, a handful of rules."""

from dataclasses import replace
from datetime import date

from sanfu.city.model.clocks import Frame, Service
from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Policy
from sanfu.city.model.rules import RoutingRule, When
from sanfu.city.model.what import Category
from sanfu.city.model.who import Bounds, Unit
from sanfu.city.wordlists import WordList


def unit(code: str, kind: str = "department", parent: str | None = None, **more: object) -> Unit:
    made = Unit(code, code, code, kind, parent, None, None, None, None, None)
    return replace(made, **more)  # type: ignore[arg-type]


def category(code: str, default_unit: str, *keywords: str, kind: str = "issue", grade: str = "simple") -> Category:
    return Category(
        code=code, name_zh=code, name_en=code, audience="resident", audiences=("resident",), default_unit=default_unit,
        default_grade=grade, kind=kind, urgency_default="normal", secrecy_default="open", assist_units=(),
        keywords=keywords, sure_words=WordList(),
    )  # fmt: skip


def rule(id: str, when: When, unit: str | None, mode: str = "auto", **more: object) -> RoutingRule:
    made = RoutingRule(id, when, unit, (), None, None, "auto" if mode == "auto" else "review", f"because of {id}")
    return replace(made, **more)  # type: ignore[arg-type]


UNITS = (
    unit("office", "office"), unit("emergency"), unit("water"), unit("roads"), unit("old", valid_to=date(2026, 6, 1)),
    unit("gone", valid_to=date(2026, 6, 1), succeeded_by="water"), unit("discipline", "party"),
    unit("hill", "town"), unit("hill-works", "section", "hill"), unit("hill-order", "section", "hill"),
    unit("lake", "town"), unit("court", "external"),
)  # fmt: skip

RULES = (
    rule("alarm", When(urgencies=("emergency",)), "emergency", assist=("@town",)),
    rule("to-discipline", When(secrecies=("sealed",)), "discipline", "review"),
    rule("letters", When(channels=("petition",)), "office", "review"),
    rule("named", When(channels=("superior",), unit_kinds=("department",)), "@wished"),
    rule("whistle", When(channels=("whistle",), unit_kinds=("section",), unit_of_town=True), "@wished"),
    rule("leak", When(words=WordList((("水管", "漏"), ("pipe", "leaks")))), "water", category="pipes"),
    rule("lamp-here", When(categories=("lamps",)), "@town", grade="complex", assist=("roads",)),
    rule("leak-again", When(words=WordList((("水管", "坏"), ("水管", "漏")), unless=("不漏",))), "roads"),
    rule("wish", When(categories=("pipes",)), "water", "review"),
)

SERVICE = Service(tuple((Frame(540, 1020),) for _ in range(7)), (), 1020)


def pack(*rules: RoutingRule) -> Pack:
    """Make the city, with these rules or its own."""
    categories = (category("pipes", "water", "水管", "漏"), category("lamps", "@town", "路灯", grade="complex"))
    return Pack(
        version="pack-1", code="nowhere", name={"zh": "某市", "en": "Nowhere"}, zone="Asia/Shanghai", locales=("en",),
        bounds=Bounds(0, 0, 1, 1), receipt_prefix="N", fallback_unit="office", emergency_unit="emergency",
        office_unit="office", audience_groups={}, units={each.code: each for each in UNITS}, staff={}, towns={},
        channels={}, categories={each.code: each for each in categories}, rules=rules or RULES,
        policy=Policy(("simple", "complex", "difficult"), "simple", SERVICE, {}, {}), templates=(), notices={},
        urgency_words={}, secrecy_words={}, themes=(), indicators=(), reports=None,
    )  # fmt: skip
