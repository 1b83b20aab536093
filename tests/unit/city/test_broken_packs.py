"""A broken pack names the file, the line or key, and what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sanfu.city.loading import Loaded, load
from sanfu.city.problems import Problem
from sanfu.city.reporting import check_report
from sanfu.city.segments import fits
from tests.support.broken import Broken, loaded
from tests.support.packs import A_DAY, copied, edited, lasting

BROKEN = {
    "a state of which others are told nothing": Broken(
        "open311.yaml",
        "  contacted: {status: open",
        "  contakted: {status: open",
        "states.contakted",
        "no state",
        "write",
    ),
    "a status that the standard does not have": Broken(
        "open311.yaml",
        "closed: {status: closed, word: CLOSED",
        "closed: {status: done, word: CLOSED",
        "status",
        "'done'",
        "one of",
    ),
    "a word that no client reads": Broken(
        "open311.yaml", "word: FIXED", "word: SOLVED", "word", "'SOLVED' is not known", "one of"
    ),
    "a service of another audience": Broken(
        "open311.yaml",
        "[road-lamp, ",
        "[rural-road, ",
        "services",
        "no category for resident or enterprise 'rural-road'",
        "write",
    ),
    "a channel that anybody may use": Broken(
        "open311.yaml", "channel: open311", "channel: web", "channel", "'web' has no keys", "keyed: yes"
    ),
    "a jurisdiction of a town that is not there": Broken(
        "open311.yaml", "yiwu.example: {}", "yiwu.example: {town: oslo}", "town", "no town 'oslo'", "write"
    ),
    "an example that is no answer": Broken(
        "forms/hotline.yaml", 'example: "1"', "example: often", "example", "'often' is no answer", "whole number"
    ),
    "a question without a word of English": Broken(
        "forms/visit.yaml", ", en: Whom was visited}", "}", "en", "is missing", "add en"
    ),
    "a condition on a question that is not asked before": Broken(
        "forms/window.yaml",
        "when: {errand: [sign]}",
        "when: {materials: [sign]}",
        "when",
        "'materials' is no question before this one",
        "write",
    ),
    "a field that no report has": Broken(
        "forms/superior.yaml", "must: [external_id,", "must: [number,", "must", "no field of a report 'number'", "write"
    ),
    "a header for two fields": Broken(
        "columns.yaml", "text: [内容", "text: [标题, 内容", "text", "'标题' names title already", "one field"
    ),
    "a limit of centuries": Broken(
        "policy.yaml", "limit: 15 minutes", "limit: 99999999999 minutes", "limit", "can't be read", "3660 days at most"
    ),
    "yellow centuries before": Broken(
        "policy.yaml", "{days: 1, same", "{days: 99999999, same", "days", "can't be read", "from 1 to 3660"
    ),
    "a follow-up of nobody known": Broken(
        "policy.yaml", "{ask: desk}", "{ask: desc}", "follow_up_of.medium_desk[1].ask", "'desc'", "write desk"
    ),
    "a follow-up that asks somebody twice": Broken(
        "policy.yaml",
        "[{ask: desk}, {ask: place}]",
        "[{ask: desk}, {ask: desk}]",
        "follow_up_of.medium_desk",
        "somebody twice",
        "once",
    ),
    "a look at the place by phone": Broken(
        "policy.yaml",
        "{ask: place}",
        "{ask: place, by: call}",
        "follow_up_of.medium_desk[2].by",
        "no choice",
        "leave it",
    ),
    "a brace left open": Broken("texts/receipt.yaml", "{number}", "{number", "zh", "can't be read", "close every {"),
    "a parent that is not there": Broken(
        "units.csv", "department,police,", "department,polize,", "parent", "no unit 'polize'", "write police"
    ),
    "a kind of unit that is not known": Broken(
        "units.csv", "Village,village,fotang", "Village,vilage,fotang", "kind", "'vilage'", "write village"
    ),
    "a unit code with capitals": Broken(
        "units.csv",
        "postal,",
        "Postal,",
        "code",
        "'Postal' is no code",
        "[a-z0-9-]",
    ),
    "a unit code twice": Broken(
        "units.csv", "\npostal,", "\ntobacco,", "code", "'tobacco' is there twice", "rename", 2
    ),
    "units above themselves": Broken(
        "units.csv",
        "Leading Group of the Three Services,leading_group,,",
        "Leading Group of the Three Services,leading_group,office-general,",
        "parent",
        "is above itself",
        "another parent",
    ),
    "a date that is none": Broken(
        "units.csv",
        "vertical,,,,,000-0000-0038",
        "vertical,,1.5.2026,,,000-0000-0038",
        "valid_from",
        "1.5.2026",
        "2026-01-31",
    ),
    "a unit that ends before it begins": Broken(
        "units.csv",
        "vertical,,,,,000-0000-0038",
        "vertical,,2026-05-02,2026-05-01,,000-0000-0038",
        "valid_to",
        "not after valid_from",
        "later date",
    ),
    "a duty phone of letters": Broken("units.csv", "000-0000-0038", "call us", "duty_phone", "'call us'", "digits"),
    "a mailbox without a host": Broken(
        "units.csv", "tobacco@yiwu.example", "tobacco", "mailbox", "'tobacco' can't be read", "name@host"
    ),
    "a row that is too short": Broken("units.csv", ",,,,,000-0000-0038", ",,", "", "has ", "write 10 cells"),
    "a column that is missing": Broken(
        "units.csv", ",duty_phone", ",duty_fone", "duty_phone", "missing", "add the column"
    ),
    "a person of no unit": Broken(
        "staff.csv", ",tax,officer,", ",taxes,officer,", "unit", "no unit 'taxes'", "write tax"
    ),
    "a role that is not known": Broken(
        "staff.csv", ",tax,unit_head,", ",tax,boss,", "roles", "no role 'boss'", "write one of"
    ),
    "a person's bad e-mail": Broken("staff.csv", "tax-head@yiwu", "tax-head at yiwu", "email", "can't be read", "@"),
    "a channel's bad switch": Broken(
        "channels.csv", "party_in_writing,yes,no", "party_in_writing,perhaps,no", "keyed", "'perhaps'", "yes"
    ),
    "a category of no unit": Broken(
        "categories.csv",
        "enterprise,tax,complex",
        "enterprise,tex,complex",
        "default_unit",
        "no unit 'tex'",
        "write tax",
    ),
    "a grade that is not the city's": Broken(
        "categories.csv", "enterprise,tax,complex", "enterprise,tax,hard", "default_grade", "'hard'", "write one of"
    ),
    "a sure word that stands alone": Broken(
        "categories.csv", "出口+退税|", "出口|", "sure_keywords", "'出口' is one word", "join two words"
    ),
    "an audience outside its own list": Broken(
        "categories.csv",
        "normal,internal,enterprise,,出口",
        "normal,internal,resident,,出口",
        "audience",
        "not among",
        "write",
    ),
    "a town that is no town": Broken("towns.csv", "chian,", "tax,", "code", "'tax'", "write"),
    "a point beyond the earth": Broken("towns.csv", "119.9310", "1119.9310", "lon", "1119.9310", "degrees"),
    "a key that does not belong": Broken(
        "pack.yaml", "fallback_unit:", "fall_back_unit:", "fall_back_unit", "not a key", "write fallback_unit"
    ),
    "a fallback unit that is not there": Broken(
        "pack.yaml", "fallback_unit: three", "fallback_unit: four", "fallback_unit", "no unit 'four-", "write three-"
    ),
    "a time zone that is none": Broken("pack.yaml", "Asia/Shanghai", "Asia/Yiwu", "zone", "'Asia/Yiwu'", "IANA"),
    "bounds that are no box": Broken("pack.yaml", "west: 119.80", "west: 121", "bounds", "no box", "west < east"),
    "reports that are not there": Broken(
        "pack.yaml",
        "reports: reports.jsonl",
        "reports: more.jsonl",
        "reports",
        "no file 'more.jsonl'",
        "leave it out",
    ),
    "a key twice": Broken(
        "policy.yaml", "day_off: stays", "days_end: same_time", "days_end", "is there twice", "keep one"
    ),
    "a rule's unknown unit": Broken(
        "rules.yaml", "unit: petition", "unit: petitions", "rules[5].unit", "no unit 'petitions'", "write petition"
    ),
    "a rule's unknown channel": Broken(
        "rules.yaml", "channels: [petition]", "channels: [petiton]", "rules[5].when.channels", "'petiton'", "petition"
    ),
    "a rule id twice": Broken("rules.yaml", "id: thanks", "id: spam", "rules[4].id", "twice", "rename"),
    "a rule without a reason": Broken(
        "rules.yaml",
        "    reason: 没有规则有把握",
        "    # 没有规则有把握",
        "rules[19].reason",
        "is missing",
        "add reason",
        -3,
    ),
    "one word that decides alone": Broken(
        "rules.yaml",
        "when: {channels: [whistle], unit_kinds: [section], unit_of_town: yes}",
        "when: {words: [吹哨]}",
        "rules[10].when",
        "'吹哨' alone decides",
        "second word",
    ),
    "a clock's unknown event": Broken(
        "policy.yaml",
        "- IssueFollowedUp\n",
        "- IssueFolowedUp\n",
        "clocks.follow_up.stops[1].event",
        "no event 'IssueFolowedUp'",
        "write IssueFollowedUp",
    ),
    "a limit that is none": Broken(
        "policy.yaml", "limit: 3 calendar days", "limit: 3 days", "limits[2].limit", "'3 days'", "calendar days"
    ),
    "a limit's unknown grade": Broken(
        "policy.yaml",
        "{grade: simple, limit: same day}",
        "{grade: easy, limit: same day}",
        "grade",
        "'easy'",
        "simple",
    ),
    "frames that overlap": Broken(
        "policy.yaml", "13:30-17:30", "11:30-17:30", "service.week.mon-fri", "can't be used", "in order"
    ),
    "a frame that ends before it begins": Broken(
        "policy.yaml", "13:30-17:30", "17:30-13:30", "service.week.mon-fri", "can't be used", "end after"
    ),
    "a cut-off after service": Broken(
        "policy.yaml", 'cut_off: "16:30"', 'cut_off: "18:00"', "service.cut_off", "later than the end", "not later"
    ),
    "a cap that is no grade": Broken(
        "policy.yaml",
        "cap_same_day: complex",
        "cap_same_day: hard",
        "cap_same_day",
        "no grade 'hard'",
        "write one of",
    ),
    "a pause that is not there": Broken(
        "policy.yaml",
        "pauses: [awaiting_party, suspended]",
        "pauses: [sleeping]",
        "handling.pauses",
        "'sleeping'",
        "write",
    ),
    "a rung to nobody": Broken(
        "policy.yaml",
        "unit: leading-group, role: leader",
        "unit: leaders, role: leader",
        "unit",
        "'leaders'",
        "write",
    ),
    "a placeholder that is never closed": Broken(
        "texts/receipt.yaml", "编号{number}。凭", "编号{number。凭", "body.zh", "can't be read", ""
    ),
    "a unit that is told before there is one": Broken(
        "texts/receipt.yaml", "audience: party", "audience: unit", "audience", "never told to 'unit'", "party, filer"
    ),
    "a unit that hears of a list": Broken(
        "texts/lists.yaml", "audience: holder", "audience: unit", "audience", "ListOpened is never told", "holder"
    ),
    "a holder of an order": Broken(
        "texts/affairs.yaml",
        "audience: unit\n",
        "audience: holder\n",
        "audience",
        "OrderRaised is never told",
        "leader",
    ),
    "a chair who would get a list": Broken(
        "texts/meetings.yaml",
        "audience: chair",
        "urgency: digestible\n    audience: chair",
        "urgency",
        "a chair gets no lists",
        "leave it out",
    ),
    "a chair of a unit": Broken(
        "texts/meetings.yaml",
        "audience: chair",
        "unit: tax\n    audience: chair",
        "unit",
        "a chair is told wherever that is",
        "leave it out",
    ),
    "a day before what is over": Broken(
        "texts/lists.yaml",
        "audience: holder",
        'day_before: "16:00"\n    audience: holder',
        "day_before",
        "ListOpened announces nothing",
        "MeetingCalled",
    ),
    "a day before at no time of day": Broken(
        "texts/meetings.yaml", 'day_before: "16:00"', "day_before: 四点", "day_before", "can't be read", ""
    ),
    "a party by a robot": Broken(
        "texts/receipt.yaml", "medium: sms", "medium: wecom", "medium", "not reached by 'wecom'", "write one of: sms"
    ),
    "a filer by a robot": Broken(
        "texts/closing.yaml",
        "audience: filer\n    medium: sms",
        "audience: filer\n    medium: dingtalk",
        "medium",
        "a filer is not reached by 'dingtalk'",
        "",
        below=1,
    ),
    "a provider's code of a text that is none": Broken(
        "texts/receipt.yaml",
        "medium: sms",
        "medium: sms\n    approved: {zh: {aliyun: 短信一}}",
        "approved.zh.aliyun",
        "短信一",
        "write the code",
        below=1,
    ),
    "an approved text in a language that the city does not write": Broken(
        "texts/receipt.yaml",
        "medium: sms",
        "medium: sms\n    approved: {fr: {aliyun: SMS_1}}",
        "approved.fr",
        "is not a key",
        "",
        below=1,
    ),
    "an approved text of an e-mail": Broken(
        "texts/receipt.yaml",
        "medium: email",
        "medium: email\n    approved: {zh: {aliyun: SMS_1}}",
        "approved.zh",
        "is not a key",
        "",
        below=1,
    ),
    "a list for a party": Broken(
        "texts/receipt.yaml",
        "urgency: critical",
        "urgency: digestible",
        "urgency",
        "a party gets no lists",
        "write normal",
    ),
    "a condition on a value that never comes": Broken(
        "texts/lights.yaml", "{level: [yellow]", "{level: [amber]", "where.level", "is never 'amber'", "yellow"
    ),
    "a condition on a clock that nobody keeps": Broken(
        "texts/lights.yaml", "[unit_handling, assist, ", "[unit_handing, assist, ", "clock", "never", "unit_handling"
    ),
    "a message that a list has no words for": Broken(
        "texts/lights.yaml", "      zh: 黄灯{number}，{due}到期", "      # none", "line.zh", "is missing", "add zh", -1
    ),
    "a line that reveals the category": Broken(
        "texts/lights.yaml", "黄灯{number}，", "黄灯{category}，", "line.zh", "would reveal", "use only: "
    ),
    "YAML that is none": Broken(
        "rules.yaml", "when: {kinds: [spam]}", "when: {kinds: [spam}", "", "is not YAML", "mend"
    ),
    "an indicator of no unit": Broken(
        "indicators.csv", "18,tax,", "18,taxis,", "unit_in_charge", "no unit 'taxis'", "write tax"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_pack_names_file_line_key_and_cure(broken: Broken, tmp_path: Path) -> None:
    assert loaded(broken, tmp_path).pack is None


def test_a_channel_whose_follow_up_asks_nobody_known_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "channels.csv", "medium_desk", "medium_dask")
    (problem,) = (each for each in load(root, A_DAY).problems if each.file == "channels.csv")
    assert (problem.fatal, problem.key) == (True, "follow_up_of")
    assert "'media' asks 'medium_dask'" in problem.message


@pytest.mark.parametrize(
    "file", ["pack.yaml", "units.csv", "staff.csv", "channels.csv", "categories.csv", "rules.yaml", "policy.yaml"]
)
def test_a_missing_file_is_named(file: str, tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / file).unlink()

    found = load(root, A_DAY)

    assert found.pack is None
    assert Problem(file, 0, "", "the file is missing", f"add {file} to the pack's directory") in found.problems


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    root = copied(tmp_path)
    whole = (root / "staff.csv").read_bytes()
    (root / "staff.csv").write_bytes(whole + "张三".encode("gbk"))

    (problem,) = (each for each in load(root, A_DAY).problems if each.message == "is not UTF-8")

    assert (problem.file, problem.line, problem.cure) == ("staff.csv", whole.count(b"\n") + 1, "save the file as UTF-8")


def test_an_empty_directory_is_no_pack_and_raises_nothing(tmp_path: Path) -> None:
    found = load(tmp_path, A_DAY)

    assert found.pack is None
    assert "pack.yaml" in {problem.file for problem in found.problems}


def test_all_problems_are_told_at_one_look(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "units.csv", "Village,village,fotang", "Village,vilage,fotang")
    edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 3 days")
    edited(root, "texts/lights.yaml", "medium: sms", "medium: fax")

    files = {problem.file for problem in load(root, A_DAY).problems}

    assert files == {"units.csv", "policy.yaml", "texts/lights.yaml"}


def _with_a_merged_bureau(tmp_path: Path) -> Loaded:
    root = copied(tmp_path)
    edited(
        root,
        "units.csv",
        "Bureau,department,,,,,000-0000-0032",
        "Bureau,department,,,2026-05-06,civil-affairs,000-0000-0032",
    )
    return load(root, A_DAY)


def test_a_rule_whose_unit_is_gone_is_switched_off_and_reported(tmp_path: Path) -> None:
    found = _with_a_merged_bureau(tmp_path)

    assert found.pack is not None
    assert {rule.unit for rule in found.pack.rules if not rule.active} == {"veterans"}
    (told, *_) = (each for each in found.problems if "'sure-veterans-affairs' is switched off" in each.message)
    assert (told.file, told.fatal, told.cure) == ("rules.yaml", False, "write civil-affairs")


def test_categories_and_staff_of_a_unit_that_is_gone_are_remarked_on(tmp_path: Path) -> None:
    remarks = {(each.file, each.key) for each in _with_a_merged_bureau(tmp_path).problems if not each.fatal}

    assert {("categories.csv", "default_unit"), ("staff.csv", "unit")} <= remarks


def test_who_does_not_work_there_any_more_is_no_remark_of_a_unit_that_is_gone(tmp_path: Path) -> None:
    whose = [each for each in _with_a_merged_bureau(tmp_path).problems if each.key == "unit"]
    assert {each.message.split("'")[1] for each in whose} == {"veterans-officer", "veterans-head", "veterans-duty"}
    root = tmp_path / "pack"
    for row in (root / "staff.csv").read_text(encoding="utf-8").splitlines():
        if ",veterans," in row:
            edited(root, "staff.csv", row, f"{row.removesuffix('yes')}no")
    assert [each for each in load(root, A_DAY).problems if each.key == "unit"] == []


def test_a_category_that_ended_with_its_unit_is_no_remark_of_it(tmp_path: Path) -> None:
    found = _with_a_merged_bureau(tmp_path)
    remarked = [each for each in found.problems if each.key == "default_unit"]
    assert found.pack is not None
    own = [one.code for one in found.pack.categories.values() if one.default_unit == "veterans"]
    assert len(own) == len(remarked) > 0
    root = tmp_path / "pack"
    lasting(root, "categories.csv", **dict.fromkeys(own, ("", "2026-05-06", "garbage")))
    assert [each for each in load(root, A_DAY).problems if each.key == "default_unit"] == []


def test_a_town_without_anybody_on_duty_is_remarked_on(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "units.csv", "000-0000-0070", "")
    edited(root, "staff.csv", "chian,duty_officer", "chian,officer")

    messages = [each.message for each in load(root, A_DAY).problems]

    assert messages == [
        "nobody of 'chian' is on duty in an emergency",
        "messages to a unit by sms reach nobody in 1 unit: chian",
    ]


def test_a_clock_that_forgets_a_grade_is_remarked_on(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "policy.yaml", "      - {grade: complex, limit: 1 working day}\n", "")

    told = [(each.key, each.message) for each in load(root, A_DAY).problems]

    assert told == [("clocks.contact.limits", "has no limit for the grade 'complex'")]


UNREADABLE: dict[str, tuple[str, Callable[[bytes], bytes], int, str, str]] = {
    "an empty table": ("units.csv", lambda _: b"\n", 0, "empty", "write it"),
    "an empty document": ("policy.yaml", lambda _: b"", 0, "empty", "write it"),
    "a table of GBK": ("units.csv", lambda was: was.decode().encode("gb18030"), 2, "not UTF-8", "save the file as"),
    "a table of UTF-16": ("units.csv", lambda was: was.decode().encode("utf-16"), 1, "not UTF-8", "save the file as"),
    "a table without rows": ("units.csv", lambda was: was.split(b"\n")[0], 0, "no row", "add a row"),
    "a head misspelt": ("units.csv", lambda was: b"k" + was[1:], 1, "the column is missing", "add the column code"),
    "a quote left open": ("units.csv", lambda was: was.replace(b"\ntax,", b'\n"tax"x,', 1), 2, "not CSV", "quote"),
    "an indentation": ("policy.yaml", lambda was: was.replace(b"  cut_off", b"   cut_off", 1), 11, "not YAML", "mend"),
    "a tab": ("policy.yaml", lambda was: was.replace(b"  cut_off", b"\tcut_off", 1), 11, "not YAML", "mend"),
    "a NUL": ("policy.yaml", lambda was: was.replace(b"\n", b"\n\n#\0", 1), 3, "not YAML", "mend"),
    "a list at the top": ("policy.yaml", lambda _: b"- a\n- b\n", 1, "is not a mapping", "write key: value"),
    "two documents": ("policy.yaml", lambda _: b"a: 1\n---\nb: 1\n", 2, "another document", "mend"),
    "a thousand lists": ("secrecy.yaml", lambda _: b"x: " + b"[" * 1000, 0, "nested too deeply", "few levels"),
}
"""File, what is done to it, and the line and words of the one problem that must be told."""


@pytest.mark.parametrize("broken", UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_of_and_not_what_follows_from_that(tmp_path: Path, broken: str) -> None:
    root = copied(tmp_path)
    file, change, line, message, cure = UNREADABLE[broken]
    (root / file).write_bytes(change((root / file).read_bytes()))
    (problem,) = load(root, A_DAY).problems
    assert (problem.file, problem.line) == (file, line)
    assert message in problem.message
    assert cure in problem.cure


@pytest.mark.parametrize("file", ["units.csv", "policy.yaml", "indicators.csv"])
def test_a_missing_file_is_named_once(tmp_path: Path, file: str) -> None:
    root = copied(tmp_path)
    (root / file).unlink()
    assert [(each.file, each.message) for each in load(root, A_DAY).problems] == [(file, "the file is missing")]


@pytest.mark.parametrize(
    "change",
    [
        lambda was: b"\xef\xbb\xbf" + was,
        lambda was: was.replace(b"\n", b"\r\n"),
        lambda was: was.replace(b"\n", b"\r"),
    ],
)
def test_what_editors_do_to_line_ends_and_beginnings_of_files_is_no_mistake(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    root = copied(tmp_path)
    before = load(root, A_DAY).pack
    assert before is not None
    for path in [*root.glob("*.csv"), *root.glob("*.yaml"), *root.glob("texts/*.yaml")]:
        path.write_bytes(change(path.read_bytes()))
    after = load(root, A_DAY)
    assert after.problems == ()
    assert after.pack is not None
    assert (after.pack.units, after.pack.policy, after.pack.rules) == (before.units, before.policy, before.rules)


def test_frames_that_overlap_are_told_once_for_the_whole_week(tmp_path: Path) -> None:
    root = copied(tmp_path)
    line = edited(root, "policy.yaml", '["08:30-12:00", "13:30-17:30"]', '["08:30-14:00", "13:30-17:30"]')
    (problem,) = load(root, A_DAY).problems
    assert (problem.line, problem.key) == (line, "service.week.mon-fri")
    assert "at or after the end of the one before" in problem.cure


def test_an_sms_that_may_outgrow_one_segment_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    line = edited(root, "texts/receipt.yaml", "凭编号可随时查询进度。", "凭编号可随时查询进度。" + "谢谢您的信任。" * 5)

    found = load(root, A_DAY)

    assert found.pack is None
    assert {(each.line, each.key.rpartition(".")[2]) for each in found.problems} == {(line, "zh")}
    assert all("more than 1 SMS of 70" in each.message for each in found.problems)


def test_an_sms_is_measured_with_the_longest_name_that_the_city_has_for_what_it_holds(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "policy.yaml", "name: {zh: 紧急签收", "name: {zh: " + "签收" * 12)
    problems = load(root, A_DAY).problems
    assert {problem.file for problem in problems} <= {
        f"texts/{name}.yaml" for name in ("affairs", "ladder", "late", "lights")
    }
    assert any("more than 1 SMS of 70" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("text", "segments", "holds"),
    [
        ("字" * 70, 1, True), ("字" * 71, 1, False), ("字" * 134, 2, True), ("字" * 135, 2, False),
        ("a" * 160, 1, True), ("a" * 161, 1, False), ("a" * 306, 2, True), ("a" * 307, 2, False),
        ("[" * 80, 1, True), ("[" * 81, 1, False), ("`" * 70, 1, True), ("`" * 71, 1, False),
    ],
)  # fmt: skip
def test_an_sms_holds_seventy_characters_and_of_several_each_sixty_seven(text: str, segments: int, holds: bool) -> None:
    assert fits(text, segments) is holds


def test_the_report_shows_where_what_and_the_cure(tmp_path: Path) -> None:
    root = copied(tmp_path)
    line = edited(root, "policy.yaml", "limit: 3 calendar days", "limit: 3 days")

    sound, lines = check_report(root, A_DAY)

    assert not sound
    assert lines[0].startswith(f"policy.yaml:{line}  clocks.handling.limits[2].limit: '3 days' can't be read")
    assert lines[1].startswith("    → write `same day`, or a number")
    assert lines[-1].endswith("the pack can't be used")


def test_a_check_brought_by_somebody_else_may_refuse_the_pack(tmp_path: Path) -> None:
    inversion = Problem("policy.yaml", 0, "cap_same_day", "a simple issue is due after a complex one", "set it")

    found = load(copied(tmp_path), A_DAY, [lambda _pack: [inversion]])

    assert found == Loaded(None, (inversion,))
