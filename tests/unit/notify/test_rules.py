"""What follows from an event, by the shipped pack: deliveries, their ids, and every text there is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sanfu.city.model.templates import Template
from sanfu.city.placeholders import PLACEHOLDERS, REVEALING, placeholders
from sanfu.contracts import names, registry
from sanfu.contracts.envelope import Event, moment
from sanfu.notify.domain import affairs, story, wording
from sanfu.notify.domain.affairs import AffairRules
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.records import read
from sanfu.notify.domain.rules import NotifyRules
from sanfu.runtime.rules import Actor, Command, Draft, Insert, Refusal
from tests.support.packs import shipped
from tests.support.telling import BY, START, Story

RULES = NotifyRules(shipped(), len)


def fold(*events: Event) -> tuple[dict[str, Any], list[Delivery]]:
    """The state after these events, and the deliveries that the last one brought."""
    state: Mapping[str, Any] = {}
    sent: list[Delivery] = []
    for event in events:
        before, state = state, RULES.evolve(state, event)
        inserts = [one for one in RULES.relay(before, state, event) if isinstance(one, Insert)]
        assert all(one.collection == "deliveries" for one in inserts)
        sent = [read(one.document) for one in inserts]
    return dict(state), sent


def told(deliveries: list[Delivery]) -> set[tuple[str, str | None, str]]:
    return {(one.audience, one.unit, one.medium) for one in deliveries}


def untold(deliveries: list[Delivery]) -> set[tuple[str | None, str | None]]:
    """Why nobody is told, and of whose people that is said."""
    assert {one.state for one in deliveries} <= {"skipped"}
    return {(one.why, one.unit) for one in deliveries}


def test_what_it_folds_is_what_the_registry_says_it_reads_and_writes() -> None:
    others = (RULES.knows | AffairRules.knows) - registry.written_by("notify")
    assert others <= registry.read_by("notify")
    assert registry.written_by("notify") == story.OWN


def test_every_event_that_a_pack_may_have_a_template_for_can_be_told() -> None:
    assert PLACEHOLDERS.keys() == story.TELLING | affairs.TOLD


def test_a_delivery_has_the_same_id_whenever_it_is_decided_and_no_other_has_it() -> None:
    one, other = Story("i1").submitted(), Story("i2").submitted()
    ids = [d.id for d in fold(one)[1]]
    assert ids == [d.id for d in fold(one)[1]]
    filed = fold(Story("i1").submitted(filer={"kind": "officer", "id": "a"}))[1]
    every = [*ids, *(d.id for d in fold(other)[1]), *(d.id for d in fold(one, Story("i1").light("red"))[1])]
    assert len(set(every)) == len(every) == 2 + 2 + 6
    assert {d.id for d in filed} >= set(ids)


def test_a_delivery_lies_where_its_subject_does_and_carries_its_templates_policy() -> None:
    (sms, email) = fold(Story("i-123").submitted())[1]
    assert (sms.p, sms.policy, sms.contact, sms.state) == (5, "at_most_once", 1, "queued")
    assert sms.useful_until - sms.at == timedelta(hours=24)
    assert email.due == START


def test_all_that_is_told_of_an_emergency_is_critical_whatever_its_text_says() -> None:
    critical = {}
    for urgency in ("normal", "urgent", "emergency"):
        story = Story("i1")
        critical[urgency] = {one.critical for one in fold(story.submitted(urgency=urgency), story.light("yellow"))[1]}
    assert critical == {"normal": {False}, "urgent": {False}, "emergency": {True}}


def test_an_assignment_that_is_outranked_tells_nobody() -> None:
    story = Story("i1")
    first = [story.submitted(), story.assigned("police", assignment=2)]
    assert told(fold(*first)[1]) == {("unit", "police", "email"), ("officer", "police", "inbox")}
    assert fold(*first, story.assigned("tax", assignment=1))[1] == []
    dispatched = {**first[1].data, "by": BY, "unit": "tax", "assignment": 2, "decided_by": "reviewer"}
    by_desk = story.tell("desk", names.ISSUE_DISPATCHED, dispatched)
    assert told(fold(*first, by_desk)[1]) == {("unit", "tax", "email"), ("officer", "tax", "inbox")}
    assert fold(*first, by_desk, story.assigned("police", assignment=2))[1] == []


def test_an_urgent_issue_is_told_its_unit_by_sms_too() -> None:
    story = Story("i1")
    assert told(fold(story.submitted(), story.assigned(urgency="urgent"))[1]) == {
        ("unit", "tax", "email"), ("unit", "tax", "sms"), ("officer", "tax", "inbox"),
    }  # fmt: skip


def test_yellow_is_told_the_officer_red_the_head_as_well_and_other_clocks_nobody() -> None:
    yellow, red = fold(Story("i1").light("yellow"))[1], fold(Story("i1").light("red"))[1]
    media = ("sms", "email", "inbox")
    assert told(yellow) == {("officer", "tax", by) for by in media}
    assert told(red) == told(yellow) | {("unit_head", "tax", by) for by in media}
    assert fold(Story("i1").light("red", clock="handling"))[1] == []
    assert fold(Story("i1").light("none", reason="stopped_in_time"))[1] == []


def test_closing_is_told_party_and_filer_and_without_a_party_only_the_filer() -> None:
    story = Story("i1")
    filer = {"kind": "officer", "id": "visitor"}
    both = fold(story.submitted(filer=filer), story.closed())[1]
    assert told(both) == {(who, None, by) for who in ("party", "filer") for by in ("sms", "email")}
    assert {d.facts.get("user") for d in both if d.audience == "filer"} == {"visitor"}
    story = Story("i2")
    alone = fold(story.submitted(filer=filer, party_kind="none", contact="none"), story.closed())[1]
    assert {(d.audience, d.state) for d in alone} == {("filer", "queued")}


def test_of_one_event_nobody_is_told_twice_by_one_medium_and_the_second_is_on_record() -> None:
    pack = shipped()
    more = tuple(replace(one, id="twice") for one in pack.templates if one.id == "red-officer-sms")
    state: Mapping[str, Any] = {}
    rules, light = NotifyRules(replace(pack, templates=(*pack.templates, *more)), len), Story("i1").light("red")
    after = rules.evolve(state, light)
    told = [read(one.document) for one in rules.relay(state, after, light) if isinstance(one, Insert)]
    officers = {(one.template, one.state, one.why) for one in told if (one.audience, one.medium) == ("officer", "sms")}
    assert officers == {("red-officer-sms", "queued", None), ("twice", "skipped", "told_already")}


def test_what_a_unit_would_hear_that_does_not_lead_yet_is_on_record() -> None:
    body = {"by": {"role": "party", "id": "party"}, "reason": "r"}
    sealed = {"secrecy": "sealed", "title": "[withheld]", "text": None}
    cases: list[tuple[dict[str, Any], str]] = [({}, "no_lead"), (sealed, "sealed")]
    for more, why in cases:
        story = Story("i1")
        told = fold(story.submitted(**more), story.tell("desk", names.ISSUE_WITHDRAWN, body))[1]
        assert {(one.audience, one.state, one.why, one.unit) for one in told} == {("officer", "skipped", why, None)}
    story = Story("i2")
    told = fold(story.submitted(), story.assigned(), story.tell("desk", names.ISSUE_WITHDRAWN, body))[1]
    assert {(one.audience, one.state, one.why, one.unit) for one in told} == {("officer", "queued", None, "tax")}


def test_a_later_contact_is_the_one_to_wait_for() -> None:
    story = Story("i1")
    more = {"number": 1, "contact": 4, "reported_at": "2026-05-06T02:00:00.000Z"}
    later = story.tell("intake", names.ISSUE_SUPPLEMENTED, more)
    assert {d.contact for d in fold(story.submitted(contact="none"), later, story.closed())[1]} == {4}


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def report(**more: Any) -> Command:
    data = {
        "delivery": "d1", "event": "intake:i1:1", "recipient": "party", "unit": None, "medium": "sms",
        "template": "receipt-party-sms", "state": "sent", **more,
    }  # fmt: skip
    return Command("ReportDelivery", data, Actor("system", "system"), "d1")


@pytest.mark.parametrize(
    ("state", "type"),
    [
        ("sent", names.PARTY_INFORMED),
        ("failed", names.DELIVERY_FAILED),
        ("skipped", names.DELIVERY_FAILED),
        ("unknown", names.DELIVERY_FAILED),
    ],
)
def test_a_report_becomes_one_event_and_the_same_report_none(state: str, type: str) -> None:
    reason = {} if state == "sent" else {"reason": "x"}
    (draft,) = RULES.decide({}, report(state=state, **reason), START)
    assert isinstance(draft, Draft)
    assert draft.type == type
    registry.codec.encode(draft.type, draft.data)
    after = RULES.evolve({}, Event("notify:i1:1", type, "notify", "i1", 1, START, draft.data))
    assert RULES.decide(after, report(state=state, **reason), START) == ()


def test_notify_takes_no_other_command() -> None:
    with pytest.raises(Refusal):
        RULES.decide({}, replace(report(), name="SendMoney"), START)


# ── after a rebuild ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_rebuild_what_was_reported_or_is_too_old_is_left_alone() -> None:
    story = Story("i1")
    state, lights = fold(story.submitted(), story.light("red"))
    missing = {one.document["_id"]: read(one.document) for one in outstanding(state, START)}
    assert {(d.audience, d.state) for d in missing.values()} == {
        ("party", "unknown"), ("officer", "queued"), ("unit_head", "queued"),
    }  # fmt: skip
    assert {d.id for d in lights} < missing.keys()
    reported = {**state, "told": {lights[0].id: "sent"}}
    assert {one.document["_id"] for one in outstanding(reported, START)} == missing.keys() - {lights[0].id}
    a_day_later = {read(one.document).audience for one in outstanding(state, START + timedelta(hours=25))}
    assert a_day_later == {"officer", "unit_head"}
    assert outstanding(state, START + timedelta(days=4)) == []


def test_what_was_overtaken_is_on_record_as_long_as_it_would_be_of_use() -> None:
    climbed = {
        "clock": "handling", "version": 1, "round": 1, "unit": "tax", "limit": "2026-05-09T09:30:00.000Z", "step": 1,
        "to_unit": "tax", "to_role": "unit_head", "level": "yellow", "skipped": True,
    }  # fmt: skip
    story = Story("i1")
    for event in (story.light("yellow", skipped=True), story.tell("sla", names.ESCALATION_RAISED, climbed)):
        state, sent = fold(story.submitted(contact="none"), event)
        assert untold(sent) == {("overtaken", "tax")}
        assert {one.id for one in sent} <= {one.document["_id"] for one in outstanding(state, START)}
        assert outstanding(state, START + timedelta(days=4)) == [], "no thousand records of long ago"


def outstanding(state: Mapping[str, Any], now: Any) -> list[Insert]:
    return [one for one in RULES.outstanding(state, now) if isinstance(one, Insert)]


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

FACTS = {
    "receipt": "SF7K2-9MQ4X", "category": "road-lamp", "town": "choucheng", "unit": "tax", "grade": "complex",
    "secrecy": "open", "reply": "已修好。",
    "limits": {"unit_handling": {"at": "2026-05-09T09:30:00.000Z", "unit": "tax"}},
}  # fmt: skip
EVENT = {
    "unit": "tax", "clock": "unit_handling", "limit": "2026-05-09T09:30:00.000Z", "late_by": 94_000,
    "kind": "resolved", "outcome": "solved", "to_role": "unit_head", "link_until": "2026-05-20T02:00:00.000Z",
    "meeting": "weekly_joint", "begins": "2026-05-18T02:00:00.000Z", "chair": "mayor", "list": "visit", "holder": "o",
}  # fmt: skip


def carrying(template: Template, **facts: Any) -> Delivery:
    telling = {"id": "intake:i1:1", "type": template.event, "at": "2026-05-06T02:00:00.000Z", "facts": EVENT | facts}
    found = RULES._delivery("i1", telling, template, "tax")
    return replace(found, at=moment("2026-05-06T02:00:00.000Z"))


@pytest.mark.parametrize("template", shipped().templates, ids=lambda t: f"{t.id}-{t.locale}-{t.event}")
def test_every_template_of_the_pack_can_be_filled_and_the_neutral_one_reveals_nothing(template: Template) -> None:
    one = carrying(template)
    plain = wording.compose(shipped(), template, one, FACTS)
    assert "{" not in plain.body
    assert (plain.subject is not None) == (template.medium == "email")
    secret = wording.compose(shipped(), template, one, {**FACTS, "secrecy": "confidential"})
    category, tax = shipped().categories["road-lamp"], shipped().units["tax"]
    revealing = [shipped().units["choucheng"].name(template.locale), tax.name(template.locale)]
    revealing += [category.name(template.locale), str(FACTS["reply"])]
    assert not any(word in secret.body + (secret.subject or "") for word in revealing)
    assert not placeholders(template.neutral) & REVEALING


def filled(locale: str, text: str, **facts: Any) -> str:
    base = next(t for t in shipped().templates if t.locale == locale and t.event == names.LIGHT_CHANGED)
    template = replace(base, body=text)
    return wording.compose(shipped(), template, carrying(template, **facts), FACTS).body


def test_instants_are_local_times_and_spans_are_read_by_people() -> None:
    assert filled("zh", "{due}|{received}|{late_by}") == "5月9日 17:30|5月6日 10:00|1天2小时"
    assert filled("en", "{due}|{received}|{late_by}") == "9 May 17:30|6 May 10:00|1 d 2 h"
    assert filled("zh", "{late_by}", late_by=59) == "0分钟"
    assert filled("en", "{late_by}", late_by=3660) == "1 h 1 min"


def test_codes_become_words_and_an_unknown_code_is_shown_as_it_stands() -> None:
    assert filled("zh", "{grade}|{outcome}|{step}|{clock}") == "复杂|已解决|单位负责人|单位办理"
    assert filled("zh", "{begins}|{meeting}|{list}") == "5月18日 10:00|每周联席会商|走访清单"
    assert filled("en", "{begins}|{meeting}|{list}") == "18 May 10:00|weekly joint consultation|list of visits"
    assert filled("en", "{grade}|{outcome}|{step}|{clock}") == "complex|solved|unit head|unit handling"
    assert filled("zh", "{unit}|{clock}|{category}", unit="gone", clock="new", category="odd") == "gone|new|odd"


def test_every_kind_of_closing_and_outcome_has_chinese_words() -> None:
    schema = registry.BY_TYPE[names.ISSUE_CLOSED].model.model_json_schema()["properties"]["kind"]["enum"]
    schema += registry.BY_TYPE[names.ISSUE_HANDLED].model.model_json_schema()["properties"]["outcome"]["enum"]
    assert [code for code in schema if filled("zh", "{outcome}", kind=code, outcome=code).isascii()] == []


def test_the_language_is_the_recipients_else_the_citys() -> None:
    one = carrying(next(t for t in shipped().templates if t.id == "closing-party-sms"))

    def locale(asked: str) -> str:
        found = wording.template_of(shipped(), one, asked)
        assert found is not None
        return found.locale

    assert [locale(asked) for asked in ("en", "en-GB", "zh", "ar")] == ["en", "en", "zh", "zh"]
    assert wording.template_of(shipped(), replace(one, template="gone"), "zh") is None


def test_messages_name_the_category_that_goes_on_in_the_place_of_one_that_is_no_more() -> None:
    story = Story("i1")
    said = {"by": BY, "from_category": "road-lamp", "category": "public-toilet"}
    events = [story.submitted(category="road-lamp"), story.tell("desk", names.CATEGORY_SUCCEEDED, said)]
    state, sent = fold(*events)
    assert (state["facts"]["category"], sent) == ("public-toilet", [])
    assert (
        fold(*events, story.assigned(category="gas"), story.tell("desk", names.CATEGORY_SUCCEEDED, said))[0]["facts"][
            "category"
        ]
        == "gas"
    ), "it is of another"
