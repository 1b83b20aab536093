"""Bodies of what people do with supervision orders, meetings and tasks."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from sanfu.desk.entrypoints.commands.words import LONGEST, Code, Files, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Line, Text

CaseId = Annotated[str, Line(200, 1)]
Cases = Annotated[list[CaseId], Field(default_factory=list, max_length=100)]
Wording = Annotated[str, Text(LONGEST, 2)]


class Raise(Body):
    """Order a unit to do something about these issues, and to answer for it. `reply_by` by the policy, if not given."""

    level: Literal["normal", "yellow", "red"]
    unit: Unit
    issues: Cases
    text: Wording
    cause: Literal["person", "inspection"] = "person"
    reply_by: Instant | None = None


class Reply(Body):
    """Answer a supervision order."""

    text: Wording
    evidence: Files


class DeclineReply(Body):
    """Say that the answer is not enough, and what is missing."""

    reason: Wording


class Lift(Body):
    """Say that the order is done with; `unanswered` if the unit never answered."""

    reason: Wording
    unanswered: bool = False


class Call(Body):
    """Call a meeting about these issues. `place`: the town or village of an on-site session."""

    kind: Literal["weekly_joint", "coordination", "onsite_city", "onsite_town", "reform_weekly"]
    title: Annotated[str, Line(300, 2)]
    at: Instant
    place: Unit | None = None
    chair: Code | None = None
    units: Annotated[list[Unit], Field(default_factory=list, max_length=60)]
    issues: Cases
    held_already: bool = False


class ChangeAgenda(Body):
    """Put issues on the agenda, or take them off."""

    add: Cases
    drop: Cases


class Milestone(Body):
    """One step of a plan."""

    text: Annotated[str, Text(1000, 2)]
    limit: Instant
    unit: Unit | None = None


class Plan(Body):
    """How an issue on the register is to be solved after all."""

    owner: Unit
    sponsor: Code | None = None
    cause: Annotated[str, Text(2000, 2)]
    plan: Annotated[list[Milestone], Field(min_length=1, max_length=30)]
    report_by: Instant


class Decision(Body):
    """What was decided about one issue."""

    issue: CaseId
    decision: Literal["task", "register", "lead", "close", "back", "note"]
    text: Wording
    unit: Unit | None = None
    limit: Instant | None = None
    plan: Plan | None = None


class Hold(Body):
    """Put on record that it was held, and what was decided about each issue on its agenda."""

    held_at: Instant
    units: Annotated[list[Unit], Field(default_factory=list, max_length=60)]
    decisions: Annotated[list[Decision], Field(default_factory=list, max_length=200)]
    minutes: Files

    @model_validator(mode="after")
    def _decides_each_once(self) -> Self:
        seen = [(each.issue, each.decision) for each in self.decisions]
        if len(seen) != len(set(seen)):
            raise ValueError("decide each issue once for each kind of decision")
        return self


class Finish(Body):
    """Say that the task is done, and what was done."""

    text: Wording
    evidence: Files


class Drop(Body):
    """Say that the task is not to be done any more, and why."""

    reason: Wording


MAKING: Final[dict[str, tuple[str, type[Body]]]] = {"order": ("raise", Raise), "meeting": ("call", Call)}
"""What is made → the command that makes it, and its body."""
BODIES: Final[dict[str, dict[str, type[Body]]]] = {
    "order": {"reply": Reply, "decline_reply": DeclineReply, "lift": Lift},
    "meeting": {"change_agenda": ChangeAgenda, "hold": Hold},
    "task": {"finish": Finish, "drop": Drop},
}
