"""China's public holidays and make-up working days (调休), from the `holidays` library."""

from datetime import date

import holidays

from sanfu.city.calendar import Holidays

FIRST = 2015
LAST_ASKED = 2100


def national_calendar(first: int = FIRST, last: int = LAST_ASKED) -> Holidays:
    """Build the table of every year from `first` to `last` that the library really knows.

    For a year whose order of the State Council it has not got, the library still answers with the fixed holidays, but
    without make-up days: such a year is left out.
    """
    table = holidays.country_holidays("CN", years=range(first, last + 1))
    make_up = frozenset(day for day in table.weekend_workdays if isinstance(day, date) and first <= day.year <= last)
    years = frozenset(day.year for day in make_up)
    return Holidays(frozenset(day for day in table if day.year in years), make_up, years)
