"""Clocks whose red light would be seen by nobody."""

from collections.abc import Iterable

from sanfu.city.model.clocks import Clock
from sanfu.city.model.pack import Pack
from sanfu.city.model.templates import Template
from sanfu.city.problems import Problem
from sanfu.city.vocabulary import wire_type

LIGHT, STEP = wire_type("LightChanged"), wire_type("EscalationRaised")


def unheard(pack: Pack) -> Iterable[Problem]:
    """Remark on clocks of which neither a red light nor a step of the ladder is told to anybody."""
    silent = [code for code, clock in pack.policy.clocks.items() if not _is_heard(clock, pack.templates)]
    if silent:
        message = f"nobody is told when these turn red: {', '.join(silent)}"
        cure = "add a message for LightChanged to texts/, where: {level: [red], clock: […]}"
        yield Problem("policy.yaml", 0, "clocks", message, cure, fatal=False)


def _is_heard(clock: Clock, templates: Iterable[Template]) -> bool:
    reds = ({"clock": clock.code, "level": "red"},)
    steps = tuple({"clock": clock.code, "to_role": rung.role} for rung in clock.ladder)
    said = {LIGHT: reds, STEP: steps}
    return any(template.may_tell(one) for template in templates for one in said.get(template.event, ()))
