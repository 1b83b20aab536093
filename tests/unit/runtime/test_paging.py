import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.runtime.paging import Cursor, Page

texts = st.text(st.characters(codec="utf-8"))
keys = st.none() | texts | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


@given(keys, texts)
def test_a_cursor_is_read_back_as_it_was(key: str | int | float | None, identity: str) -> None:
    assert Cursor.parse(str(Cursor(key, identity))) == Cursor(key, identity)


@given(st.text())
def test_garbage_is_no_cursor(text: str) -> None:
    try:
        cursor = Cursor.parse(text)
    except ValueError:
        return
    assert str(cursor) == text


@given(keys, texts, st.data())
def test_a_cursor_with_one_character_changed_is_another_or_none(
    key: str | int | float | None, identity: str, data: st.DataObject
) -> None:
    cursor = Cursor(key, identity)
    text = str(cursor)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABab01-_").filter(lambda character: character != text[at]))
    try:
        assert Cursor.parse(text[:at] + other + text[at + 1 :]) != cursor
    except ValueError as error:
        assert str(error) == "no cursor"


def test_the_last_page_has_no_next() -> None:
    page = Page(2, None)
    assert page.of([1, 2], lambda row: Cursor(row, "x"))["next"] is None
    assert page.of([], lambda row: Cursor(row, "x")) == {"items": [], "next": None}
    more = page.of([1, 2, 3], lambda row: Cursor(row, "x"))
    assert more == {"items": [1, 2], "next": str(Cursor(2, "x"))}


@pytest.mark.parametrize("key", [[1], {}])
def test_a_key_is_a_plain_value(key: object) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        Cursor.parse(str(Cursor(key, "x")))  # type: ignore[arg-type]
