from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sanfu.runtime.texts import Line, Text

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
