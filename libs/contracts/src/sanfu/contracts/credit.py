"""Unified social credit codes (GB 32100-2015): by which an enterprise or organisation is registered.

Eighteen characters of 31: digits and capitals but I, O, S, V and Z; the last checks the others.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def check_character(body: str) -> str:
    """Return the eighteenth character to seventeen. Raises ValueError for a character that no code has."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def right(code: str) -> bool:
    """Tell whether it is a code, written in capitals, whose last character checks the others."""
    return len(code) == LENGTH and set(code) <= set(ALPHABET) and check_character(code[:-1]) == code[-1]
