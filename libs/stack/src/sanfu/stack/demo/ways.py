"""By which way a report comes in: most by the API, some by the public form, some by Open311, each as people do it."""

from collections.abc import Mapping
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.stack.demo.chance import share
from sanfu.stack.demo.reports import Report

BY_FORM = 0.5
"""So many of the reports on the web come by the form itself."""
Body = Mapping[str, Any]


def by_form(report: Report, body: Body) -> dict[str, str] | None:
    """Return the public form as somebody fills it in; None if this report comes by another way."""
    if body["channel"] != "web" or share(report.id, "form") >= BY_FORM:
        return None
    party, place = body["party"], body["place"]
    reach = {"named": "no"} if party is None else {"named": "yes", **party}
    fields = {"audience": body["audience"], "title": body["title"], "text": body["text"], "seen": "1", **reach}
    where = {name: value for name in ("town", "address", "lon", "lat") if (value := place[name]) is not None}
    return {name: _written(value) for name, value in {**fields, **where, **_answers(body, "answers.{}")}.items()}


def by_open311(report: Report, body: Body, pack: Pack) -> dict[str, str] | None:
    """Return a request as somebody's app posts it; None if this report comes by another way, or is of no service."""
    offered, place, service = pack.open311, body["place"], report.told["category"]
    if offered is None or body["channel"] != offered.channel or service not in offered.services:
        return None
    if not pack.categories[service].valid_on(pack.day(report.reported_at)):
        return None
    where = {"lat": place["lat"], "long": place["lon"]} if place["lat"] and place["lon"] else {}
    where |= {"address_string": place["address"]} if place["address"] else {}
    if not where:
        return None
    party = body["party"] or {}
    who = {field: party[name] for field, name in WHO.items() if name in party}
    said = {"service_code": service, "description": f"{body['title']}\n{body['text']}"}
    return {
        name: _written(value) for name, value in {**said, **where, **who, **_answers(body, "attribute[{}]")}.items()
    }


WHO = {"first_name": "name", "phone": "phone", "email": "email"}
"""Field of a request → of a party."""


def _answers(body: Body, called: str) -> dict[str, Any]:
    return {called.format(code): value for code, value in body["answers"].items()}


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
