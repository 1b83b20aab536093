"""What the programs of a stack are told."""

from pathlib import Path

import pytest

from sanfu.stack import programs
from sanfu.stack.plan import Plan
from sanfu.stack.programs import spawn, stop
from sanfu.stack.services import environment, service
from tests.unit.stack.toys import program


def test_a_service_is_told_where_its_servers_are_and_listens_on_this_machine_only(tmp_path: Path) -> None:
    told = service(Plan(tmp_path, kafka="k:9092", mongo="mongodb://m/?replicaSet=rs0"), "sla").environment
    assert (told["SANFU_KAFKA"], told["SANFU_MONGO"]) == ("k:9092", "mongodb://m/?replicaSet=rs0")
    assert (told["SANFU_HOST"], told["SANFU_PORT"]) == ("127.0.0.1", "8703")


def test_the_channels_keys_are_for_intake_alone_and_the_users_tokens_for_desk(tmp_path: Path) -> None:
    plan = Plan(tmp_path)
    holders = {
        setting: [
            name for name in ("intake", "router", "sla", "notify", "desk") if setting in service(plan, name).environment
        ]
        for setting in ("SANFU_CHANNEL_KEYS_FILE", "SANFU_USER_TOKENS_FILE")
    }
    assert holders == {"SANFU_CHANNEL_KEYS_FILE": ["intake"], "SANFU_USER_TOKENS_FILE": ["desk"]}


def test_notify_sends_to_the_sinks_unless_other_providers_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service(Plan(tmp_path), "notify").environment["SANFU_SMS_URL"].endswith("/sms")
    monkeypatch.setenv("SANFU_PROVIDERS_FILE", "/elsewhere/providers.json")
    told = service(Plan(tmp_path), "notify").environment
    assert not {"SANFU_SMS_URL", "SANFU_SMTP_HOST"} & told.keys(), "notify does not start with both"


def test_in_a_rehearsal_notify_is_told_that_nothing_leaves_and_nobody_else_is(tmp_path: Path) -> None:
    plan = Plan(tmp_path, rehearsal=True)
    assert service(plan, "notify").environment["SANFU_REHEARSAL"] == "true"
    assert "SANFU_REHEARSAL" not in service(plan, "desk").environment
    assert "SANFU_REHEARSAL" not in service(Plan(tmp_path), "notify").environment


def test_only_an_anchored_stack_leaves_the_system_clock(tmp_path: Path) -> None:
    assert "SANFU_CLOCK" not in environment(Plan(tmp_path))
    anchored = Plan(tmp_path, "demo", anchored=True)
    assert environment(anchored)["SANFU_CLOCK"] == str(anchored.places.clock)


def test_a_large_log_is_put_aside_when_its_program_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "LARGEST_LOG", 10)
    toy = program(tmp_path, "toy")
    toy.log.write_text("eleven bytes")
    process = spawn(toy)
    stop(process, 5)
    assert (tmp_path / "toy.old.log").read_text() == "eleven bytes"
    assert "eleven" not in toy.log.read_text()
