"""What the command line answers to what can't be done: one line, with what would be right."""

import itertools
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanfu.stack.cli import app
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack, Status


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout in which nothing ever was up."""
    monkeypatch.setenv("SANFU_ROOT", str(tmp_path))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("up --only kafka,dask", r"there is no dask; there are kafka, mongo, topics, sinks, intake"),
        ("up --broker flush", r"takes KEY=VALUE.* not flush"),
        ("keys", r"\./sanfu up --name main brings it up"),
        ("logs intake", r"there are: none"),
        ("restart notify", r"there are none: \./sanfu up --name main brings it up"),
        ("providers", r"\./sanfu up --name main brings it up"),
        ("providers check nowhere.json", r"there is no file nowhere\.json"),
        ("deliveries", r"\./sanfu up --name main brings it up"),
        ("demo --name main", r"choose another --name"),
        ("subscribe finance", r"\./sanfu up --name main brings it up"),
        ("rebuild intake", r"put its backup back instead"),
        ("rebuild dask", r"there are intake, router, sla, notify, desk"),
        ("dlq list", r"\./sanfu up --name main brings it up"),
        ("sla explain", r"one of the two"),
        ("sla explain --json nowhere.json", r"there is no file nowhere\.json"),
        ("router report", r"\./sanfu up --name main brings it up"),
        ("router explain i-1", r"\./sanfu up --name main brings it up"),
        ("rules backtest --rules nowhere.yaml", r"there is no file nowhere\.yaml"),
        ("city check nowhere", r"name the one that holds the pack's pack\.yaml"),
    ],
)
def test_what_cannot_be_done_is_answered_with_what_would_be_right(command: str, says: str) -> None:
    with pytest.raises(PartError, match=says):
        CliRunner().invoke(app, command.split(), catch_exceptions=False)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ('{"sms": [}', r"the file: Invalid JSON: .* line 1 column 10"),
        ('{"sms": [{"kind": "gateway"}]}', r"sms\.0\.gateway\.url: Field required"),
        ('{"fax": []}', r"fax: Extra inputs are not permitted"),
        ("{}", r"names nobody: notify would send nothing"),
    ],
)
def test_a_providers_file_is_seen_to_be_broken_before_notify_is_restarted(tmp_path: Path, file: str, says: str) -> None:
    (tmp_path / "providers.json").write_text(file, encoding="utf-8")
    with pytest.raises(PartError, match=says):
        CliRunner().invoke(app, ["providers", "check", str(tmp_path / "providers.json")], catch_exceptions=False)


def test_a_sound_providers_file_is_told_in_the_order_in_which_they_are_asked() -> None:
    answer = CliRunner().invoke(
        app, ["providers", "check", str(Path(__file__).parents[3] / "deploy" / "providers.example.json")]
    )
    assert "sms       aliyun, then tencent, then city\n" in answer.stdout


def _stands(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """Have notify stand so, tried once more each time that somebody looks."""
    tries = itertools.count()

    def status(_: Stack) -> Status:
        return Status("starting", {"intake": {"state": "ready", "restarts": 0},
                                   "notify": {"state": state, "restarts": next(tries), "pid": None}})  # fmt: skip

    monkeypatch.setattr(Stack, "status", status)


def test_a_program_that_does_not_get_ready_is_told_with_its_last_words_and_without_delay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _stands(monkeypatch, "failed")
    log = Stack.known("main").places.logs / "notify.log"
    log.parent.mkdir(parents=True)
    log.write_text("SANFU_PROVIDERS: the file: Invalid JSON\n", encoding="utf-8")
    with pytest.raises(PartError, match=r"notify does not get ready:\nSANFU_PROVIDERS: the file: Invalid JSON"):
        CliRunner().invoke(app, ["restart", "notify"], catch_exceptions=False)


def test_a_stack_that_is_not_wholly_up_names_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    _stands(monkeypatch, "failed")
    with pytest.raises(PartError, match=r"main is not wholly up: notify; \./sanfu logs notify --name main says why"):
        CliRunner().invoke(app, ["providers"], catch_exceptions=False)


@pytest.mark.parametrize("option", ["--rehearsal", "--dry-run"])
def test_a_stack_whose_messages_leave_is_not_taken_for_a_rehearsal(
    monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(Stack, "up", lambda *_: False)
    with pytest.raises(PartError, match=r"main is up already, and in no rehearsal: \./sanfu down --name main first"):
        CliRunner().invoke(app, ["up", option], catch_exceptions=False)
    Stack("main", rehearsal=True).plan.write()
    answer = CliRunner().invoke(app, ["up", option], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert answer.exit_code == 0
    assert "no message leaves; what would have: http://127.0.0.1:8704/v1/rehearsal" in answer.stdout


def test_doctor_looks_at_the_servers_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANFU_KAFKA", "nowhere")
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    assert answer.exit_code == 1
    assert "HOST:PORT" in answer.stdout
