"""The sentence encoder in its process: what it is worth in Chinese, and that nothing of it hurts who asks."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sanfu.router.adapters import encoder as module
from sanfu.router.adapters.encoder import COMMAND, Encoder
from sanfu.router.ports import Silent
from tests.support.eventually import eventually

DARK = "路灯坏了三天，晚上一片漆黑"


@pytest.fixture
async def encoder() -> AsyncIterator[Encoder]:
    encoder = Encoder()
    yield encoder
    await encoder.stop()
    assert not encoder.up


def saying(code: str) -> Encoder:
    """An encoder whose process does what Python is told."""
    return Encoder((sys.executable, "-I", "-c", code))


def process(encoder: Encoder) -> int:
    assert encoder._process is not None
    return encoder._process.pid


async def test_the_same_in_other_words_or_another_language_is_nearer_than_something_else(encoder: Encoder) -> None:
    near = await encoder.near(
        DARK,
        [
            "这条街照明失灵好几晚，黑得看不见路",
            "The street lamp has been out for three days, it is dark at night",
            "出口退税申请了两个月还没有到账",
            "The noise of the square dance is too loud",
        ],
    )
    assert min(near[:2]) > max(near[2:]) + 0.1
    assert (await encoder.near(DARK, [DARK])) == pytest.approx([1.0], abs=0.001)


async def test_it_takes_whatever_is_written(encoder: Encoder) -> None:
    odd = ["", "\n", "\x00", "\ud800 half a sign", "😀" * 50, "字" * 100_000, "a" * 100_000, '["', "٣ 路灯"]
    near = await encoder.near(odd[3], odd)
    assert len(near) == len(odd)
    assert all(-1.01 <= each <= 1.01 for each in near)
    assert await encoder.near(DARK, []) == []


async def test_its_process_is_in_no_hurry_has_one_thread_and_knows_nothing_of_ours(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANFU_KEYS", "the-ring")
    await encoder.near(DARK, [DARK])
    where = Path("/proc") / str(process(encoder))
    assert int((where / "stat").read_text().rpartition(")")[2].split()[16]) == min(os.nice(0) + 10, 19)
    assert b"SANFU" not in (where / "environ").read_bytes()
    assert "Threads:\t1\n" in (where / "status").read_text()


def test_it_opens_no_connection_and_ends_with_whoever_asks_it() -> None:
    watched = (
        "import sys; sys.addaudithook(lambda event, _: event.startswith('socket.') and sys.exit(99));"
        "from sanfu.router.adapters.encoding import main; main()"
    )
    given = json.dumps([DARK, DARK]).encode() + b"\n"
    done = subprocess.run([sys.executable, "-I", "-c", watched], check=False, input=given, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"ready\n[1.0]\n"), done.stderr


async def test_one_that_is_killed_while_it_is_asked_is_silent_for_a_while_and_then_there_again(
    encoder: Encoder,
) -> None:
    await encoder.near(DARK, [DARK])
    before = process(encoder)
    os.kill(before, signal.SIGSTOP)
    asked = asyncio.ensure_future(encoder.near(DARK, [DARK]))
    await asyncio.sleep(0)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(Silent):
        await asked
    with pytest.raises(Silent, match="rests"):
        await encoder.near(DARK, [DARK])
    encoder._not_before = 0.0
    assert await encoder.near(DARK, [DARK]) == pytest.approx([1.0], abs=0.001)
    assert process(encoder) != before


async def test_one_that_was_killed_between_two_questions_is_there_for_the_second(encoder: Encoder) -> None:
    await encoder.near(DARK, [DARK])
    os.kill(process(encoder), signal.SIGKILL)
    await eventually(lambda: not encoder.up)
    assert await encoder.near(DARK, [DARK]) == pytest.approx([1.0], abs=0.001)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "raise SystemExit(1)",
        "print('hello', flush=True); input()",
        "print('ready', flush=True); input(); print('not JSON', flush=True)",
        "print('ready', flush=True); input(); print('[]', flush=True)",
        "print('ready', flush=True); input(); print('[0.1, 0.2]', flush=True)",
        "print('ready', flush=True); input(); print('[null]', flush=True)",
        "print('ready', flush=True); input(); print('9' * 10_000_000, flush=True)",
    ],
    ids=["ends", "fails", "says something else", "no JSON", "too few", "too many", "no number", "a flood"],
)
async def test_whatever_it_does_instead_of_answering_is_silence_and_leaves_no_process(code: str) -> None:
    encoder = saying(code)
    with pytest.raises(Silent):
        await encoder.near(DARK, [DARK])
    assert not encoder.up


async def test_one_that_takes_too_long_is_silent_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWERING", 0.2)
    encoder = saying("print('ready', flush=True); input(); input()")
    with pytest.raises(Silent):
        await encoder.near(DARK, [DARK])
    assert not encoder.up


async def test_each_failure_doubles_the_rest_and_a_command_that_is_not_there_is_one() -> None:
    encoder = Encoder(("/nowhere/python",))
    for _ in range(3):
        encoder._not_before = 0.0
        with pytest.raises(Silent):
            await encoder.near(DARK, [DARK])
    assert encoder._pause == module.PAUSE * 8


async def test_who_is_cancelled_while_asking_leaves_no_answer_to_the_next(encoder: Encoder) -> None:
    await encoder.near(DARK, [DARK])
    first = asyncio.ensure_future(encoder.near(DARK, ["出口退税"] * 50))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await encoder.near(DARK, [DARK]) == pytest.approx([1.0], abs=0.001)


def test_the_command_is_this_python() -> None:
    assert COMMAND[0] == sys.executable
