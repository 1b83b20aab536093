"""Take out of what officers write the numbers by which a person could be reached or known.

Found by their form only: mobile phones, ID numbers and, in internal texts, e-mail addresses. A public reply keeps
addresses of offices and their lines. Names can't be found reliably.
"""

import re

MASK = "*"
_GAP = r"[ \t.\-·]?"
_NUMBERS = re.compile(
    rf"(?<![0-9])1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"  # mobile phone
    rf"|(?<![0-9])[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9xX](?![0-9A-Za-z])"  # ID number
)
_ADDRESSES = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")


def masked(text: str, *, public: bool = False) -> str:
    """Return the text with `*` in place of each character of a number; of the same length."""
    numberless = _NUMBERS.sub(_stars, text)
    return numberless if public else _ADDRESSES.sub(_stars, numberless)


def _stars(found: re.Match[str]) -> str:
    return MASK * len(found[0])
