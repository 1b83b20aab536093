"""When a case counts as done in time."""

from typing import Any

import pytest

from sanfu.desk.entrypoints.views import in_time

LIMIT, BEFORE, AFTER = "2026-01-20T09:30:00.000Z", "2026-01-10T01:00:00.000Z", "2026-02-01T01:00:00.000Z"


def case(*handled: str | None, register: str | None = None) -> dict[str, Any]:
    start = {"dispatched_at": "2026-01-05T01:00:00.000Z", "limit": LIMIT}
    rounds = [{**start, "handle": {"received_at": at}} if at else start for at in handled]
    return {"rounds": rounds, "register": register and {"at": register}}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (case(), None),
        (case(None), None),
        (case(BEFORE), True),
        (case(LIMIT), False),
        (case(BEFORE, None), None),
        (case(AFTER, register=BEFORE), True),  # its plan took the place of the promise before that ran out
        (case(AFTER, register=LIMIT), False),
        (case(None, register=BEFORE), None),
    ],
)
def test_a_case_is_in_time_if_every_round_was_handled_or_registered_before_its_limit(
    found: dict[str, Any], said: bool | None
) -> None:
    assert in_time(found) is said
