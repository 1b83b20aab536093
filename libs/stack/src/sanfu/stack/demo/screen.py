"""How the demo shows itself: a line of progress, and a table at the end."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sanfu.city.model.pack import Pack
from sanfu.stack.demo.checks import Check
from sanfu.stack.demo.figures import LIGHTS, PROMISE, Figures
from sanfu.stack.demo.play import Progress as Stand

SHOWN = 3
"""So many of the issues by which two sources differ are named."""
STATES = {
    "queued": "待发", "held": "暂缓", "sending": "发送中", "sent": "已发", "delivered": "已达", "failed": "失败",
    "skipped": "略过", "unknown": "不明",
}  # fmt: skip
"""The states of deliveries, as the city calls them."""
MARKS = {"yellow": "[yellow]▲[/] yellow", "red": "[red]■[/] red"}


class Screen:
    """A bar while the play runs: what is done of what, and what time it is there."""

    def __init__(self, console: Console, pack: Pack, reports: int) -> None:
        self._zone, self._reports = ZoneInfo(pack.zone), reports
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(),
            TextColumn("[cyan]{task.fields[clock]}[/]"), TimeElapsedColumn(), console=console,
        )  # fmt: skip
        self._task = self.bar.add_task("reports come in", total=reports, clock="")

    def show(self, stand: Stand) -> None:
        phase = "reports come in" if stand.sent < self._reports else "officers finish"
        self.bar.update(self._task, description=f"{phase}, {stand.sent} sent", completed=stand.resting,
                        clock=self.local(stand.now))  # fmt: skip

    def local(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%a %Y-%m-%d %H:%M}"


def table(figures: Figures, pack: Pack) -> Table:
    """Return the figures for people."""
    shown = Table("figure", "", "of which", title=f"{pack.name['en']}: what became of it", title_justify="left")
    shown.columns[1].justify = "right"
    shown.add_row("received", _sum(figures.received), _most_first(figures.received))
    shown.add_row("assigned", _sum(figures.assigned), _most_first(figures.assigned))
    shown.add_row("closed in time", _sum(figures.closed_in_time), _parts(figures.closed_in_time))
    shown.add_row("closed late", _sum(figures.closed_late), _parts(figures.closed_late))
    shown.add_row("open", str(figures.open))
    for light in LIGHTS:
        shown.add_row(MARKS[light], str(figures.turned(light)), _other_clocks(figures.lights[light]))
    shown.add_row("SMS", str(figures.sms))
    shown.add_row("e-mails", str(figures.emails))
    shown.add_row("letters", str(figures.letters))
    named = {f"{STATES.get(state, '')} {state}".strip(): number for state, number in figures.deliveries.items()}
    shown.add_row("告知 deliveries", _sum(named), _most_first(named))
    shown.add_row("dead letters", str(figures.dead_letters))
    return shown


def verdict(figures: Figures) -> Table:
    """Return what was held against what, and whether it agrees."""
    return _held(figures.checks, "Does it add up?")


def loop(figures: Figures) -> Table:
    """Return the figures of the loop, each with the two that tell it."""
    shown = _held(figures.loop, "The loop")
    shown.add_row("", "orders by cause", "the desk", _parts(figures.orders_by_cause))
    return shown


def _held(checks: Sequence[Check], title: str) -> Table:
    shown = Table("", "what", "told by", "", title=title, title_justify="left")
    for check in checks:
        mark = "[green]✓[/]" if check.holds else "[red]✗[/]"
        said = _short(check.one) if check.holds else f"[red]{_difference(check.one, check.other)}[/]"
        shown.add_row(mark, check.what, check.whose, said)
    return shown


def _short(value: object) -> str:
    match value:
        case Mapping():
            return ", ".join(f"{k} {v}" for k, v in sorted(value.items()))
        case Set():
            return str(len(value))
    return str(value)


def _difference(one: object, other: object) -> str:
    """Say how two sources differ; where they name things, name the first that only one of them knows."""
    said = f"{_short(one)} ≠ {_short(other)}"
    if isinstance(one, Set) and isinstance(other, Set):
        return f"{said}: {', '.join(sorted(map(str, one ^ other))[:SHOWN])}"
    return said


def _sum(parts: Mapping[str, int]) -> str:
    return str(sum(parts.values()))


def _parts(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in parts.items())


def _other_clocks(clocks: Mapping[str, int]) -> str:
    others = {clock: number for clock, number in clocks.items() if clock != PROMISE}
    """Name what the count is of: issues, in whichever round, by the city's promise."""
    return f"on {PROMISE}, in any round" + (f"; other clocks: {_parts(others)}" if others else "")


def _most_first(parts: Mapping[str, int]) -> str:
    ordered = sorted(parts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{code} {number}" for code, number in ordered)
