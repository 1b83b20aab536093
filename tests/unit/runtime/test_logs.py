import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from sanfu.runtime.logs import REDACTED, configure, redacted
from sanfu.runtime.traces import TRACEPARENT, continued, trace_id


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Logs as a service writes them; the process' own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure("toy", out=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_event_level_service_and_fields(out: io.StringIO) -> None:
    structlog.get_logger().info("started", port=8001)
    (line,) = lines(out)
    assert line.items() >= {"event": "started", "level": "info", "service": "toy", "port": 8001}.items()
    assert line["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_written(out: io.StringIO) -> None:
    structlog.get_logger().debug("details")
    assert lines(out) == []


def test_a_line_carries_the_trace_of_its_task(out: io.StringIO) -> None:
    token = TRACEPARENT.set(continued(None))
    structlog.get_logger().info("here")
    assert lines(out)[0]["trace"] == trace_id()
    TRACEPARENT.reset(token)


def test_libraries_write_in_the_same_form(out: io.StringIO) -> None:
    logging.getLogger("aiokafka.client").warning("can't reach %s", "13812345678")
    (line,) = lines(out)
    assert (line["event"], line["logger"]) == (f"can't reach {REDACTED}", "aiokafka.client")


def test_an_exception_is_shown_without_its_message(out: io.StringIO) -> None:
    try:
        try:
            raise KeyError("Zhang San")
        except KeyError as cause:
            raise ValueError("Li Si") from cause
    except ValueError:
        structlog.get_logger().exception("failed")
    logging.getLogger("asyncio").error("lost", exc_info=ValueError("Wang Wu"))
    first, second = lines(out)
    assert first["exception"]["type"] == "builtins.ValueError"
    assert first["exception"]["cause"]["type"] == "builtins.KeyError"
    assert "test_an_exception_is_shown" in first["exception"]["at"][-1]
    assert second["exception"]["type"] == "builtins.ValueError"
    assert not {"Zhang San", "Li Si", "Wang Wu"} & set(out.getvalue().split('"'))


def test_personal_data_is_redacted_however_deep(out: io.StringIO) -> None:
    structlog.get_logger().warning(
        "sent to wang@example.com",
        to=["+86 138-1234-5678", 13812345678],
        who={"id": ("330782199001011234", "33078219900101123X")},
    )
    (line,) = lines(out)
    assert line["event"] == f"sent to {REDACTED}"
    assert line["to"] == [REDACTED, REDACTED]
    assert line["who"] == {"id": [REDACTED, REDACTED]}


@pytest.mark.parametrize(
    "harmless",
    [
        "0190b5c0-1381-7234-8567-138123456789",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "2026-01-05T12:00:00.000Z",
        "a1381234567812",
        1767225600000,
        138_1234_5678_9,
        True,
        None,
        1.5,
    ],
)
def test_ids_and_instants_are_left_alone(harmless: Any) -> None:
    assert redacted(harmless) == harmless


@given(
    prefix=st.sampled_from(["", "电话", "tel:", "+86", "86-", " ", "“"]),
    start=st.sampled_from(["13", "15", "18", "19"]),
    rest=st.from_regex(r"\A[0-9]{9}\Z"),
    suffix=st.sampled_from(["", "。", ",", " 张", "\n"]),
)
def test_no_mobile_number_stays(prefix: str, start: str, rest: str, suffix: str) -> None:
    assert start + rest not in redacted(prefix + start + rest + suffix)


@pytest.mark.parametrize("header", [None, "", "junk", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01"])
def test_without_a_valid_traceparent_a_new_trace_begins(header: str | None) -> None:
    assert continued(header) != continued(header)


def test_a_valid_traceparent_is_continued_with_a_span_of_our_own() -> None:
    given_header = f"00-{'a' * 32}-{'1' * 16}-01"
    assert continued(given_header).startswith(f"00-{'a' * 32}-")
    assert continued(given_header).endswith("-01")
    assert "1" * 16 not in continued(given_header)
