"""What tells who somebody is goes; everything else stays, in its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.contracts.masking import _FOLDING, FORMS, Mask, dialled, digits, plain

NOBODY = Mask(())
WANG = Mask.of(
    [{"name": "王小明", "phone": "0579-85551234", "email": "Wang.XM@Example.com", "address": "义乌市宾王路1号8幢302"}]
)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HAN = str.maketrans("0123456789", "〇一二三四五六七八九")


@pytest.mark.parametrize(
    "shown",
    [
        "13800000001",
        "138-0000-0001",
        "138 0000 0001",
        "1 3 8 0 0 0 0 0 0 0 1",
        "+86 138 0000 0001",
        "+8613800000001",
        "0086-138-0000-0001",
        "86-13800000001",
        "１３８０００００００１",
        "１３８－００００－０００１",
        "138.0000.0001",
        "138\u200b0000\u200b0001",
        "一三八零零零零零零零一",
        "幺三八〇〇〇〇〇〇〇幺",
        "٠٥٧٩٨٥٥٥١٢٣٤",
        "0579-85551234",
        "(0579)85551234",
        "0579 8555 1234",
        "000-0000-0001",
        "+44 20 7946 0958",
        "330782199001010014",
        "33078219900101001X",
        "33078219900101001ｘ",
        "330782 19900101 0014",
        "330782900101001",
        "wang@example.com",
        "ＷＡＮＧ＠ＥＸＡＭＰＬＥ．ＣＯＭ",
        "wang.xm+a@mail.example.com",
        "wang @ example.com",
        "小明@公司.中国",
    ],
)
def test_numbers_and_addresses_are_masked_however_they_are_written(shown: str) -> None:
    assert NOBODY.text(f"电话：{shown}，谢谢") == f"电话：{'*' * len(shown)}，谢谢"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02 10:00 到 2026-01-03 12:00",
        "合同号 20260102000000000001 金额 1,380,000.00 元",
        "三十六户，一共 138 万",
        "寺前街60号，12345热线",
        "运单 YT8812345678901",
        "@所有人 请看",
        "😀 مرحبا שלום ＊",
    ],
)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    assert NOBODY.text(text) is text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我是王小明。", "我是***。"),
        ("我是王 小 明。", "我是*****。"),
        ("打85551234找我", "打********找我"),
        ("打8555-1234找我", "打*********找我"),
        ("住义乌市宾王路1号8幢302", "住*************"),
        ("住义乌市宾王路１号８幢３０２", "住*************"),
        ("wang.xm@example.com", "*******************"),
        ("王小二不是我", "王小二不是我"),
    ],
)
def test_a_partys_own_values_are_masked_wherever_they_stand(text: str, masked: str) -> None:
    assert WANG.text(text) == masked


@pytest.mark.parametrize("shown", ["1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣0️⃣0️⃣0️⃣0️⃣1️⃣", "(86)13800000001", "<wang@example.com>"])
def test_of_a_dressed_up_number_only_the_dress_stays(shown: str) -> None:
    assert not re.search(r"[0-9a-z]", NOBODY.text(shown))


def test_a_latin_name_is_masked_as_whole_words() -> None:
    assert Mask.of([{"name": "Ann Lee"}]).text("ann lee, Annlee; Joann Leeds") == "*******, ******; Joann Leeds"


def test_answers_are_masked_however_deep_and_numbers_too() -> None:
    masked = WANG.value({"caller": "王小明", "back": 13800000001, "yes": True, "n": 3, "list": ["0579-85551234", None]})
    assert masked == {"caller": "***", "back": "***********", "yes": True, "n": 3, "list": ["*" * 13, None]}


@given(st.text(max_size=300))
def test_masking_keeps_the_length_and_is_done_once(text: str) -> None:
    once = WANG.text(text)
    assert len(once) == len(text)
    assert WANG.text(once) == once


@given(
    before=st.text(alphabet="我住在张村abc，。 \n", max_size=20),
    after=st.text(alphabet="我住在张村abc，。 \n", max_size=20),
    tail=st.text(alphabet="0123456789", min_size=9, max_size=9),
    second=st.sampled_from("3456789"),
    separators=st.lists(st.sampled_from(["", " ", "-", "－", ".", "\u3000", "\u200d"]), min_size=10, max_size=10),
    script=st.sampled_from([{}, WIDE, HAN]),
)
def test_no_mobile_number_survives(  # noqa: PLR0917 (Hypothesis gives them by name)
    before: str, after: str, tail: str, second: str, separators: list[str], script: dict[int, int]
) -> None:
    number = f"1{second}{tail}"
    written = "".join(digit + gap for digit, gap in zip(number, [*separators, ""], strict=True)).translate(script)
    masked = NOBODY.text(f"{before}{written}{after}")
    assert masked == f"{before}{'*' * len(written)}{after}"


@given(name=st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=5))
def test_no_name_survives(name: str) -> None:
    assert name not in Mask.of([{"name": name}]).text(f"我叫{name}，{name}是我")


@given(
    local=st.from_regex(r"[a-zA-Z0-9._%+-]{1,20}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9]{1,10}\.[a-z]{2,5}", fullmatch=True),
)
def test_no_email_survives(local: str, host: str) -> None:
    assert not re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", NOBODY.text(f"写信到{local}@{host}谢谢"))


@given(st.text("0123456789 -.+()@a8零一x路", max_size=40))
def test_a_text_is_masked_as_if_it_were_searched_for_every_form(text: str) -> None:
    searched = text.translate(_FOLDING)
    for form in FORMS:
        searched = form.sub(lambda found: "\0" * len(found[0]), searched)
    assert NOBODY.text(text) == "".join("*" if mark == "\0" else was for mark, was in zip(searched, text, strict=True))


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    for hard in ("a" * 10_000, "1 " * 5_000, "1-" * 5_000, "0579" * 2_500, "a." * 5_000, "@a" * 5_000, "王小" * 5_000):
        WANG.text(hard)


@pytest.mark.parametrize(
    ("written", "bare", "to_dial"),
    [
        ("+86 138-0000-0001", "13800000001", "13800000001"),
        ("（0579）8555 1234", "057985551234", "057985551234"),
        ("+44 20 7946 0958", "442079460958", "+442079460958"),
        ("１３８００００００００１"[:11], "13800000000", "13800000000"),
    ],
)
def test_a_phone_has_one_form(written: str, bare: str, to_dial: str) -> None:
    assert (digits(written), dialled(written)) == (bare, to_dial)
    assert plain(" Ｗang@X.com ") == "wang@x.com"
