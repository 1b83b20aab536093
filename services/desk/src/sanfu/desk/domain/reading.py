"""Who may read whose contact, and with it what was really written; and how much of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.contracts import names
from sanfu.desk.domain.people import UNIT_SYSTEM
from sanfu.desk.domain.scope import Clause
from sanfu.desk.domain.table import FROM_OUTSIDE
from sanfu.runtime.rules import Refusal

OUTSIDERS: Final = frozenset({"reviewer", "follow_up_caller", "coordination_office", "discipline_liaison"})
"""They decide about people's matters or call them, and stand for no unit that handles."""
HANDLERS: Final = frozenset({"officer", "unit_head", "duty_officer"})
"""They talk to the party for the unit that leads. A unit's own system does not: a purpose is a person's, for whom it
may read."""

WATCHING: Final = frozenset({"supervisor", "leader"})
"""They instruct and supervise."""
UNFORESEEN: Final = frozenset(
    {
        names.FOLLOW_UP_PLANNED,
        names.FOLLOW_UP_ATTEMPTED,
        names.FOLLOW_UP_ANSWERED,
        names.WITHDRAWAL_ASKED,
        names.WITHDRAWAL_DECLINED,
    }
)
"""What is told of a case that whoever handles it does not hear."""


def reader(clauses: Sequence[Clause], case: Mapping[str, Any]) -> tuple[Clause, frozenset[str]]:
    """Return under which clause somebody who sees a case may read its contact, and which parts of it.

    Raises Refusal 403: nobody but the unit that leads and the office; and who is complained of is not told who said
    so, unless the party agreed to be named.
    """
    _check_a_person(clauses)
    able = [c for c in clauses if c.role in OUTSIDERS or (c.role in HANDLERS and c.leads(case))]
    if not able:
        raise Refusal(403, "contact-closed", "Contacts are read by the unit that leads and by the office.")
    free = [c for c in able if not blamed(c, case)]
    if free:
        clause = next((c for c in free if c.role in OUTSIDERS), free[0])
        named = clause.role in OUTSIDERS or (case["filer"] or {}).get("named_to_unit", True)
        return clause, frozenset({"party", "filer", "original"} if named else {"party", "original"})
    if not case["may_name_me"]:
        raise Refusal(403, "recused", "The issue complains of this unit: it is not told who said so.")
    return able[0], frozenset({"party", "original"})


def _check_a_person(clauses: Sequence[Clause]) -> None:
    """Raises Refusal 403 for a unit's own system that names nobody for whom it reads."""
    if any(c.role == UNIT_SYSTEM for c in clauses):
        raise Refusal(
            403, "officer-missing",
            "A unit's own system reads for one of its officers: name them in On-Behalf-Of, with a key that may.",
        )  # fmt: skip


def readers_of_texts(clauses: Sequence[Clause]) -> list[Clause]:
    """Return under which clauses somebody who sees a case reads what was written about it: people who handle it, have a
    part in it, or decide. Raises Refusal 403: a unit's own system is none, and who keeps watch needs no words."""
    _check_a_person(clauses)
    able = [c for c in clauses if c.role in OUTSIDERS | HANDLERS | WATCHING]
    if not able:
        raise Refusal(403, "texts-closed", "Such texts are read by people who handle the case or decide about it.")
    return able


def told_to(clauses: Sequence[Clause], case: Mapping[str, Any], text: Mapping[str, Any]) -> bool:
    """Tell whether one of these clauses reads a text: of the units only the one that leads reads all of them, others
    what was told by them or to them; and who handles hears nothing of the plan of the follow-up."""
    if text["type"] in UNFORESEEN and not any(c.role in FROM_OUTSIDE for c in clauses):
        return False
    units = {text["unit"], text["by"]["unit"]}
    return any(c.role not in HANDLERS or c.leads(case) or bool(units & (c.units or set())) for c in clauses)


def blamed(clause: Clause, case: Mapping[str, Any]) -> bool:
    """Tell whether the issue complains of its holder's unit, or of the one that leads, for which they would act."""
    led = clause.role in HANDLERS and case["unit"] in (case["complains_of"] or ())
    return led or clause.recused(case)


def filer_named(clauses: Sequence[Clause], case: Mapping[str, Any]) -> bool:
    """Tell whether a case's filer is shown. One who vouches is not named to units, and none to who is complained of."""
    free = [c for c in clauses if not blamed(c, case)]
    vouches = not (case["filer"] or {}).get("named_to_unit", True)
    return any(c.role not in HANDLERS and c.units is None for c in free) if vouches else bool(free)
