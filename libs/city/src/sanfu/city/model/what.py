"""What comes to a city, and by which channel."""

from dataclasses import dataclass
from datetime import date

from sanfu.city.model.who import Lasting
from sanfu.city.wordlists import WordList


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered source of issues. `keyed`: needs an API key. `public`: anybody may use it, at a limited rate."""

    code: str
    name_zh: str
    name_en: str
    audiences: tuple[str, ...]
    has_contact: str
    note: str
    secrecy_default: str
    party_kind: tuple[str, ...]
    filer_kind: str
    follow_up_of: str
    keyed: bool
    public: bool
    flags: tuple[str, ...] = ()
    """What all that comes by it is marked by."""


@dataclass(frozen=True, slots=True)
class Category(Lasting):
    """What an issue is about. `default_unit` is a unit's code or `@town`; `sure_words` may decide, `keywords` hint."""

    code: str
    name_zh: str
    name_en: str
    audience: str
    audiences: tuple[str, ...]
    default_unit: str
    default_grade: str
    kind: str
    urgency_default: str
    secrecy_default: str
    assist_units: tuple[str, ...]
    keywords: tuple[str, ...]
    sure_words: WordList
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: str | None = None

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en
