"""What the router still owes an answer to, and how an answer that comes late takes its place.

Live, the router answers an event in the very write that folds it. Read back from the story, its answer stands behind
whatever others said meanwhile. So the moves since the first unanswered event are kept, and the answer, which names its
cause, is folded in right behind that: a rebuild ends where the live run ended, unit sequences and all. Live, nothing of
this is ever stored.

`{base: standing before the first open question, tail: [[event id, move, question or None], …], open: [question, …]}`;
whether a question is open can change while an earlier one is, so it is asked again of the standing each time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.router.domain.standing import Move, Standing, fold

Question = Mapping[str, Any]
"""What an event may ask of the router: `cause` is its id, `what` one of submitted, returned, alarmed."""
Waiting = Mapping[str, Any]
Heard = Sequence[Any]
LONGEST = 100
"""Moves kept; so many without an answer never happen live, and a state must stay small."""


def calls(standing: Standing, question: Question) -> bool:
    """Tell whether the router has to answer, with exactly one event, given where the issue stood before it."""
    match question["what"]:
        case "submitted":
            return True
        case "returned":
            return not standing["over"] and bool(question["assignment"] == standing["assignment"])
        case _:
            quiet = standing.get("urgency") != "emergency" and standing.get("secrecy") != "sealed"
            return quiet and not standing["over"]


def heard(
    waiting: Waiting | None, before: Standing, cause: str, move: Move, question: Question | None
) -> Waiting | None:
    """Note what somebody else said, and what it asks."""
    asks = question is not None and calls(before, question)
    if waiting is None:
        return {"base": before, "tail": [[cause, move, question]], "open": [question]} if asks else None
    if len(waiting["tail"]) >= LONGEST:
        return None
    tail = [*waiting["tail"], [cause, move, question]]
    return {**waiting, "tail": tail, "open": [*waiting["open"], question] if asks else waiting["open"]}


def answered(
    waiting: Waiting | None, standing: Standing, cause: str | None, move: Move
) -> tuple[Standing, Waiting | None]:
    """Fold an answer in behind its cause; without one (given after a rebuild) it answers all that was open."""
    if waiting is None or cause is None:
        return fold(standing, move), None
    tail = waiting["tail"]
    at = next((at for at, (id, _, question) in enumerate(tail) if id == cause and question is not None), None)
    if at is None:
        return fold(standing, move), heard(waiting, standing, "", move, None)
    if at == len(tail) - 1:
        return fold(standing, move), None  # live, always: nothing was heard meanwhile
    done = [[id, earlier, None] for id, earlier, _ in tail[: at + 1]]
    return _folded(waiting["base"], [*done, ["", move, None], *tail[at + 1 :]])


def _folded(base: Standing, tail: Sequence[Heard]) -> tuple[Standing, Waiting | None]:
    """Fold all of it; what is still open is left waiting, from its first question on."""
    standing, start, first = base, base, len(tail)
    still_open: list[Question] = []
    for at, (_, move, question) in enumerate(tail):
        if question is not None and calls(standing, question):
            if not still_open:
                start, first = standing, at
            still_open.append(question)
        standing = fold(standing, move)
    if not still_open:
        return standing, None
    return standing, {"base": start, "tail": list(tail[first:]), "open": still_open}
