"""The secrets of an embedded stack."""

from pathlib import Path

import pytest

from sanfu.stack import secrets
from sanfu.stack.places import Places, checkout
from sanfu.stack.plan import shipped_city
from sanfu.stack.programs import PartError


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_secrets_are_made_once_and_only_their_owner_may_read_them(places: Places) -> None:
    city = shipped_city(checkout())
    secrets.provide(places, city)
    before = {path: path.read_text() for path in places.secrets.iterdir()}
    secrets.provide(places, city)
    assert {path: path.read_text() for path in places.secrets.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    assert len(before) == 5


def test_a_channel_that_is_new_in_the_pack_gets_a_key_and_the_others_keep_theirs(places: Places) -> None:
    city = shipped_city(checkout())
    secrets.provide(places, city)
    channels = dict(secrets.read(places).channels)
    places.channel_keys.write_text(f'{{"hotline": "{channels["hotline"]}"}}')
    secrets.provide(places, city)
    again = secrets.read(places).channels
    assert again["hotline"] == channels["hotline"]
    assert set(again) == set(channels)


def test_a_broken_pack_is_refused_before_anything_starts(places: Places, tmp_path: Path) -> None:
    with pytest.raises(PartError, match="the city pack is broken"):
        secrets.provide(places, tmp_path / "nowhere")
