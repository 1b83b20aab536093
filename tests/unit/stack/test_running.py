"""What a running stack is told and does not hear, and what is looked at before a program is stopped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sanfu.stack.cli import app
from sanfu.stack.programs import PartError
from sanfu.stack.running import check_settings, ignored, settings_of
from sanfu.stack.stack import Stack, Status

HOLDING = """
import os, sys, time
from pathlib import Path
from sanfu.stack.state import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
"""What a supervisor is to whoever looks: a process that holds the lock."""
NOTHING: dict[str, Any] = {"only": (), "base": None, "city": None, "broker": {}}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that was brought up with a setting or two, in a directory of its own."""
    for name in [name for name in os.environ if name.startswith("SANFU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SANFU_ROOT", str(tmp_path))
    (tmp_path / "cities" / "yiwu").mkdir(parents=True)
    found = Stack("main", only=("kafka", "notify"), broker={"log.flush": "1"})
    found.plan.write()
    given = {"SANFU_PROVIDERS_FILE": "providers.json", "SANFU_SMS_AT_ONCE": "7"}
    command = [sys.executable, "-c", HOLDING, str(found.places.lock)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **given}, cwd=tmp_path
    ) as supervisor:
        assert supervisor.stdout
        assert supervisor.stdout.readline() == b"held\n"
        yield found
        supervisor.communicate()


def test_it_is_known_with_which_settings_a_stack_was_brought_up(stack: Stack) -> None:
    known = settings_of(stack)
    assert known is not None
    assert (known["SANFU_PROVIDERS_FILE"], known["SANFU_SMS_AT_ONCE"]) == ("providers.json", "7")
    assert "PATH" not in known
    assert settings_of(Stack("other")) is None, "which is not up"


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        ({}, {}, []),
        ({}, {"SANFU_SMS_AT_ONCE": "7", "SANFU_PROVIDERS_FILE": "providers.json"}, []),
        ({}, {"SANFU_SMS_AT_ONCE": "8"}, ["SANFU_SMS_AT_ONCE"]),
        ({}, {"SANFU_REHEARSAL": "true", "SANFU_NOTIFY_URL": "http://127.0.0.1:1"}, ["SANFU_REHEARSAL"]),
        ({}, {"SANFU_KAFKA": "kafka.example:9092"}, ["SANFU_KAFKA"]),
        ({}, {"SANFU_CITY": "cities/other"}, ["city pack cities/other"]),
        ({"only": ("notify", "kafka"), "base": 8700, "broker": {"log.flush": "1"}}, {}, []),
        ({"only": ("kafka",)}, {}, ["--only kafka"]),
        ({"base": 9100}, {}, ["--port-base 9100"]),
        ({"broker": {"log.flush": "2"}}, {}, ["--broker log.flush=2"]),
    ],
)
def test_what_is_given_to_a_running_stack_and_is_not_how_it_runs_is_named(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], settings: dict[str, str], said: list[str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert ignored(stack, **{**NOTHING, **given}) == said


def test_up_says_what_a_running_stack_does_not_hear_and_what_takes_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANFU_SMS_URL", "http://gateway.example/s3cret")
    answer = CliRunner().invoke(app, ["up"], catch_exceptions=False)
    assert answer.exit_code == 0
    assert "not with SANFU_SMS_URL" in answer.stderr
    assert "./sanfu down --name main" in answer.stderr
    assert "s3cret" not in answer.output
    monkeypatch.delenv("SANFU_SMS_URL")
    assert "not with" not in CliRunner().invoke(app, ["up"], catch_exceptions=False).stderr


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("{", "the file: Invalid JSON"),
        ('{"sms": [{"kind": "gateway"}]}', r"sms\.0\.gateway\.url"),
        ('{"units": {"tax": {}}}', r"units\.tax\.url"),
    ],
)
def test_notify_is_not_stopped_for_a_file_with_which_it_would_not_do_its_work(
    stack: Stack, file: str, says: str
) -> None:
    (stack.places.root / "providers.json").write_text(file, encoding="utf-8")
    with pytest.raises(PartError, match=says):
        check_settings(stack, "notify")
    check_settings(stack, "desk")


@pytest.mark.parametrize("file", [None, "", '{"sms": [{"kind": "gateway", "url": "http://127.0.0.1/"}]}'])
def test_notify_is_restarted_with_a_file_that_is_right_or_says_nothing(stack: Stack, file: str | None) -> None:
    if file is not None:
        (stack.places.root / "providers.json").write_text(file, encoding="utf-8")
    check_settings(stack, "notify")


def test_restart_looks_before_it_stops(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    (stack.places.root / "providers.json").write_text('{"units": {"tax": {}}}', encoding="utf-8")
    notify = {"state": "ready", "restarts": 0, "pid": 1}
    monkeypatch.setattr(Stack, "status", lambda _: Status("up", {"notify": notify}))
    monkeypatch.setattr(Stack, "stop", lambda *_: pytest.fail("it was stopped"))
    with pytest.raises(PartError, match=r"units\.tax\.url"):
        CliRunner().invoke(app, ["restart", "notify"], catch_exceptions=False)
