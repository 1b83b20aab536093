"""What desk tells of an errand and its steps."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.state import Case, Change, Fold


def _planned(case: Case, event: Event) -> Change:
    data = event.data
    steps = [{"what": step["what"], "state": "open", "at": None, "by": None, "text": None} for step in data["steps"]]
    return {"errand": {"at": instant(event.time), "agent": data["agent"], "unit": data["unit"], "steps": steps}}


def _stepped(case: Case, event: Event) -> Change:
    data, steps = event.data, list(case["errand"]["steps"])
    made = {"state": data["result"], "at": instant(event.time), "by": data["by"]["id"], "text": data["text"]}
    steps[data["step"] - 1] = {**steps[data["step"] - 1], **made}
    return {"errand": {**case["errand"], "steps": steps}}


FOLDS: Final[Mapping[str, Fold]] = {names.ERRAND_PLANNED: _planned, names.ERRAND_STEPPED: _stepped}
