"""What is fetched is there whole, or not at all."""

import hashlib
from pathlib import Path

import pytest

from sanfu.stack import parts
from sanfu.stack.programs import PartError


def test_a_fetch_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(place: Path, _: Path) -> None:
        (place / "half").touch()
        raise PartError("the line went dead")

    with pytest.raises(PartError):
        parts._fetch(tmp_path / "kafka", fail)
    assert list(tmp_path.iterdir()) == []


def test_who_comes_second_takes_what_the_first_fetched(tmp_path: Path) -> None:
    def fetch_twice(place: Path, _: Path) -> None:
        (place / "jar").write_text("second")
        faster = tmp_path / "kafka"
        faster.mkdir()
        (faster / "jar").write_text("first")

    parts._fetch(tmp_path / "kafka", fetch_twice)
    assert [path.name for path in tmp_path.iterdir()] == ["kafka"]
    assert (tmp_path / "kafka" / "jar").read_text() == "first"


@pytest.mark.parametrize("content", [b"other bytes", None])
def test_a_jar_that_is_not_the_pinned_one_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    pinned = f"{hashlib.sha256(b'bytes').hexdigest()}  kafka.jar\n"
    if content:
        (tmp_path / "kafka.jar").write_bytes(content)
    with pytest.raises(PartError, match=r"kafka\.jar"):
        parts._check_jars(tmp_path, pinned)


def test_the_pinned_jars_pass(tmp_path: Path) -> None:
    (tmp_path / "kafka.jar").write_bytes(b"bytes")
    parts._check_jars(tmp_path, f"{hashlib.sha256(b'bytes').hexdigest()}  kafka.jar\n")
