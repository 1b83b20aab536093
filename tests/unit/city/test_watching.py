"""A changed pack is taken when it is sound, and refused with a reason when it is not."""

import os
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sanfu.city import watching
from sanfu.city.loading import read, version_of
from sanfu.city.model.pack import Pack
from sanfu.city.watching import BrokenPack, PackHolder
from tests.support.packs import A_DAY, copied, edited


def _holder(root: Path) -> PackHolder:
    return PackHolder(root, today=lambda: A_DAY)


def test_a_sound_change_is_taken(tmp_path: Path) -> None:
    root = copied(tmp_path)
    holder = _holder(root)
    before = holder.current
    edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 4 calendar days")

    found = holder.check()

    assert found is holder.current
    assert holder.current.version != before.version


def test_a_broken_change_is_refused_with_its_reason_and_the_old_pack_stays(tmp_path: Path) -> None:
    root = copied(tmp_path)
    holder = _holder(root)
    before = holder.current
    line = edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 3 days")

    with capture_logs() as logged:
        found = holder.check()

    assert [(one["event"], one["version"]) for one in logged] == [("pack_refused", version_of(read(root)))]
    assert "policy.yaml" in logged[0]["problems"][0]
    assert isinstance(found, list)
    assert [(problem.file, problem.line) for problem in found] == [("policy.yaml", line)]
    assert holder.current is before
    assert holder.refused == version_of(read(root))
    assert holder.check() == found


def test_a_mended_pack_is_taken_again(tmp_path: Path) -> None:
    root = copied(tmp_path)
    holder = _holder(root)
    version = holder.current.version
    edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 3 days")
    holder.check()
    edited(root, "policy.yaml", "limit: 3 days", "limit: 3 calendar days")

    found = holder.check()

    assert isinstance(found, Pack)
    assert (found.version, holder.problems, holder.refused) == (version, (), None)


def test_an_untouched_directory_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = _holder(copied(tmp_path))
    before = holder.current

    def unexpected(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(watching, "load", unexpected)

    assert holder.check() is before


def test_a_directory_that_vanishes_leaves_the_old_pack_in_use(tmp_path: Path) -> None:
    root = copied(tmp_path)
    holder = _holder(root)
    root.rename(tmp_path / "elsewhere")

    assert isinstance(holder.check(), list)
    assert holder.current.code == "yiwu"


def test_a_service_does_not_begin_with_a_broken_pack(tmp_path: Path) -> None:
    root = copied(tmp_path)
    line = edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 3 days")

    with pytest.raises(BrokenPack, match=rf"policy\.yaml:{line}") as raised:
        _holder(root)
    assert len(raised.value.problems) == 1


def test_on_a_new_day_a_unit_may_be_gone(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "units.csv", "department,,,,,000-0000-0032", "department,,,2026-06-01,civil-affairs,000-0000-0032")
    days = iter([date(2026, 5, 31), date(2026, 6, 1)])
    holder = PackHolder(root, today=lambda: next(days))
    assert all(rule.active for rule in holder.current.rules)

    holder.check()

    assert not all(rule.active for rule in holder.current.rules)


def test_the_version_depends_on_contents_only(tmp_path: Path) -> None:
    root = copied(tmp_path)
    version = version_of(read(root))
    for path in root.rglob("*"):
        os.utime(path, (1, 1))
    (root / "README.md").write_text("another", encoding="utf-8")
    (root / ".rules.yaml").write_text("an editor's own", encoding="utf-8")

    assert version_of(read(root)) == version
    assert len(version) == 12
