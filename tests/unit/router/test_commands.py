"""`python -m sanfu.router`: which words start the service, and which look back."""

import os
import subprocess
import sys


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SANFU_")}
    command = [sys.executable, "-m", "sanfu.router", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=bare, timeout=60)


def test_a_rebuild_is_the_services_own_and_no_offline_command() -> None:
    done = said("--rebuild")
    assert (done.returncode, "SANFU_CITY is not set" in done.stderr) == (2, True)


def test_an_unknown_command_names_those_there_are() -> None:
    done = said("backtset")
    assert done.returncode == 1
    assert "report, backtest" in done.stderr


def test_without_a_pack_a_look_back_says_what_to_set() -> None:
    done = said("report")
    assert (done.returncode, "SANFU_CITY is not set" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
