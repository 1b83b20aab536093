"""What a channel's form looks like to who fills it in, or fills lists for it."""

from typing import Any

from sanfu.city.model import Pack


def shown(pack: Pack, code: str, locale: str) -> dict[str, Any]:
    """Return a channel's form, worded in a language of the city."""
    form, channel = pack.form_of(code), pack.channels[code]
    return {
        "channel": code,
        "title": form.title[locale],
        "keyed": channel.keyed,
        "audiences": list(channel.audiences),
        "party_kinds": list(channel.party_kind),
        "filer": None if channel.filer_kind == "none" else channel.filer_kind,
        "must": list(form.must),
        "may": list(form.takes),
        "flags": None if form.flags is None else list(form.flags),
        "answers": form.schema(locale),
        "columns": {**pack.columns, **form.columns, **_of_questions(pack, code)},
    }


def _of_questions(pack: Pack, code: str) -> dict[str, str]:
    """Header → `answers.<code>`: a question's title in any language, its code, and what else the pack calls it."""
    return {
        header: f"answers.{question.code}"
        for question in pack.form_of(code).questions.values()
        for header in (*question.title.values(), question.code, *question.headers)
    }
