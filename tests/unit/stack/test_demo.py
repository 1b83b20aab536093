"""The demo's script and sums, without anything running."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.stack.demo import screen, ways
from sanfu.stack.demo.figures import Found, reckoned
from sanfu.stack.demo.hours import HALF_DAY, Hours
from sanfu.stack.demo.people import somebody
from sanfu.stack.demo.reports import FoundOn, body, chosen
from sanfu.stack.demo.rounds import HOLDERS, rounds
from sanfu.stack.demo.script import SHARES, Fate, Script, fate
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.demo.told import Story
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from tests.unit.stack.cases import case, led

UTC_8 = timedelta(hours=8)


@pytest.fixture(scope="module")
def pack() -> Pack:
    found = load(shipped_city(checkout()), datetime(2026, 1, 1, tzinfo=UTC).date()).pack
    assert found is not None
    return found


@pytest.fixture(scope="module")
def script(pack: Pack) -> Script:
    return Script(pack, Staffing(pack), Hours(pack, national_calendar()))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - UTC_8


@pytest.mark.parametrize(
    ("after", "looks"),
    [
        ("2026-01-05T09:00", "2026-01-05T09:30"),  # Monday: every hour from 8:30
        ("2026-01-05T08:30", "2026-01-05T08:30"),
        ("2026-01-05T11:40", "2026-01-05T13:30"),  # over noon
        ("2026-01-05T17:00", "2026-01-06T08:30"),
        ("2026-01-09T17:00", "2026-01-12T08:30"),  # over a week-end
        ("2026-01-01T09:00", "2026-01-04T08:30"),  # New Year; Sunday is a make-up working day
    ],
)
def test_officers_look_at_the_hours_of_the_citys_service(script: Script, after: str, looks: str) -> None:
    assert script.hours.looks("finance", local(after)) == local(looks)


def test_what_can_wait_is_done_by_half_days(script: Script) -> None:
    assert script.hours.looks("finance", local("2026-01-05T09:00"), step=HALF_DAY) == local("2026-01-05T13:30")


def test_an_emergency_is_looked_at_at_night(script: Script) -> None:
    found = script.hours.looks("emergency", local("2026-01-05T03:01"), urgency="emergency")
    assert found == local("2026-01-05T03:15")


def test_every_fate_befalls_about_its_share_of_the_reports(pack: Pack) -> None:
    reports = chosen(pack, 650)
    counts = Counter(map(fate, reports))
    assert set(counts) == set(Fate)
    assert all(abs(counts[name] / len(reports) - part) < 0.04 for name, part in SHARES.items())


def test_reports_come_by_date_and_in_their_channels_shape(pack: Pack) -> None:
    reports = chosen(pack, 50)
    assert [one.reported_at for one in reports] == sorted(one.reported_at for one in reports)
    assert all(one.reported_at < one.sent_at <= one.reported_at + timedelta(minutes=1) for one in reports)
    bodies = [body(one, pack) for one in reports]
    assert all((one["filer"] is None) == (pack.channels[one["channel"]].filer_kind == "none") for one in bodies)


def test_each_channel_of_the_city_tells_something(pack: Pack) -> None:
    bodies = [body(one, pack) for one in chosen(pack, 60)]
    assert {one["channel"] for one in bodies} == set(pack.channels)
    assert next(one for one in bodies if one["channel"] == "superior")["limit_asked"] > "2026-01-08"


def test_what_is_reported_on_a_channel_of_lists_is_found_at_an_entry_of_its_holder(pack: Pack, script: Script) -> None:
    reports = chosen(pack, 60)
    made = rounds(reports, pack, script.staffing)
    assert {one.kind for one in made} == set(HOLDERS), "there is a list of each kind"
    assert {one.id for each in made for one in each.reports} == {
        one.id for one in reports if one.told["channel"] in HOLDERS
    }
    visits = next(one for one in made if one.kind == "visit")
    assert len(visits.opening(pack)["entries"]) == len(visits.reports) + 2
    assert [mark["result"] for mark in visits.marks()] == ["refused"], "one is refused, one never visited"
    told = body(visits.reports[0], pack, FoundOn("list-1", 1, visits.holder))
    assert (told["found_on"], told["filer"]["id"]) == ({"affair": "list-1", "entry": 1}, visits.holder)


def test_some_reports_come_by_the_form_and_some_by_open311(pack: Pack) -> None:
    reports = chosen(pack, 60)
    forms = [found for one in reports if (found := ways.by_form(one, body(one, pack)))]
    posted = [found for one in reports if (found := ways.by_open311(one, body(one, pack), pack))]
    on_web = sum(one.told["channel"] == "web" for one in reports)
    assert 0 < len(forms) < on_web, "some are sent by the API still"
    assert posted
    assert all(type(value) is str for found in (*forms, *posted) for value in found.values())


def test_made_up_people_are_told_apart_and_their_id_numbers_check() -> None:
    people = [somebody(f"R{number:04d}") for number in range(700)]
    assert len({one.phone for one in people if one.phone}) == sum(one.phone is not None for one in people)
    assert all(one.phone or one.email for one in people)
    weights = [2 ** (17 - place) % 11 for place in range(18)]
    for one in people:
        digits = [10 if c == "X" else int(c) for c in one.id_number]
        assert sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 == 1


# ── a case of the script ─────────────────────────────────────────────────────────────────────────────────────────────


def of_fate(pack: Pack, wanted: Fate) -> Any:
    return next(report for report in chosen(pack, 650) if fate(report) is wanted)


def orders(script: Script, report: Any, case: dict[str, Any]) -> list[str]:
    step = script.next_step(report, case)
    return [name for name, _ in step.orders] if step else []


def test_a_reviewer_dispatches_to_the_unit_and_grade_of_the_report(script: Script, pack: Pack) -> None:
    report = chosen(pack, 1)[0]
    step = script.next_step(report, case())
    assert step is not None
    assert [name for name, _ in step.orders] == ["dispatch"]
    assert (step.orders[0][1]["unit"], step.orders[0][1]["grade"]) == (report.unit, report.grade)
    assert "reviewer" in pack.staff[step.user].roles


@pytest.mark.parametrize(
    ("wanted", "earliest", "latest"),
    [
        (Fate.ON_TIME, "2026-01-05T01:00", "2026-01-07T09:30"),
        (Fate.LAST_MINUTE, "2026-01-07T09:30", "2026-01-08T09:29"),
        (Fate.LATE, "2026-01-08T09:31", "2026-01-13T09:30"),
    ],
)
def test_a_fate_says_when_it_is_handled(script: Script, pack: Pack, wanted: Fate, earliest: str, latest: str) -> None:
    step = script.next_step(of_fate(pack, wanted), led("contacted"))
    assert step is not None
    assert [name for name, _ in step.orders] == ["handle"]
    assert datetime.fromisoformat(earliest + "+00:00") <= step.at <= datetime.fromisoformat(latest + "+00:00")


def test_who_asks_the_party_took_no_part(script: Script, pack: Pack) -> None:
    handled = {"at": "2026-01-05T02:00:00.000Z", "outcome": "solved"}
    step = script.next_step(chosen(pack, 1)[0], led("handled", handle=handled))
    assert step is not None
    assert pack.staff[step.user].unit != "finance"


def test_what_came_in_before_the_holidays_is_returned_when_the_officers_are_back(script: Script, pack: Pack) -> None:
    report, eve = of_fate(pack, Fate.RETURNED), "2026-02-14T09:00:00.000Z"  # the last afternoon before the festival
    festive = led("assigned", assigned_at=eve, dispatched_at=eve)
    step = script.next_step(report, {**festive, "channel": "web", "audience": "resident", "changed_at": eve})
    assert step is not None
    assert [name for name, _ in step.orders] == ["return"]
    assert step.at.isoformat() == "2026-02-24T00:30:00+00:00"


def test_some_issues_lie(script: Script, pack: Pack) -> None:
    assert script.next_step(of_fate(pack, Fate.OPEN), led("contacted")) is None


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def clock(stopped: str | None = None, light: str = "none") -> dict[str, Any]:
    marks = {"yellow": "2026-01-07T09:30:00.000Z", "limit": "2026-01-08T09:30:00.000Z"}
    return {"clock": "handling", "round": 1, "light": light, "stopped": stopped, **marks}


def lit(issue: str, level: str, clock: str = "handling") -> dict[str, Any]:
    id = f"sla:{issue}:{clock}-{level}"
    return {"id": id, "type": "sanfu.issue.light-changed.v1", "clock": clock, "level": level, "round": 1}


def submitted(*issues: str) -> list[Event]:
    at, type = datetime(2026, 1, 5, tzinfo=UTC), names.ISSUE_SUBMITTED
    return [Event(f"intake:{one}:1", type, "intake", one, 1, at, {"channel": "web"}) for one in issues]


def letter(id: str, about: str = "a") -> dict[str, Any]:
    return {"id": id, "about": about}


def found(**more: Any) -> Found:
    """Three issues: one in time, one handled after red, one that lies there, red."""
    in_time, late = "2026-01-06T01:00:00.000Z", "2026-01-09T01:00:00.000Z"
    both = {issue: [lit(issue, "yellow"), lit(issue, "red"), lit(issue, "red", "unit_handling")] for issue in "bc"}
    lying = {**led("assigned"), "id": "c", "history": both["c"], "clocks": {"handling": {"level": "red"}}}
    sent = [
        {
            "subject": one,
            "unit": "finance",
            "recipient": "unit",
            "medium": "email",
            "digest": None,
            "state": "sent",
            "why": None,
            "event": event,
        }
        for one, event in (("a", "router:a:1"), *(("bc"[n], f"sla:{'bc'[n]}:unit_handling-red") for n in (0, 1)))
    ]
    sent = [{**sent[0], "id": "d9", "recipient": "officer", "medium": "inbox"}, *sent]
    told: dict[str, Any] = {
        "receipts": {one: {"state": state} for one, state in (("1", "closed"), ("2", "closed"), ("3", "assigned"))},
        "cases": [
            {**led("closed", handle={"received_at": in_time}), "id": "a", "in_time": True},
            {**led("closed", handle={"received_at": late}), "id": "b", "in_time": False, "history": both["b"]},
            lying,
        ],
        "open_count": 1, "running": [{"issue": "c", **clock(light="red")}], "deliveries": sent,
        "clocks": {"a": [clock(in_time)], "b": [clock(late)], "c": [clock(light="red")]},
        "sms": 0, "emails": 3, "letters": [letter("d9")], "dead_letters": 0,
        "orders": [], "meetings": [], "story": Story(submitted("a", "b", "c")), "towns": frozenset(),
    }  # fmt: skip
    return Found(**{**told, **more})


def test_figures_of_services_that_agree_add_up() -> None:
    shown = reckoned(found()).shown()
    del shown["loop"]
    assert shown == {
        "received": 3, "channels": {"web": 3}, "assigned": {"finance": 3},
        "closed_in_time": {"complex": 1}, "closed_late": {"complex": 1},
        "open": 1, "yellow": 2, "red": 2, "sms": 0, "emails": 3, "letters": 1, "deliveries": {"sent": 4},
        "dead_letters": 0,
        "adds_up": True,
    }  # fmt: skip


def test_the_table_shows_deliveries_by_state_in_both_languages(pack: Pack) -> None:
    [first, *others] = found().deliveries
    figures = reckoned(found(deliveries=[{**first, "state": "held"}, *others]))
    console = Console(width=200, record=True, file=StringIO())
    console.print(screen.table(figures, pack))
    [line] = [line for line in console.export_text().splitlines() if "deliveries" in line]
    assert [part.strip() for part in line.split("│")[1:4]] == ["告知 deliveries", "4", "已发 sent 3, 暂缓 held 1"]


def test_an_issue_that_stands_on_another_channel_than_it_came_by_does_not_add_up() -> None:
    [first, *others] = found().cases
    assert not reckoned(found(cases=[{**first, "channel": "hotline"}, *others])).adds_up


def overtaken(id: str) -> dict[str, Any]:
    return {**lit("b", "yellow", "unit_handling"), "id": id, "skipped": True}


def test_that_nobody_heard_of_a_sealed_issues_light_is_right() -> None:
    *others, light = found().deliveries
    untold = [*others, {**light, "event": "router:c:1"}]
    *open_ones, told = submitted("a", "b", "c")
    sealed = Story([*open_ones, told._replace(data={**told.data, "secrecy": "sealed"})])
    assert reckoned(found(deliveries=untold, story=sealed)).adds_up
    assert not reckoned(found(deliveries=untold)).adds_up
    hidden = {**found().deliveries[0], "id": "d10", "subject": "c"}
    assert reckoned(found(deliveries=[*untold, hidden], story=sealed)).adds_up, "nor is a letter of it shown any more"


def test_a_yellow_that_red_had_overtaken_is_told_to_nobody_and_counts_as_turned() -> None:
    skipped = [*found().cases[1]["history"][1:], {**found().cases[1]["history"][0], "skipped": True}]
    cases = [found().cases[0], {**found().cases[1], "history": [*skipped, overtaken("sla:b:9")]}, found().cases[2]]
    on_record = {**found().deliveries[0], "subject": "b", "event": "sla:b:9", "state": "skipped", "why": "overtaken"}
    figures = reckoned(found(cases=cases, deliveries=[*found().deliveries, on_record]))
    assert figures.adds_up
    assert figures.turned("yellow") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"receipts": {"1": {"state": "closed"}}},
        {"receipts": {one: {"state": "assigned"} for one in "123"}},
        {"open_count": 2},
        {"running": []},
        {"clocks": {"a": [clock("2026-01-07T10:00:00.000Z")], "b": [clock(light="red")], "c": [clock(light="red")]}},
        {"clocks": {"a": [clock("2026-01-06T01:00:00.000Z")], "b": [clock("2026-01-08T09:00:00.000Z")], "c": []}},
        {"cases": [{**one, "history": []} for one in found().cases]},
        {"cases": [{**one, "rounds": []} for one in found().cases]},
        {"deliveries": [*found().deliveries[:-1], {**found().deliveries[-1], "event": "router:c:1"}]},
        {"deliveries": []},
        {"cases": [*found().cases[:2], {**found().cases[2], "history": [lit("c", "red", "unit_handling")]}]},
        {"sms": 1},
        {"emails": 2},
        {"letters": []},
        {"letters": [letter("d9"), letter("d10")]},
        {"dead_letters": 1},
    ],
)
def test_figures_of_services_that_differ_do_not_add_up(wrong: dict[str, Any]) -> None:
    assert not reckoned(found(**wrong)).adds_up
