"""What a channel's form looks like to who fills it in, or fills lists for it."""

from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.intake.domain.lists import columns


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
        "columns": columns(pack, code),
    }
