"""A rule's conditions on areas, answers, liaisons and time, as a pack writes them; and what is wrong with one."""

from datetime import date
from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.model.rules import When
from sanfu.city.when import AnswerIs, Times
from tests.support.packs import A_DAY, copied, edited

OLD = "    when: {channels: [petition]}"


def written(tmp_path: Path, when: str) -> When:
    root = copied(tmp_path)
    edited(root, "rules.yaml", OLD, f"    when: {{{when}}}")
    loaded = load(root, A_DAY)
    assert loaded.pack is not None, loaded.problems
    return next(rule.when for rule in loaded.pack.rules if rule.id == "petition-channel")


def test_conditions_are_read_with_their_types(tmp_path: Path) -> None:
    when = written(
        tmp_path,
        "channels: [web], areas: [suxi], liaison: no, liaison_units: [tax], "
        "answers: {told_before: yes, since: [2026-05-01, 2026-06-01..]}, "
        'time: {hours: ["18:00-08:00", "12:00-13:00"], days: [mon-tue, day_off], from: 2026-05-01, until: 2026-05-01}',
    )
    assert (when.areas, when.liaison, when.liaison_units) == (("suxi",), False, ("tax",))
    assert when.answers == (
        AnswerIs("told_before", (True,)),
        AnswerIs("since", ("2026-05-01",), (("2026-06-01", None),)),
    )
    day = date(2026, 5, 1)
    assert when.time == Times(((1080, 480), (720, 780)), frozenset({0, 1}), frozenset({"day_off"}), day, day)


def test_words_are_asked_of_a_text_and_codes_of_a_choice(tmp_path: Path) -> None:
    when = written(tmp_path, "channels: [window], answers: {errand: [sign, petition], materials: [身份证, Licence]}")
    assert when.answers == (
        AnswerIs("errand", ("sign", "petition")),
        AnswerIs("materials", words=("身份证", "licence")),
    )


WRONG = {
    "an area that is not drawn": ("areas: [market]", "areas", "no area 'market'", "write"),
    "answers of no channel": ("answers: {errand: sign}", "answers", "without a channel", "add channels"),
    "a question of another channel": (
        "channels: [window, web], answers: {errand: sign}", "answers.errand", "'web' does not ask", "write",
    ),
    "an answer that may not be chosen": (
        "channels: [window], answers: {errand: signing}", "answers.errand", "'signing' is no answer", "one of: consult",
    ),
    "a span of choices": (
        "channels: [window], answers: {errand: consult..sign}", "answers.errand", "is no answer", "one of",
    ),
    "a span without ends": ("channels: [web], answers: {since: ..}", "answers.since", "'..' is no answer", "span"),
    "a date that is none": (
        "channels: [web], answers: {since: 2026-02-30..}", "answers.since", "is no answer", "a date as",
    ),
    "yes and no are words": ("channels: [web], answers: {told_before: maybe}", "told_before", "'maybe'", "true or"),
    "no answer at all": ("channels: [web], answers: {since: []}", "answers.since", "allows no answer", "at least one"),
    "hours that are none": ('time: {hours: ["18-8"]}', "time.hours", "'18-8' can't be read", "across midnight"),
    "hours of no length": ('time: {hours: ["08:00-08:00"]}', "time.hours", "can't be read", "write hours"),
    "a day that is none": ("time: {days: [holiday]}", "time.days", "'holiday' can't be read", "write"),
    "dates turned round": ("time: {from: 2026-05-02, until: 2026-05-01}", "time.until", "before `from`", "later"),
    "a key of time that is none": ("time: {hour: 8, days: [mon]}", "time.hour", "is not a key", "write hours"),
    "a time that says nothing": ("time: {hours: []}", "time", "says no time", "write hours"),
    "a liaison that may be": ("liaison: perhaps", "liaison", "'perhaps'", "yes"),
    "a liaison's unit that is not there": ("liaison_units: [nobody]", "liaison_units", "no unit 'nobody'", "write"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_condition_that_is_wrong_is_named_with_its_line_and_cure_and_the_pack_refused(
    tmp_path: Path, wrong: str
) -> None:
    when, key, message, cure = WRONG[wrong]
    root = copied(tmp_path)
    line = edited(root, "rules.yaml", OLD, f"    when: {{{when}}}")
    loaded = load(root, A_DAY)
    assert loaded.pack is None
    told = [p for p in loaded.problems if (p.file, p.line) == ("rules.yaml", line)]
    assert len(told) == 1, "and nothing else that only follows from it"
    assert [p for p in told if p.key.endswith(key) and message in p.message and cure in p.cure], loaded.problems


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (("tax", "liaison", "91330782MA28D00011"), ("commerce", "liaison", "91330782MA28D00011"), "already"),
        (("tax", "officer", "91330782MA28D00011"), ("commerce", "liaison", ""), "no liaison"),
        (("tax", "liaison", "somebody"), ("commerce", "liaison", ""), "neither a unit nor an enterprise"),
    ],
)
def test_a_liaison_that_can_not_be_is_named(
    tmp_path: Path, first: tuple[str, str, str], second: tuple[str, str, str], message: str
) -> None:
    root = copied(tmp_path)
    lines = (root / "staff.csv").read_text(encoding="utf-8").splitlines()
    more = [
        f"l{at},某{at},{unit},{role},138000000{at},l{at}@yiwu.example,zh,yes,{of}"
        for at, (unit, role, of) in enumerate((first, second), 1)
    ]
    new = [f"{lines[0]},liaison_of", *(f"{each}," for each in lines[1:]), *more]
    (root / "staff.csv").write_text("\n".join(new), encoding="utf-8")
    problems = [p for p in load(root, A_DAY).problems if p.fatal]
    assert [(p.file, p.key) for p in problems] == [("staff.csv", "liaison_of")]
    assert message in problems[0].message
