"""Which topics a city needs."""

from types import SimpleNamespace
from typing import Any, cast

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Unit
from sanfu.stack.topics import wanted


def unit(code: str, kind: str) -> Unit:
    empty: dict[str, Any] = dict.fromkeys(("parent", "valid_from", "valid_to", "succeeded_by", "duty_phone", "mailbox"))
    return Unit(code=code, name_zh=code, name_en=code, kind=kind, **empty)


UNITS = {
    code: unit(code, kind) for code, kind in [("water", "department"), ("fotang", "town"), ("fotang-1", "section")]
}
PACK = cast(Pack, SimpleNamespace(units=UNITS))


def test_departments_and_towns_have_topics_out_and_in_and_sections_have_none() -> None:
    names = {topic.name for topic in wanted(PACK, "sanfu")}
    assert {"sanfu.units.water.v1", "sanfu.replies.water.v1", "sanfu.units.fotang.v1"} <= names
    assert not [name for name in names if "fotang-1" in name]


def test_the_story_has_eight_partitions_embedded_and_64_deployed_a_unit_one() -> None:
    def counts(size: Any) -> dict[str, int]:
        return {topic.name: topic.partitions for topic in wanted(PACK, "sanfu", size)}

    assert (counts("embedded")["sanfu.issues.v1"], counts("deployment")["sanfu.issues.v1"]) == (8, 64)
    assert counts("deployment")["sanfu.units.water.v1"] == 1


def test_the_prefix_stands_in_the_place_of_sanfu() -> None:
    names = {topic.name for topic in wanted(PACK, "t42")}
    assert {"t42.issues.v1", "t42.router.dlq"} <= names
    assert all(name.startswith("t42.") for name in names)
