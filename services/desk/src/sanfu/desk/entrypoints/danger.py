"""Whom to call before anything else, where what is said speaks of danger to life (domain.md, "Urgency")."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.desk.domain.case import RACING
from sanfu.desk.domain.hearing import LISTENED, alarming, words_of
from sanfu.desk.domain.urgency import ALARM
from sanfu.runtime.rules import Refusal


def first(pack: Pack, language: str = "") -> str | None:
    """Return the city's notice in a language; in the city's first one, if it has none in that."""
    notice = pack.notices.get("emergency_first", {})
    return notice.get(language.split("-", maxsplit=1)[0]) or notice.get(pack.locales[0])


def races(case: Mapping[str, Any]) -> bool:
    """Tell whether it is an emergency that nobody has handled yet."""
    return bool(case["urgency"] == ALARM and case["state"] in RACING)


def warning(pack: Pack, command: str, said: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, str]:
    """Return what the answer to a party's command says first, where the words or the case call for it."""
    if command not in LISTENED or not (races(case) or alarming(pack, words_of(command, said))):
        return {}
    notice = first(pack, str(case["language"] or ""))
    return {"warning": notice} if notice else {}


@contextmanager
def warned(pack: Pack, command: str, said: Mapping[str, Any]) -> Iterator[None]:
    """Have a refusal say it too: what can't be done here is danger all the same."""
    try:
        yield
    except Refusal as refusal:
        notice = first(pack) if alarming(pack, words_of(command, said)) else None
        if notice is None:
            raise
        raise Refusal(refusal.status, refusal.slug, refusal.detail, **{**refusal.more, "warning": notice}) from refusal
