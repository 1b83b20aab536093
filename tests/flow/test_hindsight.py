"""Looking back on what was routed: the city's own documents, and rules that somebody would like to try."""

import io
import json
from datetime import timedelta
from typing import Any

from sanfu.router.hindsight import command
from sanfu.router.hindsight.asked import rules_with
from sanfu.router.hindsight.cases import Period
from sanfu.router.hindsight.command import Asked
from tests.flow.parts import ON_BOTH
from tests.support import packs
from tests.support.city import City

LAMPS_TO_URBAN_MANAGEMENT = """
rules:
- id: lamps-elsewhere
  when: {categories: [road-lamp]}
  unit: urban-management
  mode: auto
  reason: 路灯由综合行政执法局办理
"""


def asked(city: City) -> Asked:
    now = city.clock.now()
    period = Period(now - timedelta(days=1), now + timedelta(seconds=1))
    documents = city.services["router"].documents
    return Asked(city.pack, documents, period, "json", io.StringIO(), io.StringIO())


def written(wanted: Asked) -> dict[str, Any]:
    assert isinstance(wanted.out, io.StringIO)
    found: dict[str, Any] = json.loads(wanted.out.getvalue())
    return found


async def returned(city: City) -> str:
    issue = await city.report("hotline", category="road-lamp")
    await city.officer("housing-construction").give_back(issue, "urban-management")
    await city.officer("urban-management").do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"
    return issue.id


@ON_BOTH
async def test_a_return_teaches_which_rule_sent_it_wrong_and_new_rules_are_tried_on_it(
    city: City, tmp_path: Any
) -> None:
    back = await returned(city)
    taken = await city.report("hotline", category="road-lamp")
    await city.report("petition", title="密不可说", text="密不可说的事", category="road-lamp")
    [assigned, *_] = await city.of(taken, "assigned")

    wanted = asked(city)
    await command.report(wanted)
    by = {each["rule"]: each for each in written(wanted)["by_rule"]}
    lamps = by[assigned.data["rule"]]
    assert (lamps["assigned"], lamps["returned"], lamps["known"], lamps["right"]) == (2, 1, 1, 0)

    file = tmp_path / "rules.yaml"
    file.write_text(LAMPS_TO_URBAN_MANAGEMENT, encoding="utf-8")
    wanted = asked(city)
    await command.backtest(wanted, rules_with(packs.SHIPPED, file, city.clock.now().date()), None)
    told = written(wanted)
    changes = {each["issue"]: each for each in told["changes"]}
    assert (changes[back]["effect"], changes[back]["right"]) == ("saved", "urban-management")
    assert (changes[taken.id]["effect"], changes[taken.id]["after_unit"]) == ("unsettled", "urban-management")
    assert "密不可说" not in json.dumps(told, ensure_ascii=False)
