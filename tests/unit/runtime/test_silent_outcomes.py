"""What a command sends without telling an event of it: records for topics of state, documents of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sanfu.runtime.fold import Subject
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.rules import Actor, Command, Draft, Input, Insert, Outcome, Publish, State
from tests.support import toy

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STATE_TOPIC = "sanfu.people.v1"


class Discreet(toy.ToyRules):
    """Keeps a secret beside the answer, or takes it back without a word."""

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        assert isinstance(given, Command)
        if given.name == "forget":
            return [Publish(STATE_TOPIC, "s-1/toy", None, "s-1#2")]
        return [
            Publish(STATE_TOPIC, "s-1/toy", b"secret", "s-1#1", {"ce_type": "x"}),
            Draft(toy.ANSWERED, {"value": 7}),
            Insert("secrets", {"_id": "s-1", "box": b"secret"}),
        ]


def subject() -> Subject:
    return Subject(Setting(Discreet(), toy.ToyCodec(), toy.STORY, NOW, NOW), "s-1", 0, None)


def command(name: str) -> Command:
    return Command(name, {}, Actor("tester", "tester"), name)


def test_what_no_event_tells_goes_out_in_the_same_write_and_counts_no_sequence() -> None:
    it = subject()
    done = it.command(command("tell"))
    change = it.change()
    assert [event.sequence for event in done.events] == [1]
    assert change.sets["out"] == 1
    told = [entry for entry in change.pushes if entry["to"] != "sanfu.toycopies.v1"]
    assert [entry["to"] for entry in told] == [STATE_TOPIC, toy.STORY, "db:notes", "db:secrets"]
    assert told[0]["key"] == "s-1/toy"
    assert told[0]["headers"] == [("ce_type", b"x")]
    assert len({entry["ref"] for entry in change.pushes}) == len(change.pushes)


def test_a_command_that_only_publishes_is_written_and_done_once() -> None:
    it = subject()
    assert not it.command(command("forget")).events
    assert it.dirty
    assert it.change().pushes[0]["value"] is None
    assert it.command(command("forget")).repeated
    assert len(it.change().pushes) == 1
