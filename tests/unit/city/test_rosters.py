"""Who is on duty when, by a pack's rosters."""

from datetime import date, datetime
from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.rosters import on_duty
from tests.support.packs import A_DAY, copied

ROSTERS = """
emergency:
  - {when: {from: 2026-05-20, until: 2026-05-20}, on_duty: [emergency-duty]}
  - {when: {days: [workday], hours: ["08:30-17:30"]}, on_duty: [emergency-head]}
  - {when: {days: [fri], hours: ["20:00-08:00"]}, on_duty: [emergency-officer]}
  - {when: {days: [day_off], hours: ["12:00-24:00"]}, on_duty: [emergency-duty, emergency-head]}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = copied(tmp_path)
    (root / "rosters.yaml").write_text(ROSTERS, encoding="utf-8")
    staff = (root / "staff.csv").read_text(encoding="utf-8")
    for role in ("officer", "unit_head"):
        staff = staff.replace(f",emergency,{role},", f",emergency,{role}|duty_officer,")
    (root / "staff.csv").write_text(staff, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-05-20 03:00", ("emergency-duty",)),
        ("2026-05-19 10:00", ("emergency-head",)),
        ("2026-05-19 18:00", ()),
        ("2026-05-15 20:00", ("emergency-officer",)),
        ("2026-05-16 07:59", ("emergency-officer",)),
        ("2026-05-16 08:00", ()),
        ("2026-05-15 07:00", ()),
        ("2026-05-16 12:00", ("emergency-duty", "emergency-head")),
    ],
)
def test_the_first_shift_that_fits_counts_and_a_night_belongs_to_the_day_it_begins_on(
    root: Path, at: str, expected: tuple[str, ...]
) -> None:
    pack = load(root, A_DAY).pack
    assert pack is not None

    def has_service(day: date) -> bool:
        return day.weekday() < 5

    assert on_duty(pack.rosters["emergency"], datetime.fromisoformat(at), has_service) == expected


def test_a_gap_is_remarked_on_and_says_who_is_called(root: Path) -> None:
    (gap,) = [one for one in load(root, A_DAY).problems if one.file == "rosters.yaml"]
    assert (gap.fatal, gap.key) == (False, "emergency")
    assert "nobody is on duty from 2026-05-06 00:00: the duty phone rings" in gap.message


@pytest.mark.parametrize(
    ("old", "new", "message", "cure"),
    [
        ("[emergency-duty]}", "[emergency-dutty]}", "no post 'emergency-dutty'", "write emergency-duty"),
        (
            "[emergency-duty]}",
            "[tax-duty]}",
            "'tax-duty' has no duty in 'emergency'",
            "an active duty_officer of emergency",
        ),
        ("\nemergency:", "\nemergenzy:", "no unit 'emergenzy'", "name a unit"),
        ('"20:00-08:00"', '"20:00"', "can't be read", "write hours"),
        ("{days: [fri],", "{dayz: [fri],", "not a key", "write days"),
    ],
)
def test_a_roster_that_is_wrong_names_the_line_and_the_cure(
    root: Path, old: str, new: str, message: str, cure: str
) -> None:
    text = ROSTERS.replace(old, new, 1)
    (root / "rosters.yaml").write_text(text, encoding="utf-8")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if new.strip() in one)
    told = [one for one in load(root, A_DAY).problems if one.file == "rosters.yaml" and one.fatal]
    assert any(one.line == line and message in one.message and cure in one.cure for one in told), told
