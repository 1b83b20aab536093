"""The city that a bench measures in: the shipped pack, grown to as many units as it is asked for."""

from pathlib import Path

from bench.large_city import CATEGORY, large_city
from sanfu.city.watching import PackHolder
from tests.support.packs import shipped


def test_each_unit_of_the_grown_city_has_a_topic_and_a_category_that_goes_to_it(tmp_path: Path) -> None:
    root, codes = large_city(tmp_path, 200)
    pack = PackHolder(root).current
    assert {code for code, unit in pack.units.items() if unit.has_topic} == set(codes)
    assert len(codes) == 200
    assert [pack.categories[CATEGORY.format(unit=code)].default_unit for code in codes] == codes
    assert shipped().units.items() <= pack.units.items()
