"""Which topics a city needs."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Unit
from sanfu.stack.programs import PartError
from sanfu.stack.subscribing import check_has_topic
from sanfu.stack.topics import wanted


def unit(code: str, kind: str, **more: Any) -> Unit:
    empty: dict[str, Any] = dict.fromkeys(("parent", "valid_from", "valid_to", "succeeded_by", "duty_phone", "mailbox"))
    return Unit(code=code, name_zh=code, name_en=code, kind=kind, **{**empty, **more})


UNITS = {
    code: unit(code, kind) for code, kind in [("water", "department"), ("fotang", "town"), ("fotang-1", "section")]
}
PACK = cast(Pack, SimpleNamespace(units=UNITS))


def test_departments_and_towns_have_topics_out_and_in_and_sections_have_none() -> None:
    names = {topic.name for topic in wanted(PACK, "sanfu")}
    assert {"sanfu.units.water.v1", "sanfu.replies.water.v1", "sanfu.units.fotang.v1"} <= names
    assert not [name for name in names if "fotang-1" in name]


def test_a_section_that_was_onboarded_has_topics_out_and_in() -> None:
    units = {**UNITS, "fotang-1": unit("fotang-1", "section", parent="fotang", onboarded=True)}
    names = {topic.name for topic in wanted(cast(Pack, SimpleNamespace(units=units)), "sanfu")}
    assert {
        f"sanfu.{name}" for name in ("units.fotang-1.v1", "replies.fotang-1.v1", "replies.fotang-1.dlq.v1")
    } <= names


def test_who_has_no_topic_is_told_why_and_a_section_how_it_gets_one() -> None:
    units = {**UNITS, "fotang-1": unit("fotang-1", "section", parent="fotang")}
    with pytest.raises(
        PartError, match=r"stands in the topic of fotang; .* write yes in the column topic of units\.csv"
    ):
        check_has_topic(cast(Pack, SimpleNamespace(units=units)), "fotang-1")
    with pytest.raises(PartError, match=r"nobody has no topic; there are: fotang, water"):
        check_has_topic(PACK, "nobody")


def test_the_story_has_eight_partitions_embedded_and_64_deployed_a_unit_one() -> None:
    def counts(size: Any) -> dict[str, int]:
        return {topic.name: topic.partitions for topic in wanted(PACK, "sanfu", size)}

    assert (counts("embedded")["sanfu.issues.v1"], counts("deployment")["sanfu.issues.v1"]) == (8, 64)
    assert counts("deployment")["sanfu.units.water.v1"] == 1


def test_the_prefix_stands_in_the_place_of_sanfu() -> None:
    names = {topic.name for topic in wanted(PACK, "t42")}
    assert {"t42.issues.v1", "t42.router.dlq"} <= names
    assert all(name.startswith("t42.") for name in names)
