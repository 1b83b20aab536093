"""A unit is no more: whoever goes on with its work has its parts, in a case and in an affair. A category is no more: a
case of it is of its successor. A post is no more: what is addressed to it is its successor's."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.deeds.deed import SYSTEM_BY
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

SUCCEED: Final = "succeed"
SUCCEED_CATEGORY: Final = "succeed_category"
SUCCEED_POST: Final = "succeed_post"
"""The system's commands, that no person can order."""


def succeeded(subject: Case, said: Mapping[str, Any]) -> list[Draft]:
    """Say it of a case or an affair in which the former unit has a part now; of others there is nothing to say."""
    if not subject or not subject["open"] or said["from_unit"] not in subject["units"]:
        return []
    return [Draft(names.UNIT_SUCCEEDED, {"by": SYSTEM_BY, "from_unit": said["from_unit"], "unit": said["unit"]})]


def recast(case: Case, said: Mapping[str, Any]) -> list[Draft]:
    """Say it of an open case of the former category; of others there is nothing to say."""
    if not case or not case["open"] or case["category"] != said["from_category"]:
        return []
    body = {"by": SYSTEM_BY, "from_category": said["from_category"], "category": said["category"]}
    return [Draft(names.CATEGORY_SUCCEEDED, body)]


def addressed(case: Case) -> set[str]:
    """Name the accounts to which something of a case is addressed: who carries its errand, who sponsors it."""
    errand = case["errand"]["agent"] if case["errand"] else None
    return {one for one in (errand, case["sponsor"]) if one is not None}


def passed_on(case: Case, said: Mapping[str, Any]) -> list[Draft]:
    """Say it of an open case in which something is addressed to the former post; of others there is nothing to say."""
    if not case or not case["open"] or said["from_user"] not in addressed(case):
        return []
    return [Draft(names.POST_SUCCEEDED, {"by": SYSTEM_BY, "from_user": said["from_user"], "user": said["user"]})]
