"""When two issues seem to be about the same thing: the policy's section `duplicates`."""

from sanfu.city.model.policy import LIKENESSES, Duplicates, Meaning
from sanfu.city.quantities import count, share
from sanfu.city.reading import Section

HEAVIEST = 100


def duplicates(section: Section) -> Duplicates:
    """Read the section; what it leaves out is as in `Duplicates`."""
    least = Duplicates()
    found = Duplicates(
        weights=_weights(section.section("weights")) if section.has("weights") else least.weights,
        threshold=section.parsed("threshold", share, least.threshold),
        same_party=section.parsed("same_party", share, least.same_party),
        least_said=section.parsed("least_said", share, least.least_said),
        days=section.parsed("days", count, least.days),
        half_metres=section.parsed("half_metres", count, least.half_metres),
        half_days=section.parsed("half_days", count, least.half_days),
        most=section.parsed("most", count, least.most),
        meaning=_meaning(section.section("meaning")) if section.has("meaning") else None,
    )
    if found.same_party > found.threshold:
        section.wrong("same_party", "is more than the threshold", "the same party needs no more likeness than others")
    section.done()
    return found


def _meaning(section: Section) -> Meaning:
    missing = [key for key in ("weight", "doubt", "threshold") if not section.has(key)]
    for key in missing:
        section.wrong(key, "is missing", f"add {key}, or leave the whole section out")
    found = Meaning(
        weight=section.parsed("weight", _weight, 0.0),
        doubt=section.parsed("doubt", share, 1.0),
        threshold=section.parsed("threshold", share, 1.0),
    )
    section.done()
    return found


def _weights(section: Section) -> dict[str, float]:
    found = {part: section.parsed(part, _weight, 0.0) for part in LIKENESSES}
    section.done()
    if not any(found.values()):
        section.findings.add(section.place, "weighs nothing", f"give one of {', '.join(LIKENESSES)} a weight")
        return dict.fromkeys(LIKENESSES, 1.0)
    return found


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= HEAVIEST:
        raise ValueError(f"write a weight from 0 to {HEAVIEST}")
    return weight
