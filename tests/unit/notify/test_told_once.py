"""A party is told once how its report was settled, with the number by which it can ask, and of a pause that was."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.model.pack import Pack
from sanfu.city.model.templates import Template
from sanfu.city.vocabulary import EVENTS, wire_type
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain import wording
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.outdated import outdated, said_since
from tests.support.packs import shipped
from tests.support.telling import BY, Story
from tests.unit.notify.test_outdated import EARLIER, LATER
from tests.unit.notify.test_rules import fold, told

README = Path(__file__).parents[3] / "services" / "notify" / "README.md"
HEADING = "## What a party hears"
SOON = "2026-05-19T09:30:00.000Z"
REVIEWER = {"id": "u", "role": "reviewer"}
SETTLED: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "answered": (names.ISSUE_ANSWERED, "objection_until", {"by": REVIEWER, "reply": "请到窗口办理。"}),
    "refused": (
        names.ISSUE_REFUSED, "appeal_until",
        {"by": REVIEWER, "reply": "已进入诉讼。", "reason": "litigation", "second": None, "pack": "p"},
    ),
}  # fmt: skip


def settled(story: Story, how: str, until: str | None = SOON) -> Event:
    type, field, body = SETTLED[how]
    return story.tell("desk", type, {**body, field: until}, LATER)


@pytest.mark.parametrize("how", SETTLED)
def test_of_the_closing_of_what_was_answered_or_refused_only_the_filer_hears(how: str) -> None:
    story = Story("i1")
    events = [story.submitted(filer={"kind": "operator", "id": "o"}), settled(story, how)]
    assert told(fold(*events)[1]) == {("party", None, "sms"), ("party", None, "email")}
    assert {who for who, _, _ in told(fold(*events, story.closed(kind=how))[1])} == {"filer"}


@pytest.mark.parametrize("kind", ["resolved", "withdrawn", "merged", "incomplete"])
def test_of_any_other_end_the_party_hears_by_its_closing(kind: str) -> None:
    story = Story("i1")
    assert told(fold(story.submitted(), story.closed(kind=kind))[1]) == {
        ("party", None, "sms"),
        ("party", None, "email"),
    }


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("how", SETTLED)
def test_the_last_word_holds_the_number_and_no_link_and_the_law_owes_a_refusal(how: str, locale: str) -> None:
    story = Story("i1")
    state, sent = fold(story.submitted(), settled(story, how, None))
    assert told(sent) == {("party", None, "sms"), ("party", None, "email")}
    for one in sent:
        template = wording.template_of(shipped(), one, locale)
        assert template is not None
        assert not wording.needs_link(template)
        assert template.statutory is (how == "refused")
        assert "SF7K2-9MQ4X" in wording.compose(shipped(), template, one, state["facts"]).body


# ── a receipt that still waits ───────────────────────────────────────────────────────────────────────────────────────


def receipt(story: Story, medium: str = "sms", **more: Any) -> tuple[Event, Delivery]:
    submitted = story.submitted(EARLIER, **more)
    [found] = [one for one in fold(submitted)[1] if (one.medium, one.audience) == (medium, "party")]
    return submitted, found


def without(template: str) -> Pack:
    return replace(shipped(), templates=tuple(one for one in shipped().templates if one.id != template))


@pytest.mark.parametrize("how", SETTLED)
def test_a_receipt_says_nothing_more_once_its_party_hears_by_the_same_medium_what_came_of_it(how: str) -> None:
    story = Story("i1")
    submitted, one = receipt(story)
    facts = fold(submitted, settled(story, how), story.closed(LATER, kind=how))[0]["facts"]
    assert said_since(shipped(), one, facts)
    assert said_since(shipped(), receipt(Story("i1"), "email")[1], facts)
    assert not said_since(without(f"{how}-party-sms"), one, facts), "else nobody would say the number"
    assert not said_since(shipped(), one, fold(submitted)[0]["facts"])
    assert not said_since(shipped(), replace(one, critical=True), facts)
    assert not said_since(shipped(), replace(one, audience="filer"), facts)


def test_a_receipt_is_told_of_what_was_closed_in_any_other_way() -> None:
    story = Story("i1")
    submitted, one = receipt(story)
    assert not said_since(shipped(), one, fold(submitted, story.closed(LATER))[0]["facts"])


# ── it rests, and goes on ────────────────────────────────────────────────────────────────────────────────────────────


def rests(story: Story, at: Any = EARLIER) -> Event:
    return story.tell("desk", names.ISSUE_SUSPENDED, {"by": BY, "reason": "court", "until": SOON}, at)


def resumed(story: Story, **by: str) -> Event:
    return story.tell("desk", names.ISSUE_RESUMED, {"by": by or BY}, LATER)


def test_the_officer_hears_of_a_pause_that_ended_by_itself_and_knows_what_somebody_did() -> None:
    story = Story("i1")
    before = [story.submitted(EARLIER), story.assigned("tax", EARLIER), rests(story)]
    party, officer = ("party", None, "sms"), ("officer", "tax", "email")
    assert told(fold(*before, resumed(story))[1]) == {party, officer}
    assert told(fold(*before, resumed(Story("i1", {"desk": 1}), id="o", role="officer"))[1]) == {party}


def test_of_a_pause_that_is_over_nobody_hears_and_of_its_end_nobody_once_it_rests_anew() -> None:
    story = Story("i1")
    first = [story.submitted(EARLIER), story.assigned("tax", EARLIER), rests(story)]
    paused = fold(*first)[1]
    state, gone_on = fold(*first, resumed(story))
    assert {outdated(one, fold(*first)[0]["facts"]) for one in paused} == {None}
    assert {outdated(one, state["facts"]) for one in paused} == {"stopped"}
    assert {outdated(one, state["facts"]) for one in gone_on} == {None}
    again = [*first, resumed(Story("i1", {"desk": 1})), rests(Story("i1", {"desk": 2}), LATER)]
    state, paused_anew = fold(*again)
    assert {outdated(one, state["facts"]) for one in (*paused, *gone_on) if one.audience == "party"} == {"stopped"}
    assert {outdated(one, state["facts"]) for one in paused_anew} == {None}


def test_what_was_read_before_pauses_were_kept_is_told() -> None:
    story = Story("i1")
    paused = fold(story.submitted(), rests(story))[1]
    assert {outdated(one, {"unit": "tax"}) for one in paused} == {None}


# ── what is written about it ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_readme_says_of_each_event_who_hears_by_what_and_whether_that_can_be_refused() -> None:
    rows = [line.split("|")[1:-1] for line in README.read_text().split(HEADING)[1].split("\n## ")[0].splitlines()]
    written = [[cell.strip() for cell in row] for row in rows if len(row) == 5 and row[0].startswith(" `")]
    table = Counter((event.strip("`"), who.split()[0], by, may.split()[0]) for event, _, who, by, may in written)
    told: dict[tuple[str, str], list[Template]] = {}
    for one in shipped().templates:
        if one.audience in ("party", "filer") and one.locale == "zh" and one.urgency != "critical":
            told.setdefault((one.event, one.audience), []).append(one)
    events = {wire_type(name): name for name in EVENTS}
    assert table == Counter(
        (events[event], audience, ", ".join(by for by in ("sms", "email") if by in {one.medium for one in texts}),
         "no" if all(one.statutory for one in texts) else "yes")
        for (event, audience), texts in told.items()
    )  # fmt: skip


def test_what_the_law_wants_told_comes_by_phone_and_by_mail_for_some_have_left_one_alone() -> None:
    by: dict[tuple[str, str], set[str]] = {}
    for one in shipped().templates:
        if one.statutory and one.audience == "party":
            by.setdefault((one.event, repr(one.where)), set()).add(one.medium)
    assert by and {key: media for key, media in by.items() if media != {"sms", "email"}} == {}
