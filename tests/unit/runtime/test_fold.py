"""What one input does to one subject: its records, its commands, its timer, and the write that comes of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.wire import to_headers
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.fold import MOST_LASTING, REMEMBERED, Fate, Subject
from sanfu.runtime.letters import Letter, Replay, read_letter
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.rules import Actor, Command, Draft, Due, Input, Outcome, Refusal, State, lasting
from sanfu.runtime.store import Document
from tests.support import toy

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
WHO = Actor("tester", "tester")
SUBJECT = "s-1"


def letter(record: Outgoing) -> Letter:
    return read_letter(Incoming(record.topic, 0, 0, record.key, record.value, record.headers))


def asked(sequence: int, value: int = 1, **more: Any) -> Letter:
    return letter(toy.asked(SUBJECT, sequence, value, **more))


def told(source: str, type: str, sequence: int, **data: Any) -> Letter:
    return letter(toy.told(source, type, SUBJECT, sequence, data))


def garbled(sequence: int) -> Letter:
    """A known type with a broken body."""
    return letter(Outgoing(toy.STORY, SUBJECT, b"{", toy.asked(SUBJECT, sequence, 1).headers))


def subject(document: Document | None = None, rules: toy.ToyRules | None = None) -> Subject:
    return Subject(Setting(rules or toy.ToyRules(), toy.ToyCodec(), toy.STORY, NOW, NOW), SUBJECT, 3, document)


def written(it: Subject) -> Document:
    """The document that a store holds once this subject's change is written."""
    store = MemoryDocuments(documents={it.id: dict(it._base)} if it._base else {})
    assert store._apply(it.change())
    return store.documents[it.id]


def taken(*letters: Letter, document: Document | None = None, rules: toy.ToyRules | None = None) -> Document:
    it = subject(document, rules)
    for one in letters:
        it.take(one)
    return written(it)


def command(key: str = "k", name: str = "add", **more: Any) -> Command:
    return Command(name, {"value": 7}, WHO, key, **more)


# --- records of the story -----------------------------------------------------------------------------------------


def test_a_record_is_folded_once_and_what_follows_waits_in_the_outbox_in_order() -> None:
    it = subject()
    assert it.take(asked(1, 4)) is Fate.FOLDED
    document = written(it)
    assert (document["asked"], document["answers"], document["seen"], document["out"]) == (1, [8], {"asker": 1}, 1)
    assert (document["ver"], document["p"]) == (1, 3)
    assert [entry["to"] for entry in document["outbox"]] == [toy.STORY, toy.COPIES, "db:notes"]
    assert dict(document["outbox"][0]["headers"])["ce_causationid"] == b"asker:s-1:1"


def test_a_record_that_comes_again_changes_nothing() -> None:
    it = subject(taken(asked(1), asked(2)))
    assert [it.take(asked(1, 99)), it.take(asked(2, 99))] == [Fate.REPEATED, Fate.REPEATED]
    assert not it.dirty
    assert not it.pushes


def test_a_record_behind_a_hole_is_dropped_until_the_missing_one_has_come() -> None:
    it = subject()
    fates = [it.take(one) for one in (asked(1), asked(3), asked(2), asked(3))]
    assert fates == [Fate.FOLDED, Fate.GAP, Fate.FOLDED, Fate.FOLDED]
    assert it.seen == {"asker": 3}


def test_each_source_has_a_sequence_of_its_own() -> None:
    it = subject()
    assert it.take(told("other", toy.NOTED, 1)) is Fate.UNKNOWN
    assert it.take(asked(1)) is Fate.FOLDED
    assert it.take(told("other", toy.NOTED, 3)) is Fate.GAP
    assert it.seen == {"other": 1, "asker": 1}


def test_a_type_nobody_here_looks_at_only_advances_what_was_seen() -> None:
    document = taken(told("other", toy.NOTED, 1, anything=True))
    assert document["seen"] == {"other": 1}
    assert not document.keys() - {"_id", "ver", "p", "seen", "out", "outbox"}


