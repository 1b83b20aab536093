"""What desk tells of replies that it could not do."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.state import Case, Change, Fold


def _refused(case: Case, event: Event) -> Change:
    """Nothing of the case changes; how often it happened is counted by unit."""
    counts, unit = case.get("refused_replies", {}), event.data["unit"]
    return {"refused_replies": {**counts, unit: counts.get(unit, 0) + 1}}


FOLDS: Final[Mapping[str, Fold]] = {names.REPLY_REFUSED: _refused}
