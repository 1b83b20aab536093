import base64
import stat
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.runtime.sealing import Keys, Sealed, Sealer, Unsealable, generate_keys

KEYS = Keys("k1", {"k1": b"1" * 32}, b"i" * 32)
SEALER = Sealer(KEYS)


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_what_was_sealed_opens_in_the_same_context(data: bytes, context: bytes) -> None:
    sealed = Sealed.read(orjson.loads(orjson.dumps(SEALER.seal(data, context).written())))
    assert SEALER.open(sealed, context) == data


@given(st.binary(min_size=20, max_size=50), st.data())
def test_a_box_with_any_bit_changed_does_not_open(data: bytes, draw: st.DataObject) -> None:
    sealed = SEALER.seal(data, b"c")
    bit = draw.draw(st.integers(0, len(sealed.box) * 8 - 1))
    box = bytearray(sealed.box)
    box[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unsealable):
        SEALER.open(Sealed(sealed.key_id, sealed.nonce, bytes(box)), b"c")


def test_a_box_in_another_place_does_not_open() -> None:
    with pytest.raises(Unsealable, match="context"):
        SEALER.open(SEALER.seal(b"name", b"subject-1"), b"subject-2")


def test_sealing_twice_gives_boxes_that_tell_nothing_of_each_other() -> None:
    one, two = SEALER.seal(b"name", b""), SEALER.seal(b"name", b"")
    assert one.nonce != two.nonce
    assert one.box != two.box
    assert b"name" not in one.box


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    old = SEALER.seal(b"name", b"c")
    keys = KEYS.rotated()
    sealer = Sealer(keys)
    assert sealer.open(old, b"c") == b"name"
    assert sealer.seal(b"name", b"c").key_id == keys.current == "k2"
    assert sealer.blind_index("1", "phone") == SEALER.blind_index("1", "phone")


def test_a_key_that_is_not_in_the_ring_is_named() -> None:
    sealed = Sealer(KEYS.rotated()).seal(b"name", b"c")
    with pytest.raises(Unsealable, match="'k2' is not in the ring"):
        SEALER.open(sealed, b"c")


@pytest.mark.parametrize("nonce", [b"", b"1", b"1" * 200])
def test_a_nonce_of_another_length_does_not_open(nonce: bytes) -> None:
    with pytest.raises(Unsealable):
        SEALER.open(Sealed("k1", nonce, b"x" * 32), b"c")


@given(st.text(), st.text(), st.sampled_from(["phone", "email"]), st.sampled_from(["phone", "email"]))
def test_a_blind_index_is_the_same_for_the_same_value_of_the_same_field_only(
    one: str, two: str, field: str, other: str
) -> None:
    same = SEALER.blind_index(one, field) == SEALER.blind_index(two, other)
    assert same == ((one, field) == (two, other))
    assert SEALER.blind_index("x" + one, field) != SEALER.blind_index(one, field + "x")


def test_a_blind_index_needs_its_key() -> None:
    other = Sealer(Keys("k1", KEYS.ring, b"j" * 32))
    assert SEALER.blind_index("1", "phone") != other.blind_index("1", "phone")


def test_generated_keys_are_its_owners_alone_and_read_back(tmp_path: Path) -> None:
    keys = generate_keys(tmp_path / "keys.json")
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert Keys.parse((tmp_path / "keys.json").read_text()) == keys
    assert base64.b64encode(keys.ring["k1"]).decode() not in repr(keys)
    with pytest.raises(FileExistsError):
        generate_keys(tmp_path / "keys.json")


B64 = base64.b64encode(b"1" * 32).decode()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no JSON"),
        ("[]", "a key ring is"),
        ("{}", "a key ring is"),
        (f'{{"current": "k1", "keys": ["{B64}"], "index_key": "{B64}"}}', "a key ring is"),
        (f'{{"current": "k1", "keys": {{"k1": 5}}, "index_key": "{B64}"}}', "a key ring is"),
        (f'{{"current": "k2", "keys": {{"k1": "{B64}"}}, "index_key": "{B64}"}}', "'k2', which is not among"),
        (f'{{"current": "k1", "keys": {{"k1": "MTIz"}}, "index_key": "{B64}"}}', "'k1' has 3 bytes, not 32"),
        (f'{{"current": "k1", "keys": {{"k1": "{B64}"}}, "index_key": "MTIz"}}', "'index_key' has 3 bytes"),
        (f'{{"current": "k1", "keys": {{"k1": "???"}}, "index_key": "{B64}"}}', "not base64"),
    ],
)
def test_a_wrong_key_ring_says_what_is_wrong_and_shows_no_key(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as error:
        Keys.parse(text)
    assert B64 not in str(error.value)


@pytest.mark.parametrize(
    "given", [{}, {"key_id": "k1", "nonce": 1, "box": ""}, {"key_id": "k1", "nonce": "?", "box": ""}]
)
def test_what_is_no_box_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Unsealable, match="a sealed box is"):
        Sealed.read(given)
