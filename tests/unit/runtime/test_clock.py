import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from sanfu.runtime.clock import Anchor, AnchoredClock, ManualClock, SystemClock, read_anchor, write_anchor

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class RealTime:
    """The real time that an anchored clock is told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_anchor(tmp_path / "clock.json", Anchor(NOON, NOON, 1))
    return tmp_path / "clock.json"


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make clocks look at their anchor every time."""
    monkeypatch.setattr("sanfu.runtime.clock.LOOK_EVERY", 0)


async def took(act: Callable[[], Awaitable[None]], *, at_most: float) -> float:
    """Seconds that it took the first time that it took less than so many; else the last of some tries: that a machine
    stands still says nothing of what is measured."""
    for _ in range(4):
        began = time.monotonic()
        await act()
        if (seconds := time.monotonic() - began) < at_most:
            break
    return seconds


def test_the_system_clock_tells_utc_in_whole_milliseconds() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


@pytest.mark.usefixtures("eager")
def test_an_anchored_clock_runs_at_the_rate_of_its_anchor(path: Path) -> None:
    real = RealTime()
    clock = AnchoredClock(path, real)
    write_anchor(path, Anchor(NOON, NOON, 60))
    real.now += timedelta(minutes=1)
    assert clock.now() == NOON + HOUR


@pytest.mark.usefixtures("eager")
def test_at_rate_zero_an_anchored_clock_stands(path: Path) -> None:
    real = RealTime()
    clock = AnchoredClock(path, real)
    write_anchor(path, Anchor(NOON + HOUR, NOON, 0))
    real.now += HOUR * 24
    assert clock.now() == NOON + HOUR


@pytest.mark.usefixtures("eager")
def test_an_anchor_in_the_past_makes_the_clock_stand_until_it_is_reached(path: Path) -> None:
    real = RealTime()
    clock = AnchoredClock(path, real)
    assert clock.now() == NOON
    write_anchor(path, Anchor(NOON - HOUR, NOON, 1))
    assert clock.now() == NOON
    real.now += HOUR * 2
    assert clock.now() == NOON + HOUR


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "{",
        "[]",
        "7",
        '{"virtual": "2030-01-01T00:00:00Z"}',
        '{"virtual": "2030-01-01T00:00:00", "real": "2026-01-05T12:00:00Z", "rate": 1}',
        '{"virtual": "2030-01-01T00:00:00Z", "real": "2026-01-05T12:00:00Z", "rate": -1}',
        '{"virtual": "2030-01-01T00:00:00Z", "real": "2026-01-05T12:00:00Z", "rate": [1]}',
        None,
    ],
)
def test_a_garbled_or_missing_file_leaves_the_last_anchor(path: Path, garbage: str | None) -> None:
    real = RealTime()
    clock = AnchoredClock(path, real)
    if garbage is None:
        path.unlink()
    else:
        path.write_text(garbage)
    real.now += HOUR
    assert clock.now() == NOON + HOUR


def test_a_clock_without_any_anchor_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        AnchoredClock(tmp_path / "none.json")


def test_a_jump_is_seen_within_100_milliseconds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0.0
    monkeypatch.setattr("sanfu.runtime.clock.time", SimpleNamespace(monotonic=lambda: passed))
    clock = AnchoredClock(path, RealTime())
    write_anchor(path, Anchor(NOON + HOUR, NOON, 0))
    passed = 0.005
    assert clock.now() == NOON
    passed = 0.1
    assert clock.now() == NOON + HOUR


async def test_a_jump_of_the_anchor_wakes_sleepers(path: Path) -> None:
    async def woken() -> None:
        write_anchor(path, Anchor(NOON, NOON, 0))
        clock = AnchoredClock(path)
        sleeper = asyncio.create_task(clock.sleep_until(NOON + HOUR))
        write_anchor(path, Anchor(NOON + HOUR, NOON, 0))
        await sleeper
        assert clock.now() == NOON + HOUR

    assert await took(woken, at_most=0.5) < 0.5


def test_an_anchor_is_read_as_it_was_written(path: Path) -> None:
    anchor = Anchor(NOON + timedelta(milliseconds=7), NOON, 0.5)
    write_anchor(path, anchor)
    assert read_anchor(path) == anchor
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_setting_a_manual_clock_wakes_those_whose_instant_has_come() -> None:
    clock = ManualClock(NOON)
    early = asyncio.create_task(clock.sleep_until(NOON + HOUR))
    late = asyncio.create_task(clock.sleep_until(NOON + HOUR * 3))
    await asyncio.sleep(0)
    clock.advance(HOUR)
    await early
    assert not late.done()
    clock.advance(HOUR * 2)
    await late
    assert clock.now() == NOON + HOUR * 3


def test_a_manual_clock_never_goes_back() -> None:
    clock = ManualClock(NOON)
    with pytest.raises(ValueError, match="never goes back"):
        clock.set(NOON - HOUR)


@pytest.mark.parametrize("kind", ["system", "anchored", "manual"])
class TestEveryClock:
    def clock(self, kind: str, path: Path) -> SystemClock | AnchoredClock | ManualClock:
        match kind:
            case "system":
                return SystemClock()
            case "anchored":
                return AnchoredClock(path)
            case _:
                return ManualClock(NOON)

    async def test_a_sleeper_wakes_after_a_second_at_the_latest(self, kind: str, path: Path) -> None:
        clock = self.clock(kind, path)
        assert 0.9 < await took(lambda: clock.sleep_until(clock.now() + HOUR), at_most=3) < 3

    async def test_a_past_instant_is_not_waited_for(self, kind: str, path: Path) -> None:
        clock = self.clock(kind, path)
        assert await took(lambda: clock.sleep_until(clock.now() - HOUR), at_most=0.5) < 0.5

    async def test_waiting_in_a_loop_is_never_early(self, kind: str, path: Path) -> None:
        clock = self.clock(kind, path)
        instant = clock.now() + timedelta(milliseconds=30)
        if isinstance(clock, ManualClock):
            asyncio.get_running_loop().call_later(0.01, clock.set, instant)
        while clock.now() < instant:
            await clock.sleep_until(instant)
        assert clock.now() >= instant
