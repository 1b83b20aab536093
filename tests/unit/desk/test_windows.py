"""Windows for returns, on the shipped pack and the real calendar; each end was counted by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sanfu.city.holidays_cn import national_calendar
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.windows import return_until
from tests.support.packs import shipped

ZONE = ZoneInfo("Asia/Shanghai")


def until(start: str, grade: str, unit: str = "tax", urgency: str = "normal") -> str | None:
    since = instant(datetime.fromisoformat(start).replace(tzinfo=ZONE))
    facts = dict.fromkeys(("channel", "audience", "kind"))
    case = {**facts, "grade": grade, "urgency": urgency, "unit": unit, "rounds": [{"assigned_at": since}]}
    found = return_until(shipped(), national_calendar(), case)
    return f"{found.astimezone(ZONE):%Y-%m-%d %H:%M}" if found else None


@pytest.mark.parametrize(
    ("start", "grade", "closes"),
    [
        ("2026-05-06 09:00", "simple", "2026-05-06 10:00"),
        ("2026-05-06 11:30", "simple", "2026-05-06 14:00"),  # half an hour, noon, half an hour
        ("2026-04-30 16:30", "complex", "2026-05-06 11:30"),  # one hour, Labour Day's five days off, three hours
        ("2026-02-14 17:00", "simple", "2026-02-24 09:00"),  # a make-up Saturday, then the Spring Festival
        ("2026-05-08 10:00", "difficult", "2026-05-09 17:30"),  # the next working day is a make-up Saturday
        ("2026-09-30 10:00", "difficult", "2026-10-08 17:30"),  # National Day
        ("2026-10-05 10:00", "simple", "2026-10-08 09:30"),  # dispatched on a day off
    ],
)
def test_a_window_counts_holidays_and_make_up_days(start: str, grade: str, closes: str) -> None:
    assert until(start, grade) == closes


def test_a_unit_with_hours_of_its_own_counts_by_them_and_urgent_matters_by_the_clock() -> None:
    assert until("2026-05-10 09:00", "simple", "market-group") == "2026-05-10 10:00", "open on Sundays"
    assert until("2026-10-01 23:30", "simple", "police") == "2026-10-02 00:30", "always there"
    assert until("2026-10-01 23:30", "simple", urgency="urgent") == "2026-10-02 00:30"


def test_in_a_year_without_calendar_data_every_date_counts_as_a_working_day() -> None:
    assert until("2027-10-02 10:00", "simple") == "2027-10-02 11:00"
    assert until("2027-10-01 17:30", "difficult") == "2027-10-02 17:30"


def test_what_the_policy_gives_no_window_is_never_returned() -> None:
    assert until("2026-05-06 09:00", "unheard-of") is None
