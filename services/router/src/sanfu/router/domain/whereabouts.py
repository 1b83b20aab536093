"""Where an issue lies, as routing sees it, and what a reviewer reads where that is in doubt."""

from collections.abc import Mapping
from typing import Any

from sanfu.city.atlas import Atlas, Whereabouts
from sanfu.city.model.pack import Pack

SAYINGS: Mapping[str, Mapping[str, str]] = {
    "zh": {"said": "报送为{town}", "text": "文中为{town}", "point": "坐标落在{town}",
           "outside": "坐标不在任何镇街范围内", "head": "地点有出入：", "disputed": "地点无法断定：", "and": "，",
           "by_text": "属地按文中地名认定", "by_point": "属地按坐标认定"},
    "en": {"said": "reported as {town}", "text": "named as {town}", "point": "the point lies in {town}",
           "outside": "the point lies in no town", "head": "the place is in doubt: ",
           "disputed": "the place can't be told: ", "and": ", ",
           "by_text": "the town by the name in the text", "by_point": "the town by the point"},
}  # fmt: skip


def found(atlas: Atlas, place: Mapping[str, Any], *texts: str | None) -> Whereabouts:
    """Find where it lies. A town that intake found stands: it saw words that were masked or withheld afterwards."""
    taken = place.get("town") and place.get("town_by") in ("point", "text")
    where = atlas.where({**place, "town": None} if taken else place, *texts)
    if not taken:
        return where
    return where._replace(town=place["town"], by=place["town_by"], doubt=False, disputed=False)


def in_doubt(where: Whereabouts) -> bool:
    return where.doubt or where.disputed or where.outside


def contradiction(where: Whereabouts) -> dict[str, Any]:
    """Return it as an event carries it."""
    return {name: getattr(where, name) for name in ("said", "text", "point", "disputed", "outside")}


def claimed(where: Whereabouts) -> list[str]:
    """Name the towns that are spoken of, each once: the words' before the point's."""
    return list(dict.fromkeys(town for town in (where.said, where.text, where.point) if town))


def derived(where: Whereabouts, pack: Pack) -> str | None:
    """Say by what the town is known, where nobody said it."""
    return None if where.by in (None, "said") else _says(pack)[f"by_{where.by}"]


def _says(pack: Pack) -> Mapping[str, str]:
    return SAYINGS["zh" if pack.locales[0].startswith("zh") else "en"]


def sentence(where: Whereabouts, pack: Pack) -> str:
    """Say in the city's language what speaks for which town."""
    locale = pack.locales[0]
    says = _says(pack)
    towns = [(each, town) for each in ("said", "text", "point") if (town := getattr(where, each))]
    parts = [
        says[each].format(town=pack.units[town].name(locale) if town in pack.units else town) for each, town in towns
    ]
    parts += [says["outside"]] if where.outside else []
    return says["disputed" if where.disputed else "head"] + says["and"].join(parts)
