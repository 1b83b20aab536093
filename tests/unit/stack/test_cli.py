"""What the command line answers to what can't be done: one line, with what would be right."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanfu.stack.cli import app
from sanfu.stack.programs import PartError


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


def test_doctor_looks_at_the_servers_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANFU_KAFKA", "nowhere")
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    assert answer.exit_code == 1
    assert "HOST:PORT" in answer.stdout