def test_an_own_event_at_or_below_out_is_skipped() -> None:
    it = subject(taken(asked(1)))
    assert it.take(told("toy", toy.ANSWERED, 1, value=2)) is Fate.REPEATED
    assert not it.dirty


def test_an_own_event_above_out_is_evolved_and_followed_by_nothing_but_its_copies() -> None:
    it = subject(taken(asked(1, 4)))
    assert it.take(told("toy", toy.ANSWERED, 3, value=9)) is Fate.GAP
    assert it.take(told("toy", toy.ANSWERED, 2, value=9)) is Fate.FOLDED
    assert (it.state["answers"], it.out) == ([8, 9], 2)
    [copy] = it.pushes
    assert (copy["ref"], dict(copy["headers"])["ce_unitsequence"]) == (f"{toy.COPIES}#toy:s-1:2", b"2")
    assert "toy" not in it.seen


def test_while_rebuilding_nothing_is_decided() -> None:
    it = subject()
    assert it.take(asked(1), Replay.OLD) is Fate.FOLDED
    assert (it.state["asked"], it.out, it.pushes) == (1, 0, [])


def test_after_a_rebuild_what_was_never_announced_is_announced_once() -> None:
    it = subject()
    it.take(asked(1, 4), Replay.OLD)
    assert it.settle() == 1
    assert it.settle() == 0
    assert it.state["answers"] == [8]


# --- parked subjects ----------------------------------------------------------------------------------------------


def dead(document: Document) -> list[str]:
    return [dict(e["headers"])["ce_id"].decode() for e in document["outbox"] if e["to"] == toy.DEAD]


@pytest.mark.parametrize("bad", [asked(2, poison=True), garbled(2)], ids=["rules raise", "body garbled"])
def test_a_record_that_cannot_be_folded_parks_its_subject_with_all_that_follows_in_order(bad: Letter) -> None:
    it = subject(taken(asked(1, 1)))
    later = [asked(3), told("other", toy.NOTED, 1), asked(4), asked(3), asked(6)]
    fates = [it.take(bad), *(it.take(one) for one in later)]
    assert fates == [Fate.PARKED, Fate.PARKED, Fate.PARKED, Fate.PARKED, Fate.REPEATED, Fate.GAP]
    document = written(it)
    assert document["asked"] == 1, "nothing of it was folded"
    assert document["seen"] == {"asker": 1}
    assert document["parked"]["seen"] == {"asker": 4, "other": 1}
    assert dead(document) == ["asker:s-1:2", "asker:s-1:3", "other:s-1:1", "asker:s-1:4"]


def test_a_broken_envelope_parks_its_subject_too() -> None:
    headers = [h for h in toy.asked(SUBJECT, 1, 1).headers if h[0] != "ce_time"]
    it = subject()
    assert it.take(letter(Outgoing(toy.STORY, SUBJECT, b"{}", headers))) is Fate.PARKED
    assert it.parked is not None
    assert "ce_time" in it.parked["reason"]


def test_the_timers_of_a_parked_subject_rest_and_its_commands_are_refused() -> None:
    soon = instant(NOW)
    it = subject(taken(asked(1, alarms=[soon]), asked(2, poison=True)))
    assert "due" not in written(it)
    assert it.fire(NOW) == 0
    with pytest.raises(Refusal) as refused:
        it.command(command())
    assert refused.value.slug == "parked"


PARKED = [asked(1), asked(2, 2, poison=True), told("other", toy.NOTED, 1), asked(3, 3)]
CURED = toy.ToyRules(cured=True)


def test_after_the_cure_the_parked_records_are_folded_in_their_old_order() -> None:
    it = subject(taken(*PARKED), CURED)
    assert it.unpark(PARKED[1:])
    document = written(it)
    assert "parked" not in document
    assert document["answers"] == [2, 4, 6]
    assert document["seen"] == {"asker": 3, "other": 1}


def test_a_replay_that_still_fails_changes_nothing() -> None:
    before = taken(*PARKED)
    it = subject(before)
    assert not it.unpark([told("toy", toy.ANSWERED, 2, value=5), *PARKED[1:]])
    assert not it.dirty
    assert (it.state["answers"], it.out, it.seen, it.pushes) == ([2], 1, {"asker": 1}, [])
    assert it.parked == before["parked"]


