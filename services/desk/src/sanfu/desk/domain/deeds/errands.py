"""Errands: an agent at a window carries somebody's matter through its steps, and the party sees how far it is.

Who stands in for the agent on leave holds the agent's grants for those days, and goes on where the agent stopped.
"""

from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.deeds.deed import Deed, refused, wrong
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

WINDOW: Final = "window"
"""The channel by which errands come."""
DONE: Final = "done"


def plannable(case: Case) -> bool:
    return bool(case["channel"] == WINDOW and case["errand"] is None)


def plan_errand(deed: Deed) -> list[Draft]:
    """Give it its steps: those of the pack for its category, or the agent's own. Who does that is its agent."""
    case = deed.case
    if case["channel"] != WINDOW:
        raise refused("no-errand", "Only what came by a window is an errand.")
    if case["errand"] is not None:
        raise refused("planned-already", f"{case['errand']['agent']} carries it already.")
    steps = _own(deed) or [{"what": dict(each)} for each in deed.pack.policy.errands.get(case["category"] or "", ())]
    if not steps:
        raise wrong("steps", "missing", f"its steps: the pack has none for the category {case['category']}")
    return [
        Draft(names.ERRAND_PLANNED, {"by": deed.by, "agent": deed.by["id"], "unit": deed.by["unit"], "steps": steps})
    ]


def _own(deed: Deed) -> list[dict[str, Any]]:
    """Return the agent's own steps, in the language in which the city works."""
    if deed.said["steps"] and deed.case["secrecy"] in SECRET:
        raise wrong("steps", "confidential", "nothing: its story holds no such text; the pack's steps are taken")
    return [{"what": {deed.pack.locales[0]: text}} for text in deed.said["steps"]]


def step_errand(deed: Deed) -> list[Draft]:
    """Say that a step is done, or what stands in its way."""
    said, errand = deed.said, deed.case["errand"]
    if errand is None:
        raise refused("nothing-planned", "The errand has no steps yet: plan it first.")
    left = [number for number, step in enumerate(errand["steps"], 1) if step["state"] != DONE]
    if said["step"] not in left:
        numbers = ", ".join(map(str, left))
        raise wrong("step", "not_open", f"the number of a step that is not done: {numbers or 'all are'}")
    if said["result"] != DONE and said["text"] is None:
        raise wrong("text", "missing", "what stands in the way")
    body = {"by": deed.by, "step": said["step"], "result": said["result"], "text": said["text"]}
    return [Draft(names.ERRAND_STEPPED, {**body, "left": len(left) - (said["result"] == DONE)})]
