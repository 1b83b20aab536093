"""Receipt numbers: what a party is told, and may read out over a phone.

Sixteen characters of sixteen: the digits, and six letters no two of which sound or look alike, nor like a digit. The
last checks the others (Damm, over GF(16)): every single wrong character and every swap of neighbours is found.

A number is cut from an HMAC of the issue's id: so it can be made before anything is stored and comes out the same when
a request is repeated, it tells neither channel nor how many there are, and nobody without the key gets from id to
number. Of its 2^60 values ten million issues leave one to guess in 10^11; two of them share a number with a
probability of 1 in 20,000 (and then see each other's state and dates, no more).
"""

import re

from sanfu.contracts.masking import plain

ALPHABET = "0123456789KRTWXY"
LENGTH = 16
_HEARD = str.maketrans("OIL", "011")
"""What people write for digits that look like them: none of these letters is in the alphabet."""


def number(digest: str, prefix: str = "") -> str:
    """Make the number from a keyed digest, in hex, of at least 15 digits: `7K3T-09RW-51XY-8204`. A city may put the
    same few characters before all of them."""
    values = [int(digit, 16) for digit in digest[: LENGTH - 1]]
    values.append(_check(values))
    text = "".join(ALPHABET[value] for value in values)
    return prefix + "-".join(text[at : at + 4] for at in range(0, LENGTH, 4))


def read(text: str, prefix: str = "") -> str | None:
    """Return the number in its one form, however it was written down; None if it can't be one."""
    written = plain(text).removeprefix(plain(prefix)) if prefix else plain(text)
    bare = re.sub(r"[\s\-\u2010-\u2015]", "", written).upper().translate(_HEARD)
    if len(bare) != LENGTH or not set(bare) <= set(ALPHABET):
        return None
    values = [ALPHABET.index(character) for character in bare]
    return number("".join(f"{value:x}" for value in values[:-1]), prefix) if _check(values) == 0 else None


def _check(values: list[int]) -> int:
    """Return the character that makes the check of all of them 0."""
    check = 0
    for value in values:
        doubled = (check ^ value) << 1
        check = doubled ^ 0x13 if doubled & 0x10 else doubled
    return check
