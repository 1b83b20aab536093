"""Take from a text what tells who the party or filer is, leaving its length and everything else as it was.

Phone numbers, ID numbers and e-mail addresses are found by their form; names and addresses only where they are this
party's or filer's own: other people's names can't be found reliably.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

MASK = "*"
_MARK = "\0"
"""Stands for a masked character while searching; no text from outside holds it."""
_HAN_DIGITS = dict(zip("〇零一二三四五六七八九幺", "001234567891", strict=True))
_INVISIBLE = {"Cf", "Zs", "Mn", "Me"}
"""Zero-width characters, spaces and combining marks: between digits they separate, and change no number."""


class _Folding(dict[int, str]):
    """A table for str.translate that maps each character to one plain character: ０ to 0, ＠ to @, — to -, 八 to 8."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(character: str) -> str:
    if character in _HAN_DIGITS:
        return _HAN_DIGITS[character]
    plain = unicodedata.normalize("NFKC", character).lower()
    plain = plain if len(plain) == 1 else character
    digit = unicodedata.digit(plain, None)
    if digit is not None:
        return str(digit)
    kind = unicodedata.category(plain)
    return " " if kind in _INVISIBLE else "-" if kind == "Pd" else plain


_FOLDING = _Folding()

_SEP = r"[ \t\n.\-_/·•()]{0,3}"
_GAPS = " \t\n.-_/·•()"
"""What may stand between the characters of a number or a name without hiding it."""


def _forms(*forms: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(form) for form in forms)


EMAILS = _forms(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]+ ?@ ?[a-z0-9\-]+(?:\.[a-z0-9\-]+)+",
    r"(?<![\w.+\-])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+",  # in other scripts
)
IDS = _forms(
    r"(?<![0-9])[1-9](?:[ .\-·]?[0-9]){16}[ .\-·]?[0-9x](?![0-9a-z])",
    r"(?<![0-9])[1-9][0-9]{7}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])[0-9]{3}(?![0-9])",  # until 2012
)
MOBILES = _forms(rf"(?<![0-9])(?:(?:\+|00)?86{_SEP})?1{_SEP}[3-9](?:{_SEP}[0-9]){{9}}(?![0-9])")
OTHER_PHONES = _forms(
    rf"\+[0-9](?:{_SEP}[0-9]){{7,14}}(?![0-9])",  # with a country's code
    rf"(?<![0-9])\(?0[0-9]{{2,3}}{_SEP}[0-9]{{3,4}}{_SEP}[0-9]{{4}}(?![0-9])",  # with an area's code
)
_LONG_NUMBER = re.compile("[0-9]{8}")
"""What a text without its gaps must hold to hold any of these numbers: most texts are not searched for each."""
FORMS = (*EMAILS, *IDS, *MOBILES, *OTHER_PHONES)
"""What tells who somebody is, or how to reach them, by its form alone."""


@dataclass(frozen=True, slots=True)
class Own:
    """A value of this report's people: what a text must hold, without its gaps, to have it. `number`: a phone's."""

    bare: str
    number: bool = False

    def hidden(self, folded: str, bare: str) -> str:
        """Mark every occurrence. A pattern is made only for who is there: making one takes longer than all else."""
        if self.bare not in bare:
            return folded
        return re.sub(_SEP.join(self.bare) if self.number else _literal(self.bare), _marked, folded)


def _marked(found: re.Match[str]) -> str:
    return _MARK * len(found[0])


@dataclass(frozen=True, slots=True)
class Mask:
    """Masks for one report: the forms, and its own people's values."""

    own: tuple[Own, ...]
    forms: tuple[re.Pattern[str], ...] = FORMS

    @classmethod
    def of(cls, people: Iterable[Mapping[str, Any]]) -> "Mask":
        """Make the mask for people with any of `name`, `phone`, `email`, `address`, and a guardian's."""
        return cls(tuple(value for person in people for value in _own(person)))

    def by(self, *forms: re.Pattern[str]) -> "Mask":
        """Return the mask for the same people that knows these forms only."""
        return replace(self, forms=forms)

    def text(self, text: str) -> str:
        """Return the text with `*` for each character that tells who it is; the same object if there is none."""
        searched = folded = text.translate(_FOLDING)
        bare = _closed_up(folded)
        for value in self.own:
            searched = value.hidden(searched, bare)
        mails, numbers = "@" in folded, _LONG_NUMBER.search(bare) is not None
        for pattern in self.forms if mails or numbers else ():
            if mails if pattern in EMAILS else numbers:
                searched = pattern.sub(_marked, searched)
        if searched == folded:
            return text
        return "".join(MASK if mark == _MARK else was for mark, was in zip(searched, text, strict=True))

    def value(self, value: Any) -> Any:
        """Mask every text, and every number that is a phone's, in a JSON value; keys are the channel's own codes."""
        match value:
            case str():
                return self.text(value)
            case bool() | None:
                return value
            case int() | float():
                shown = str(value)
                return value if (masked := self.text(shown)) is shown else masked
            case Mapping():
                return {key: self.value(item) for key, item in value.items()}
            case _:
                return [self.value(item) for item in value]


def plain(text: str) -> str:
    """Return the text in the form in which it is compared: widths, cases, digits of other scripts made one."""
    return text.translate(_FOLDING).strip()


def _closed_up(folded: str) -> str:
    for gap in _GAPS:
        folded = folded.replace(gap, "")
    return folded


def digits(phone: str) -> str:
    """Return a phone's digits, without the country's code."""
    found = "".join(re.findall("[0-9]", plain(phone)))
    return re.sub(r"^(?:00)?86(?=1[3-9][0-9]{9}$)", "", found)


def dialled(phone: str) -> str:
    """Return a phone as dialled from within the country: digits, and `+` before another country's code."""
    abroad = plain(phone).startswith(("+", "00")) and not re.match(r"\+86|0086", plain(phone))
    return f"+{digits(phone).removeprefix('00')}" if abroad else digits(phone)


def _own(person: Mapping[str, Any]) -> Iterable[Own]:
    for field in ("address", "email", "own_email", "name", "guardian"):
        if value := _closed_up(plain(person.get(field) or "")):
            yield Own(value)
    for number in map(digits, filter(None, (person.get("phone"), person.get("own_phone")))):
        for part in (number, number[4:], number[3:]) if number.startswith("0") else (number,):
            if len(part) >= 5:
                yield Own(part, number=True)


def _literal(value: str) -> str:
    """Find a value wherever it stands, also with gaps inside; one of Latin letters as whole words only."""
    body = _SEP.join(map(re.escape, value))
    before, after = (at.isascii() and at.isalnum() for at in (value[0], value[-1]))
    return ("(?<![a-z0-9])" if before else "") + body + ("(?![a-z0-9])" if after else "")
