"""Posts of the staff list begin and end: who may come in, and who holds what they held, at every instant."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from sanfu.city.model.pack import Pack
from sanfu.desk.directory import changed, records
from sanfu.desk.domain.accounts import Account, account, everybody, posts, substitutions, viewer
from sanfu.desk.domain.deeds.succession import passed_on
from sanfu.desk.domain.explaining import held
from tests.support.packs import shipped

DAY, LATER = date(2026, 6, 1), date(2026, 7, 1)
DUTY, CLERK, CALLER = "fotang-duty", "fotang-officer", "office-caller-1"


def ending(**terms: tuple[date | None, date | None, str | None]) -> Pack:
    """The shipped city, in which posts begin and end: valid_from, valid_to, succeeded_by."""
    staff = dict(shipped().staff)
    for name, (since, until, heir) in terms.items():
        id = name.replace("_", "-")
        staff[id] = replace(staff[id], valid_from=since, valid_to=until, succeeded_by=heir)
    return replace(shipped(), staff=staff)


def one(pack: Pack, id: str) -> Account:
    found = account(id, None, pack)
    assert found is not None
    return found


def roles(pack: Pack, id: str, now: datetime) -> set[str]:
    """The roles that somebody acts in at an instant."""
    of = one(pack, id)
    away = {term["for"]: one(pack, term["for"]) for term in substitutions(of, now)}
    return {grant.role for grant in viewer(of, away, pack, now).grants if grant.in_force(now)}


PACK = ending(fotang_duty=(None, DAY, CLERK))
MIDNIGHT = PACK.begins(DAY)
BEFORE = MIDNIGHT - timedelta(milliseconds=1)


def test_a_day_begins_at_midnight_in_the_city() -> None:
    assert MIDNIGHT.isoformat() == "2026-05-31T16:00:00+00:00"
    assert (PACK.day(BEFORE), PACK.day(MIDNIGHT)) == (date(2026, 5, 31), DAY)


def test_a_post_works_from_its_first_day_until_just_before_its_end() -> None:
    assert [one(PACK, DUTY).works(now) for now in (BEFORE, MIDNIGHT)] == [True, False]
    later = ending(fotang_duty=(DAY, None, None))
    assert [one(later, DUTY).works(now) for now in (BEFORE, MIDNIGHT)] == [False, True]
    left = account(DUTY, {"_id": DUTY, "until": "2026-05-20T00:00:00.000Z"}, PACK)
    assert left is not None
    assert not left.works(BEFORE), "who was said to leave before has left"


def test_its_successor_holds_what_it_held_from_that_instant_on_beside_their_own() -> None:
    assert "duty_officer" not in roles(PACK, CLERK, BEFORE)
    assert roles(PACK, CLERK, MIDNIGHT) >= {"duty_officer", "officer"}
    people = {each.id: each for each in everybody({}, PACK)}
    assert [posts(people[CLERK], people, now) for now in (BEFORE, MIDNIGHT)] == [
        ("officer",), ("officer", "duty_officer"),
    ]  # fmt: skip


def test_what_was_given_to_a_post_here_goes_on_with_it() -> None:
    grant = {
        "id": "g", "role": "leader", "unit": None, "town": "fotang", "audiences": None, "channels": None,
        "ceiling": "internal", "since": None, "until": None, "raised_by": None,
    }  # fmt: skip
    former = account(DUTY, {"_id": DUTY, "grants": [grant]}, PACK)
    assert former is not None
    found = viewer(one(PACK, CLERK), {DUTY: former}, PACK, MIDNIGHT).grants
    assert ("leader", "fotang") in {(each.role, each.town) for each in found}


def test_the_successors_successor_goes_on_with_both() -> None:
    pack = ending(fotang_duty=(None, DAY, CLERK), fotang_officer=(None, LATER, "fotang-head"))
    now = pack.begins(LATER)
    assert not roles(pack, CLERK, MIDNIGHT).isdisjoint({"duty_officer"})
    head = one(pack, "fotang-head")
    assert {term["for"]: term["since"] for term in substitutions(head, now)} == {
        DUTY: "2026-06-30T16:00:00.000Z", CLERK: "2026-06-30T16:00:00.000Z",
    }  # fmt: skip
    assert substitutions(head, now - timedelta(seconds=1)) == []
    assert roles(pack, "fotang-head", now) >= {"duty_officer", "officer", "unit_head"}


def test_an_explanation_says_that_it_comes_from_a_post() -> None:
    found = [*held(one(PACK, CLERK), {DUTY: one(PACK, DUTY)}, PACK, MIDNIGHT)]
    assert {(source, id) for source, id, grant in found if grant.role == "duty_officer"} == {("post", DUTY)}


def test_the_directory_tells_on_the_day_who_left_and_who_is_to_be_told_instead() -> None:
    first = changed(records(PACK, {}, BEFORE), [], BEFORE)
    told = {each["_id"]: each["record"] for each in changed(records(PACK, {}, MIDNIGHT), first, MIDNIGHT)}
    assert set(told) == {f"user:{DUTY}", f"user:{CLERK}"}
    assert (told[f"user:{DUTY}"]["active"], told[f"user:{DUTY}"]["succeeded_by"]) == (False, CLERK)
    assert told[f"user:{CLERK}"]["roles"] == ["officer", "duty_officer"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({}, False),
        ({"open": False, "errand": {"agent": DUTY}, "sponsor": None}, False),
        ({"open": True, "errand": None, "sponsor": None}, False),
        ({"open": True, "errand": {"agent": CLERK}, "sponsor": CALLER}, False),
        ({"open": True, "errand": {"agent": DUTY}, "sponsor": None}, True),
        ({"open": True, "errand": None, "sponsor": DUTY}, True),
    ],
)
def test_it_is_said_of_open_cases_in_which_something_is_addressed_to_the_post(case: dict[str, Any], said: bool) -> None:
    assert bool(passed_on(case, {"from_user": DUTY, "user": CLERK})) == said
