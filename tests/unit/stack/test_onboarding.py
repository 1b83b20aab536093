"""Onboarding on a stack that is up makes the topics that the pack has named since."""

import secrets
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sanfu.stack import doctor, onboarding, topics
from sanfu.stack.cli import app
from sanfu.stack.parts import silent
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack, Status
from sanfu.stack.topics import Topic
from tests.support.packs import copied, onboarded

SECTION = "fotang-enforcement"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a stack that is up, whose broker lacks whatever is asked of it; return what is made there."""
    monkeypatch.setenv("SANFU_ROOT", str(tmp_path))
    monkeypatch.setattr(Stack, "status", lambda _: Status("up", {}))
    found = list[str]()

    async def create(bootstrap: str, wanted: list[Topic], *_: Any) -> list[str]:
        found.extend(one.name for one in wanted if SECTION in one.name)
        return found

    monkeypatch.setattr(topics, "create", create)
    Stack("main", city=copied(tmp_path)).plan.write()
    return found


def onboard(folder: Path, *more: str) -> str:
    said = CliRunner().invoke(app, ["unit", "onboard", SECTION, "--into", str(folder), *more], catch_exceptions=False)
    return said.stdout


def test_a_section_gets_its_topics_once_the_pack_says_so(made: list[str], tmp_path: Path) -> None:
    with pytest.raises(PartError, match="write yes in the column topic"):
        onboard(tmp_path / "a")
    assert not (tmp_path / "a").exists(), "nothing half done"
    onboarded(tmp_path / "pack", SECTION)
    assert f"sanfu.units.{SECTION}.v1" in onboard(tmp_path / "b").partition("made ")[2]
    assert {f"sanfu.{name}" for name in (f"units.{SECTION}.v1", f"replies.{SECTION}.v1")} <= set(made)


def test_on_another_broker_and_with_an_account_its_own_job_makes_them(made: list[str], tmp_path: Path) -> None:
    onboarded(tmp_path / "pack", SECTION)
    onboard(tmp_path / "a", "--kafka", "kafka.example:9092")
    onboard(tmp_path / "b", "--secured")
    assert made == []


def test_what_is_printed_for_whoever_runs_kafka_is_what_would_be_done_at_once(
    made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onboarded(tmp_path / "pack", SECTION)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: "pass word")
    done = list[list[str]]()
    monkeypatch.setattr(onboarding, "_run", lambda tool, given: done.append([tool, *given]))
    admin = tmp_path / "admin.properties"
    admin.touch()
    how = ("--secured", "--kafka", "kafka.example:9093", "--admin", "kafka.example:9092", "--admin-config", str(admin))
    assert "kafka-acls.sh" not in onboard(tmp_path / "a", *how, "--apply")
    printed = [shlex.split(line) for line in onboard(tmp_path / "b", *how).splitlines() if line.startswith("kafka-")]
    assert not any("pass word" in each for one in (*printed, *done) for each in one), "arguments are seen by all"
    secret = tmp_path / "b" / "scram.properties"
    assert "password=pass word" in secret.read_text(encoding="utf-8")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "a" / "scram.properties").exists()
    said, ordered = (
        [[each for each in one if "scram.properties" not in each] for one in orders] for orders in (printed, done)
    )
    assert said == ordered
    assert {one[0] for one in printed} == {"kafka-configs.sh", "kafka-acls.sh"}
    assert all(str(admin) in one and "kafka.example:9092" in one for one in printed)


def test_topics_alone_have_what_their_program_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: [])
    stack = Stack("t", tmp_path, only=("topics",), city=copied(tmp_path), kafka="127.0.0.1:1", mongo="mongodb://x")
    stack._provide(silent)
    assert stack.places.ops_token.is_file(), "every service's settings name it, and topics are read by those"