@pytest.mark.parametrize("letters", [PARKED[1:3], PARKED[2:], []], ids=["last", "first", "all"])
def test_a_replay_with_a_record_missing_changes_nothing(letters: list[Letter]) -> None:
    it = subject(taken(*PARKED), CURED)
    assert not it.unpark(letters)
    assert not it.dirty
    assert it.state["asked"] == 1
    assert it.parked is not None


def test_a_record_that_no_version_will_understand_can_be_passed_over() -> None:
    it = subject(taken(*PARKED))
    assert it.unpark(PARKED[1:], passing=["asker:s-1:2"])
    assert (it.parked, it.state["answers"], it.seen["asker"]) == (None, [2, 6], 3)


def test_lifting_the_mark_of_a_subject_that_is_not_parked_changes_nothing() -> None:
    it = subject(taken(asked(1)))
    assert it.unpark([])
    assert not it.dirty


class Sulking(toy.ToyRules):
    """Breaks in one of the places where rules may break."""

    where: str = ""

    def due(self, state: State) -> datetime | None:
        if self.where == "due":
            raise ValueError("no calendar")
        return super().due(state)

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        raise ValueError("no idea")


class NoDue(Sulking):
    where = "due"


def test_rules_that_break_over_the_timer_park_the_subject() -> None:
    assert taken(asked(1), rules=NoDue())["parked"]["reason"] == "ValueError: no calendar"
    armed = taken(asked(1, alarms=[instant(NOW)]))
    it = subject(armed, NoDue())
    assert it.fire(NOW) == 0
    assert "parked" in written(it)


def test_rules_that_break_at_the_end_of_a_rebuild_park_the_subject() -> None:
    it = subject(taken(asked(1)), Sulking())
    assert it.settle() == 0
    assert "no idea" in written(it)["parked"]["reason"]


# --- commands -----------------------------------------------------------------------------------------------------


def test_a_command_with_a_known_key_is_not_done_again() -> None:
    it = subject(taken(asked(1)))
    done = it.command(command())
    assert (done.ver, [e.id for e in done.events], done.repeated) == (2, ["toy:s-1:2"], False)
    again = subject(written(it)).command(command())
    assert (again.repeated, again.ver, again.events) == (True, 2, ())


def test_the_same_key_with_another_body_is_refused() -> None:
    it = subject()
    it.command(command(digest="a"))
    with pytest.raises(Refusal) as refused:
        it.command(command(digest="b"))
    assert (refused.value.status, refused.value.slug) == (409, "key-reused")
    assert it.command(command(digest="a")).repeated


def test_a_command_for_another_version_is_refused_with_the_one_that_stands() -> None:
    document = taken(asked(1))
    with pytest.raises(Refusal, match="version 1") as refused:
        subject(document).command(command(if_match=4))
    assert refused.value.status == 412
    assert subject(document).command(command(if_match=1)).ver == 2


def test_a_refused_command_changes_nothing_and_its_key_stays_free() -> None:
    it = subject(taken(asked(1)))
    with pytest.raises(Refusal, match="never"):
        it.command(command(name="refuse"))
    assert (it.dirty, it.pushes, it.applied) == (False, [], [])
    assert not it.command(command()).repeated


def test_a_document_remembers_a_bounded_number_of_keys() -> None:
    it = subject()
    for n in range(REMEMBERED + 5):
        it.command(command(f"k{n}"))
    document = written(it)
    assert [was["key"] for was in document["applied"]][:: REMEMBERED - 1] == ["k5", f"k{REMEMBERED + 4}"]


class Lasting(toy.ToyRules):
    """Commands of machines are known for ever."""

    def lasts(self, key: str) -> bool:
        return key.startswith("m")


def lasting_subject(document: Document | None = None) -> Subject:
    setting = Setting(Lasting(), toy.ToyCodec(), toy.STORY, NOW, NOW, lasts=lasting(Lasting()))
    return Subject(setting, SUBJECT, 3, document)


