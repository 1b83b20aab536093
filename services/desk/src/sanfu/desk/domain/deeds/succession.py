"""A unit is no more: whoever goes on with its work has its parts, in a case and in an affair."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.deeds.deed import SYSTEM_BY
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

SUCCEED: Final = "succeed"
"""The system's command, that no person can order."""


def succeeded(subject: Case, said: Mapping[str, Any]) -> list[Draft]:
    """Say it of a case or an affair in which the former unit has a part now; of others there is nothing to say."""
    if not subject or not subject["open"] or said["from_unit"] not in subject["units"]:
        return []
    return [Draft(names.UNIT_SUCCEEDED, {"by": SYSTEM_BY, "from_unit": said["from_unit"], "unit": said["unit"]})]
