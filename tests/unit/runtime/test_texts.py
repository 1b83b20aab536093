from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sanfu.runtime.texts import Instant, Key, Line, Text

TEXT = TypeAdapter(Annotated[str, Text(50)])
LINE = TypeAdapter(Annotated[str, Line(50)])

BIDI = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
whole = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn"], exclude_characters=BIDI), max_size=50
)


@given(whole)
def test_ordinary_text_of_any_script_passes_unchanged(text: str) -> None:
    assert TEXT.validate_python(text) == LINE.validate_python(text) == text


@pytest.mark.parametrize("text", ["👩‍👩‍👧 路灯坏了", "مرحبا\u200f!", " spaces stay ", "\u200ea"])
def test_emoji_joiners_and_plain_direction_marks_pass(text: str) -> None:
    assert LINE.validate_python(text) == text


@pytest.mark.parametrize("adapter", [TEXT, LINE])
@given(
    before=whole.map(lambda text: text[:20]),
    bad=st.one_of(
        st.characters(categories=["Cc"], exclude_characters="\n\t"),
        st.characters(categories=["Cs"]),
        st.sampled_from(BIDI),
    ),
)
def test_controls_half_characters_and_bidi_overrides_are_refused(
    adapter: TypeAdapter[Any], before: str, bad: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(before + bad)
    (error,) = refused.value.errors()
    assert error["msg"] == f"no U+{ord(bad):04X} (here at position {len(before)})"


@pytest.mark.parametrize("break_", ["\n", "\t"])
def test_line_feeds_and_tabs_are_for_texts_not_for_lines(break_: str) -> None:
    assert TEXT.validate_python(f"a{break_}b") == f"a{break_}b"
    with pytest.raises(ValidationError, match="here at position 1"):
        LINE.validate_python(f"a{break_}b")


def test_length_is_counted_in_characters() -> None:
    assert LINE.validate_python("灯" * 50)
    with pytest.raises(ValidationError, match="at most 50"):
        LINE.validate_python("灯" * 51)
    with pytest.raises(ValidationError, match="at least 1"):
        TypeAdapter(Annotated[str, Line(50, 1)]).validate_python("")


@pytest.mark.parametrize("blank", [" ", "\n\t", "\u200b", "\u3000 \u00a0", "\u2060\ufeff"])
def test_a_text_that_must_say_something_says_more_than_spaces(blank: str) -> None:
    with pytest.raises(ValidationError, match="more than spaces"):
        TypeAdapter(Annotated[str, Text(50, 1)]).validate_python(blank)
    assert TEXT.validate_python(blank) == blank, "one that may be empty may be blank"


@pytest.mark.parametrize(
    "text", ["2026-03-01", "2026-03-01T08:00:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00", "x" * 41, 7]
)
def test_what_is_no_instant_is_told_how_one_is_written(text: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Instant).validate_python(text)
    (error,) = refused.value.errors()
    assert (error["type"], "2026-01-01T08:00:00+08:00" in error["msg"]) == ("instant", True)


def test_an_instant_is_kept_as_utc_in_milliseconds() -> None:
    assert TypeAdapter(Instant).validate_python("2026-03-01T08:00:00.123999+08:00") == "2026-03-01T00:00:00.123Z"


@pytest.mark.parametrize("key", ["", "a b", "中", "x" * 201])
def test_what_is_no_key_is_told_in_words(key: str) -> None:
    with pytest.raises(ValidationError, match="characters of ASCII"):
        TypeAdapter(Key).validate_python(key)
    assert TypeAdapter(Key).validate_python("!" * 200)
