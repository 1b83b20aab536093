"""Receipt numbers and issue ids."""

import itertools
import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.contracts import receipts
from sanfu.intake.domain import ids
from tests.unit.intake.world import NOW

digests = st.text(alphabet="0123456789abcdef", min_size=64, max_size=64)


@given(digests)
def test_a_receipt_number_is_read_back_however_it_is_written(digest: str) -> None:
    number = receipts.number(digest)
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    heard = number.replace("0", "O").replace("1", "l")
    for written in (number, number.lower(), number.replace("-", ""), number.replace("-", " "), wide, heard):
        assert receipts.read(written) == number


@given(digests)
def test_a_city_may_put_its_letters_before(digest: str) -> None:
    number = receipts.number(digest, "YW-")
    assert number.startswith("YW-")
    assert receipts.read(number.lower(), "YW-") == number
    assert receipts.read(number.removeprefix("YW-"), "YW-") == number


@given(digests, st.data())
def test_every_single_wrong_character_is_found(digest: str, data: st.DataObject) -> None:
    bare = receipts.number(digest).replace("-", "")
    at = data.draw(st.integers(0, len(bare) - 1))
    wrong = data.draw(st.sampled_from([c for c in receipts.ALPHABET if c != bare[at]]))
    assert receipts.read(bare[:at] + wrong + bare[at + 1 :]) is None


@given(digests)
def test_every_swap_of_neighbours_is_found(digest: str) -> None:
    bare = receipts.number(digest).replace("-", "")
    for at, (one, other) in enumerate(itertools.pairwise(bare)):
        if one != other:
            assert receipts.read(bare[:at] + other + one + bare[at + 2 :]) is None


@pytest.mark.parametrize(
    "text", ["", "7", "7K3T-09RW-51XY", "7K3T-09RW-51XY-82044", "AAAA-AAAA-AAAA-AAAA", "0" * 17, "😀" * 16]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert receipts.read(text) is None


def test_the_same_channel_and_key_give_the_same_id_and_nothing_else_does() -> None:
    made = [
        ids.keyed(*each) for each in (("a", "key", "1"), ("b", "key", "1"), ("a", "external", "1"), ("a", "key", "2"))
    ]
    assert len(set(made)) == 4
    assert ids.keyed("a", "key", "1") == made[0]
    assert uuid.UUID(made[0]).version == 5


def test_unkeyed_ids_are_of_version_7_and_hold_their_instant() -> None:
    chance = random.Random(7)
    for _ in range(100):
        made = uuid.UUID(ids.unkeyed(NOW, chance.randbytes(10)))
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert made.int >> 80 == int(NOW.timestamp() * 1000)
