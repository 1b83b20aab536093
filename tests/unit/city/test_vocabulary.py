"""The words a pack may use are those that the services use on the wire."""

from pathlib import Path

import pytest

from sanfu.city.__main__ import main
from sanfu.city.vocabulary import EVENTS, wire_type
from sanfu.contracts import names
from tests.support.packs import SHIPPED


@pytest.mark.parametrize(
    ("word", "wire"),
    [
        ("IssueDispatched", "sanfu.issue.dispatched.v1"),
        ("ReviewRequested", "sanfu.issue.review-requested.v1"),
        ("IssueFollowedUp", "sanfu.issue.followed-up.v1"),
        ("OrderRaised", "sanfu.order.raised.v1"),
    ],
)
def test_a_word_becomes_the_type_on_the_wire(word: str, wire: str) -> None:
    assert wire_type(word) == wire


def test_every_event_of_the_contracts_is_a_word_and_every_word_an_event() -> None:
    types = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    events = {
        value for value in types if value.split(".")[1] in ("issue", "order", "meeting", "task", "list", "affair")
    }

    assert {wire_type(word) for word in EVENTS} == events


def test_the_command_says_by_its_code_whether_a_pack_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(SHIPPED)]) == 0
    assert "sound, version" in capsys.readouterr().out
    assert main(["check", str(tmp_path)]) == 1
    assert main([]) == 2
