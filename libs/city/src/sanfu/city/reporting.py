"""What `sanfu city check` prints: the problems as a table, or what the pack holds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from sanfu.city.loading import Check, load
from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem


def check_report(path: Path, today: date | None = None, further: Sequence[Check] = ()) -> tuple[bool, list[str]]:
    """Check the pack in a directory: (it can be used, lines to print).

    Each problem is two lines: file:line, key and what is wrong; then what would be right. Remarks that are not fatal
    are shown as such. `today` decides which units are gone; it is the present day unless given.
    """
    loaded = load(path, today or datetime.now(UTC).date(), further)
    lines = [line for problem in loaded.problems for line in told(problem)]
    if loaded.pack is None:
        fatal = sum(problem.fatal for problem in loaded.problems)
        return False, [*lines, "", f"{fatal} problem{'s' if fatal > 1 else ''}: the pack can't be used"]
    return True, [*lines, *_summary(loaded.pack)]


def told(problem: Problem) -> list[str]:
    """Write a problem in two lines: where and what is wrong; what would be right."""
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    key = f"  {problem.key}" if problem.key else ""
    remark = "" if problem.fatal else "  (remark)"
    return [f"{where}{key}: {problem.message}{remark}", f"    → {problem.cure}"]


def _summary(pack: Pack) -> list[str]:
    kinds = sum(unit.kind in ("department", "vertical") for unit in pack.units.values())
    atlas = pack.atlas
    counts = {
        "units": f"{len(pack.units)} ({kinds} departments, {len(pack.towns)} towns)",
        "staff": str(len(pack.staff)),
        "channels": str(len(pack.channels)),
        "categories": str(len(pack.categories)),
        "areas": f"{len(atlas.areas)} ({len(atlas.towns)} of towns), {len(atlas.listed)} names of places",
        "rules": f"{len(pack.rules)} ({sum(not rule.active for rule in pack.rules)} switched off)",
        "clocks": str(len(pack.policy.clocks)),
        "messages": f"{len({template.id for template in pack.templates})} in {', '.join(pack.locales)}",
    }
    name = " / ".join(pack.name.values())
    head = f"{name}: sound, version {pack.version}, {pack.zone}"
    return [head, *(f"  {what:<11}{count}" for what, count in counts.items())]
