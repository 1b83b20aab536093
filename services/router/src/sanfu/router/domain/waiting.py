"""What the router still owes an answer to, and how an answer that comes late takes its place.

Live, the router answers an event in the very write that folds it. Read back from the story, its answer stands behind
whatever others said meanwhile. So the moves since the first unanswered event are kept, and the answer, which names its
cause, is folded in right behind that: a rebuild ends where the live run ended, unit sequences and all. Live, nothing of
this is ever stored.

`{base: standing before the first open trigger, tail: [[event id, move], …], open: [trigger, …]}`
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sanfu.router.domain.standing import Move, Standing, fold

Waiting = Mapping[str, Any]
LONGEST = 100
"""Moves kept; so many without an answer never happen live, and a state must stay small."""


def asked(waiting: Waiting | None, before: Standing, trigger: Mapping[str, Any], move: Move) -> Waiting:
    """Note an event that asks for an answer; `trigger` holds its id as `cause`."""
    if waiting is None:
        return {"base": before, "tail": [[trigger["cause"], move]], "open": [trigger]}
    return {**waiting, "tail": [*waiting["tail"], [trigger["cause"], move]], "open": [*waiting["open"], trigger]}


def heard(waiting: Waiting | None, move: Move) -> Waiting | None:
    """Note what somebody else said meanwhile."""
    if waiting is None or len(waiting["tail"]) >= LONGEST:
        return None
    return {**waiting, "tail": [*waiting["tail"], [None, move]]}


def answered(
    waiting: Waiting | None, standing: Standing, cause: str | None, move: Move
) -> tuple[Standing, Waiting | None]:
    """Fold an answer in behind its cause; without one (given after a rebuild) it answers all that was open."""
    if waiting is None or cause not in [trigger["cause"] for trigger in waiting["open"]]:
        return fold(standing, move), None if cause is None else heard(waiting, move)
    if waiting["tail"][-1][0] == cause:
        return fold(standing, move), None  # live, always: nothing was heard meanwhile
    causes = [trigger["cause"] for trigger in waiting["open"]]
    at = [name for name, _ in waiting["tail"]].index(cause) + 1
    tail = [*waiting["tail"][:at], [None, move], *waiting["tail"][at:]]
    still_open = waiting["open"][causes.index(cause) + 1 :]
    if not still_open:
        return _folded(waiting["base"], tail), None
    next_at = [name for name, _ in tail].index(still_open[0]["cause"])
    base, rest = _folded(waiting["base"], tail[:next_at]), tail[next_at:]
    return _folded(base, rest), {"base": base, "tail": rest, "open": still_open}


def _folded(standing: Standing, tail: Sequence[Sequence[Any]]) -> Standing:
    return reduce(fold, (move for _, move in tail), standing)
