"""What a new pack would do, said before it is put in use."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from sanfu.city.comparing import CHANGED, GONE, NEW, Difference, diff_report, differences
from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Unit
from tests.support.packs import copied, edited, shipped

TODAY = date(2026, 5, 6)


def with_units(pack: Pack, **more: Unit) -> Pack:
    return replace(pack, units={**pack.units, **more})


def test_a_pack_does_not_differ_from_itself() -> None:
    assert differences(shipped(), shipped()) == []
    assert diff_report(shipped(), shipped(), TODAY) == (True, [f"no difference ({shipped().version})"])


def test_what_is_new_gone_or_other_is_named_with_its_fields() -> None:
    pack = shipped()
    fresh = replace(pack.units["tax"], code="tax-2", name_zh="新税务局")
    after = with_units(pack, **{"tax-2": fresh, "tax": replace(pack.units["tax"], name_zh="税务")})
    staff = {id: one for id, one in after.staff.items() if id != "tax-officer"}
    after = replace(after, staff=staff, rules=after.rules[1:], fallback_unit="tax")
    found = differences(pack, after)
    assert Difference(NEW, "units", "tax-2") in found
    assert Difference(GONE, "staff", "tax-officer") in found
    assert Difference(GONE, "rules", pack.rules[0].id) in found
    assert Difference(CHANGED, "pack", "fallback_unit", (f"{pack.fallback_unit} → tax",)) in found
    [other] = [one for one in found if one.key == "tax"]
    assert other.how == (f"name_zh: {pack.units['tax'].name_zh} → 税务",)
    assert len(found) == 5


def test_areas_and_names_of_places_that_differ_are_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    assert loaded(root).atlas == shipped().atlas
    edited(root, "areas.geojson", "[120.07889, 29.33785]", "[120.0789, 29.33785]")
    edited(root, "places.csv", "寺前街,fotang,,\n", "寺前街,fotang,120.02,29.21\n新街,fotang,,\n")
    edited(root, "pack.yaml", "exact_to: 2000", "exact_to: 0")
    found = [one for one in differences(shipped(), loaded(root)) if one.part != "pack"]
    assert [(one.mark, one.part, one.key) for one in found] == [
        (CHANGED, "areas", "choucheng"),
        (CHANGED, "places", "寺前街"),
        (NEW, "places", "新街"),
        (CHANGED, "areas", "exact_to"),
    ]
    _, lines = diff_report(shipped(), loaded(root), TODAY)
    assert "routing changes for what comes from then on" in lines


def loaded(root: Path) -> Pack:
    pack = load(root, TODAY).pack
    assert pack is not None
    return pack


def test_it_says_to_whom_open_issues_pass_over_and_when() -> None:
    pack = shipped()
    ending = replace(pack.units["tax"], valid_to=date(2026, 6, 1), succeeded_by="finance")
    taken, lines = diff_report(pack, with_units(pack, tax=ending), TODAY)
    assert taken
    assert "on 2026-06-01 the open issues of tax pass over to finance, limits kept" in lines


def test_a_unit_that_goes_without_a_successor_is_what_desk_would_refuse() -> None:
    pack = shipped()
    gone = replace(pack, units={code: unit for code, unit in pack.units.items() if code != "tax"})
    for after in (gone, with_units(pack, tax=replace(pack.units["tax"], valid_to=TODAY))):
        taken, lines = diff_report(pack, after, TODAY)
        assert not taken
        assert lines[-1].startswith("refused while it has open issues: tax")


def test_limits_that_are_set_stay_until_they_are_replanned() -> None:
    pack = shipped()
    policy = replace(pack.policy, clocks={**pack.policy.clocks, "review": pack.policy.clocks["handling"]})
    _, lines = diff_report(pack, replace(pack, policy=policy), TODAY)
    assert any(line.startswith("~ policy.clocks  review") for line in lines)
    assert "limits that are set already stay: ./sanfu sla replan --dry-run shows what would change" in lines


def test_it_says_which_category_open_issues_will_be_of_and_when_and_what_would_be_refused() -> None:
    pack = shipped()
    lamp = pack.categories["road-lamp"]
    soon = replace(lamp, valid_to=date(2026, 6, 1), succeeded_by="public-toilet")
    taken, lines = diff_report(pack, replace(pack, categories={**pack.categories, "road-lamp": soon}), TODAY)
    assert taken
    assert "on 2026-06-01 the open issues of category road-lamp are of public-toilet, units and limits kept" in lines
    assert any("succeeded_by: – → public-toilet" in line for line in lines)
    gone = {**pack.categories, "road-lamp": replace(lamp, valid_to=TODAY)}
    without = {code: one for code, one in pack.categories.items() if code != "road-lamp"}
    for after in (gone, without):
        taken, lines = diff_report(pack, replace(pack, categories=after), TODAY)
        assert not taken
        assert lines[-1].startswith("refused while it has open issues: category road-lamp has no successor")


def test_it_says_who_goes_on_with_what_is_addressed_to_a_post() -> None:
    pack = shipped()
    post = replace(pack.staff["tax-officer"], valid_to=date(2026, 6, 1), succeeded_by="tax-head")
    taken, lines = diff_report(pack, replace(pack, staff={**pack.staff, "tax-officer": post}), TODAY)
    assert taken
    assert (
        "on 2026-06-01 tax-head goes on with what is addressed to post tax-officer, and holds what that held" in lines
    )
    without = {id: one for id, one in pack.staff.items() if id != "tax-officer"}
    taken, lines = diff_report(pack, replace(pack, staff=without), TODAY)
    assert not taken
    assert lines[-1].startswith("refused while it has open issues: post tax-officer has no successor")
