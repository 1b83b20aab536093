"""`./sanfu city draft`: areas and names for a city that has neither, and nothing written over unasked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanfu.stack.cli import app
from sanfu.stack.programs import PartError
from tests.support.packs import SHIPPED, copied

FILES = ("areas.geojson", "places.csv")


def test_a_city_without_areas_and_names_gets_the_ones_that_the_shipped_pack_has(tmp_path: Path) -> None:
    root = copied(tmp_path)
    for name in FILES:
        (root / name).unlink()
    done = CliRunner().invoke(app, ["city", "draft", str(root)])
    assert done.exit_code == 0, done.exception
    assert [(root / name).read_bytes() for name in FILES] == [(SHIPPED / name).read_bytes() for name in FILES]


def test_what_is_there_is_written_over_only_if_that_is_asked_for(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "places.csv").write_text("name,town,lon,lat\n新街,fotang,,\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["city", "draft", str(root)])
    assert isinstance(refused.exception, PartError)
    assert "places.csv is there already: --anew writes over it" in str(refused.exception)
    assert "新街" in (root / "places.csv").read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["city", "draft", str(root), "--anew"]).exit_code == 0
    assert "新街" not in (root / "places.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("root", ["nowhere", "."])
def test_without_a_sound_pack_there_is_nothing_to_draft_from(tmp_path: Path, root: str) -> None:
    refused = CliRunner().invoke(app, ["city", "draft", str(tmp_path / root)])
    assert isinstance(refused.exception, PartError)
