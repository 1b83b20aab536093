"""Categories end and others go on in their place: what a pack may say of that, and what its check says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category
from sanfu.city.problems import Problem
from sanfu.city.succession import ended, in_its_place, orphaned
from tests.support.packs import A_DAY, copied, edited, lasting, shipped

ENDS = "2026-06-01"
AFTER = date(2026, 6, 1)


def checked(root: Path, today: date = A_DAY) -> tuple[Pack | None, tuple[Problem, ...]]:
    loaded = load(root, today)
    return loaded.pack, loaded.problems


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_without_the_columns_a_category_is_there_for_good() -> None:
    assert {(one.valid_from, one.valid_to, one.succeeded_by) for one in shipped().categories.values()} == {(None,) * 3}


def test_what_is_gone_has_its_successor_and_the_successors_successor(root: Path) -> None:
    lasting(
        root, "categories.csv", road_lamp=("", ENDS, "public-toilet"), public_toilet=("", "2026-07-01", "garbage"),
        culture_hall=("2026-07-01", "", ""),
    )  # fmt: skip
    pack, problems = checked(root)
    assert pack is not None
    assert problems == ()
    known = pack.categories
    days = (date(2026, 5, 31), AFTER, date(2026, 7, 1))
    assert [in_its_place(known, "road-lamp", day) for day in days] == ["road-lamp", "public-toilet", "garbage"]
    assert [in_its_place(known, "culture-hall", day) for day in days] == [None, None, "culture-hall"]
    assert in_its_place(known, "unheard-of", AFTER) is None
    assert ended(known, AFTER) == {"road-lamp": "public-toilet"}


def test_a_category_that_was_taken_out_or_ends_with_nothing_in_its_place_leaves_its_issues_to_nothing(
    root: Path,
) -> None:
    lasting(root, "categories.csv", spam=("", ENDS, ""), road_lamp=("", ENDS, "public-toilet"))
    edited(root, "rules.yaml", "    category: spam\n", "")
    edited(root, "model/thresholds.csv", "spam,0.99\n", "")
    pack, _ = checked(root)
    assert pack is not None
    known = pack.categories
    fewer: dict[str, Category] = {code: one for code, one in known.items() if code != "garbage"}
    assert orphaned(shipped().categories, fewer, A_DAY) == ["garbage"]
    assert orphaned(shipped().categories, known, AFTER) == ["spam"]


def _for_good(root: Path, code: str, file: str, old: str, new: str) -> None:
    """Have a category end with nothing in its place, and a file name it."""
    lasting(root, "categories.csv", **{code: ("", ENDS, "")})
    edited(root, file, old, new)


Edit = Callable[[Path], object]
FAULTS: dict[str, tuple[Edit, str, str, str, str, bool]] = {
    "a successor that is not there": (
        lambda root: lasting(root, "categories.csv", road_lamp=("", ENDS, "road-lamps")),
        "categories.csv", "succeeded_by", "no category 'road-lamps'", "write road-lamp", True,
    ),
    "a circle": (
        lambda root: lasting(
            root, "categories.csv", permit_errand=("", ENDS, "tax-refund"), tax_refund=("", ENDS, "permit-errand")
        ),
        "categories.csv", "succeeded_by", "'permit-errand' succeeds itself", "category that really took over", True,
    ),
    "an end before the beginning": (
        lambda root: lasting(root, "categories.csv", road_lamp=(ENDS, "2026-05-01", "public-toilet")),
        "categories.csv", "valid_to", "is not after valid_from", "later date", True,
    ),
    "no day at all": (
        lambda root: lasting(root, "categories.csv", road_lamp=("", "soon", "public-toilet")),
        "categories.csv", "valid_to", "'soon' can't be read", "", True,
    ),
    "a successor of what does not end": (
        lambda root: lasting(root, "categories.csv", road_lamp=("", "", "public-toilet")),
        "categories.csv", "valid_to", "is missing: public-toilet never takes over", "first day", False,
    ),
    "nothing goes on with what it has open": (
        lambda root: lasting(root, "categories.csv", funeral=("", ENDS, "")),
        "categories.csv", "succeeded_by", "nobody goes on with what 'funeral' has open", "name in", False,
    ),
    "a rule says what ends for good": (
        lambda root: lasting(root, "categories.csv", general_consult=("", ENDS, "")),
        "rules.yaml", "rules[9].category", "'general-consult' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
    "a rule is for what ends for good": (
        lambda root: _for_good(
            root, "road_lamp", "rules.yaml", "when: {kinds: [spam]}", "when: {categories: [road-lamp]}"
        ),
        "rules.yaml", "rules[3].when.categories", "'road-lamp' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
    "the classifier may decide for what ends for good": (
        lambda root: lasting(root, "categories.csv", broadband=("", ENDS, "")),
        "model/thresholds.csv", "category", "'broadband' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
    "an errand of what ends for good": (
        lambda root: lasting(root, "categories.csv", permit_errand=("", ENDS, "")),
        "policy.yaml", "errands.permit-errand", "'permit-errand' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
    "a message for what ends for good": (
        lambda root: _for_good(
            root, "funeral", "texts/receipt.yaml", "where: {", "where: {category: [funeral], "
        ),
        "texts/", ".where.category", "'funeral' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
    "a post whose successor is not there": (
        lambda root: lasting(root, "staff.csv", tax_officer=("", ENDS, "tax-oficer")),
        "staff.csv", "succeeded_by", "no post 'tax-oficer'", "write tax-officer", True,
    ),
    "posts in a circle": (
        lambda root: lasting(root, "staff.csv", tax_officer=("", ENDS, "tax-head"), tax_head=("", ENDS, "tax-officer")),
        "staff.csv", "succeeded_by", "'tax-head' succeeds itself", "post that really took over", True,
    ),
    "a post that ends before it begins": (
        lambda root: lasting(root, "staff.csv", tax_officer=(ENDS, "2026-05-01", "tax-head")),
        "staff.csv", "valid_to", "is not after valid_from", "later date", True,
    ),
    "a post whose successor may read no issue": (
        lambda root: lasting(root, "staff.csv", tax_officer=("", ENDS, "system-administrator")),
        "staff.csv", "succeeded_by", "'system-administrator' keeps accounts", "another post", True,
    ),
    "nobody goes on with a post": (
        lambda root: lasting(root, "staff.csv", tax_officer=("", ENDS, "")),
        "staff.csv", "succeeded_by", "what 'tax-officer' has open", "name in", False,
    ),
    "nobody goes on with a unit's work": (
        lambda root: lasting(root, "units.csv", tax=("", ENDS, "")),
        "units.csv", "succeeded_by", "what 'tax' has open", "name in", False,
    ),
    "nobody signs once a post has ended": (
        lambda root: lasting(root, "staff.csv", tax_head=("", "2026-05-06", "finance-head")),
        "staff.csv", "roles", "nobody signs for 'tax'", "unit_head", False,
    ),
    "a successor that ends first": (
        lambda root: lasting(
            root, "categories.csv", permit_errand=("", ENDS, "tax-refund"), tax_refund=("", "2026-05-20", "")
        ),
        "policy.yaml", "errands.permit-errand", "'permit-errand' ends on 2026-06-01", "name in its succeeded_by", True,
    ),
}  # fmt: skip
"""An edit; then file, key, message and cure of what must be said, and whether the pack is refused for it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_an_end_is_named_with_its_place_and_its_cure(root: Path, fault: str) -> None:
    edit, file, key, message, cure, fatal = FAULTS[fault]
    edit(root)
    pack, problems = checked(root)
    assert (pack is None) == fatal
    told = [one for one in problems if one.file == file and one.key.endswith(key) and message in one.message]
    assert told, [*problems]
    assert cure in told[0].cure
    assert told[0].fatal == fatal
    assert told[0].line or file == "texts/" or not fatal


def test_what_still_names_a_category_that_is_gone_is_remarked_on_with_what_to_write(root: Path) -> None:
    lasting(root, "categories.csv", permit_errand=("", ENDS, "tax-refund"), general_consult=("", ENDS, "tax-refund"))
    assert checked(root)[1] == ()
    pack, problems = checked(root, AFTER)
    assert pack is not None
    assert {(one.file, one.cure, one.fatal) for one in problems} == {
        ("policy.yaml", "write tax-refund", False), ("rules.yaml", "write tax-refund", False)
    }  # fmt: skip


def test_who_succeeds_a_post_inside_its_unit_acts_in_its_roles(root: Path) -> None:
    lasting(root, "staff.csv", tax_head=("", "2026-05-06", "tax-officer"))
    assert checked(root)[1] == ()