def test_keys_that_last_are_not_forgotten_for_others_and_the_others_are_as_ever() -> None:
    it = lasting_subject()
    it.command(command("m1", digest="a"))
    for n in range(REMEMBERED + 5):
        it.command(command(f"k{n}"))
    it.command(command("m2"))
    again = lasting_subject(written(it))
    assert again.command(command("m1", digest="a")).repeated and again.command(command("m2")).repeated
    assert [was["key"] for was in again.applied if was["key"][0] == "k"][:: REMEMBERED - 1] == [
        "k5", f"k{REMEMBERED + 4}",
    ]  # fmt: skip


def test_no_more_are_taken_than_can_last_and_those_that_were_are_known() -> None:
    it = lasting_subject()
    for n in range(MOST_LASTING):
        it.command(command(f"m{n}"))
    with pytest.raises(Refusal) as refused:
        it.command(command("m-one-more"))
    assert (refused.value.status, refused.value.slug) == (409, "too-many-keys")
    assert it.command(command("m0")).repeated
    assert not it.command(command("k")).repeated


def test_a_rebuild_recalls_the_keys_of_commands() -> None:
    event = Event(event_id("toy", SUBJECT, 1), toy.ANSWERED, "toy", SUBJECT, 1, NOW, {"value": 7}, "command:k")
    it = subject()
    assert it.take(letter(Outgoing(toy.STORY, SUBJECT, b'{"value":7}', to_headers(event))), Replay.OLD)
    again = subject(written(it)).command(command(digest="whatever"))
    assert again.repeated
    assert again.state["answers"] == [7]


# --- timers -------------------------------------------------------------------------------------------------------


def test_a_timer_goes_off_once_it_is_due_and_arms_the_next() -> None:
    at, later = instant(NOW), instant(NOW.replace(hour=9))
    document = taken(asked(1, alarms=[later, at]))
    assert document["due"] == NOW
    assert subject(document).fire(NOW.replace(hour=7, minute=59)) == 0
    it = subject(document)
    assert it.fire(NOW) == 1
    assert it.fire(NOW) == 0
    assert written(it)["due"] == NOW.replace(hour=9)


class Stuck(toy.ToyRules):
    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        return [] if isinstance(given, Due) else super().decide(state, given, now)


def test_a_timer_that_does_not_move_parks_its_subject() -> None:
    it = subject(taken(asked(1, alarms=[instant(NOW)])), Stuck())
    assert it.fire(NOW) == 0
    document = written(it)
    assert "did not move" in document["parked"]["reason"]
    assert "due" not in document


class Later(toy.ToyRules):
    """Newer rules, to which the same state is due an hour later."""

    def due(self, state: State) -> datetime | None:
        due = super().due(state)
        return due and due.replace(hour=9)


def test_a_timer_that_newer_rules_see_later_is_put_off_in_the_document() -> None:
    it = subject(taken(asked(1, alarms=[instant(NOW)])), Later())
    assert it.fire(NOW) == 0
    assert it.dirty
    assert written(it)["due"] == NOW.replace(hour=9), "else it would be found due for ever"


# --- the write ----------------------------------------------------------------------------------------------------


class Forgetful(toy.ToyRules):
    """Keeps `kept`, replaces `last`, drops `asked` at the second question."""

    def evolve(self, state: State, event: Event) -> State:
        after = super().evolve(state, event)
        if event.type != toy.ASKED:
            return after
        after = {**after, "kept": state.get("kept", {"much": 1})}
        return {k: v for k, v in after.items() if k != "asked" or event.sequence == 1}


def test_a_write_sets_only_what_changed_and_unsets_what_went() -> None:
    it = subject(taken(asked(1), rules=Forgetful()), Forgetful())
    it.take(asked(2, 5))
    change = it.change()
    assert change.ver == 1
    assert set(change.unsets) == {"asked"}
    assert set(change.sets) == {"last", "alarms", "answers", "ver", "p", "seen", "out"}


def test_a_timer_that_is_gone_is_unset() -> None:
    it = subject(taken(asked(1, alarms=[instant(NOW)])))
    it.fire(NOW)
    assert "due" in it.change().unsets
    assert "due" not in written(it)
