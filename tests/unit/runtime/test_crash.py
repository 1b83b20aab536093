import os
import signal
import subprocess
import sys

import pytest

from sanfu.runtime.crash import CRASHPOINTS, asked, declare

PASS_THREE_TIMES = """
from sanfu.runtime.crash import crashpoint, declare
declare("toy.here", "nothing")
declare("toy.there", "nothing")
for passage in range(1, 4):
    crashpoint("toy.here")
    print(passage, flush=True)
"""


def run(crash: str | None, code: str = PASS_THREE_TIMES) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SANFU_CRASH": crash} if crash else dict(os.environ)
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("crash", "passed"), [("toy.here", 0), ("toy.here:1", 0), ("toy.here:3", 2)])
def test_a_process_kills_itself_at_the_passage_that_was_asked_for(crash: str, passed: int) -> None:
    done = run(crash)
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.split()) == passed


@pytest.mark.parametrize("crash", [None, "toy.there", "toy.here:4"])
def test_a_process_that_was_not_asked_lives(crash: str | None) -> None:
    done = run(crash)
    assert done.returncode == 0
    assert done.stdout.split() == ["1", "2", "3"]


def test_an_undeclared_name_is_found_out_as_soon_as_any_crash_is_asked_for() -> None:
    done = run("toy.there", 'from sanfu.runtime.crash import crashpoint; crashpoint("toy.nowhere")')
    assert "toy.nowhere is not declared" in done.stderr


def test_a_declaration_enters_the_table_once() -> None:
    declare("toy.table", "a line")
    declare("toy.table", "a line")
    assert CRASHPOINTS["toy.table"] == "a line"
    with pytest.raises(ValueError, match="declared twice"):
        declare("toy.table", "another line")
    del CRASHPOINTS["toy.table"]


@pytest.mark.parametrize("text", ["a:0", "a:-1", "a:x", "a:1:2"])
def test_a_hit_is_a_number_from_1(text: str) -> None:
    with pytest.raises(ValueError, match="a hit is a number from 1"):
        asked(text)
