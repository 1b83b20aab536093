"""Structured logs: one JSON object per line on standard output, an event name and fields, no personal data."""

import logging
import re
import sys
import traceback
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from sanfu.runtime.traces import trace_id

_ALONE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
PERSONAL = re.compile(
    "|".join(
        (
            _ALONE.format(r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"),  # Chinese mobile numbers
            _ALONE.format(r"[1-9]\d{16}[\dXx]"),  # Chinese ID numbers
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail addresses
        )
    )
)
REDACTED = "[redacted]"
FRAMES = 15
"""Innermost frames shown of an exception: more is the framework's."""


def redacted(value: Any) -> Any:
    """Replace what looks like a mobile number, an ID number or an e-mail address, however deep: the last line of
    defence; the first is not to log it."""
    match value:
        case str():
            return PERSONAL.sub(REDACTED, value)
        case bool() | float() | None:
            return value
        case int():
            return REDACTED if PERSONAL.fullmatch(str(value)) else value
        case dict():
            return {redacted(key): redacted(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redacted(item) for item in value]
        case _:
            return PERSONAL.sub(REDACTED, str(value))


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: redacted(value) for key, value in event.items()}


def _trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if trace := trace_id():
        event.setdefault("trace", trace)
    return event


def _failure(messages: bool) -> Processor:
    """Make the processor that shows an exception as its type and frames. Its message may quote anybody's data, so it
    is shown at level debug only: log what is fit to be seen as a field."""

    def render(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        given = event.pop("exc_info", None)
        error = given[1] if isinstance(given, tuple) else sys.exception() if given is True else given
        if isinstance(error, BaseException):
            event["exception"] = _shown(error, messages)
        return event

    return render


def _shown(error: BaseException, messages: bool) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    shown: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if messages:
        shown["message"] = str(error)
    if cause := error.__cause__ or error.__context__:
        shown["cause"] = _shown(cause, messages)
    if isinstance(error, BaseExceptionGroup):
        shown["group"] = [_shown(one, messages) for one in error.exceptions]
    return shown


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS).decode()


def configure(service: str, level: str = "info", out: TextIO | None = None) -> None:
    """Send every log line of this process, the libraries' included (warnings and above), to `out` (stdout)."""
    out = out or sys.stdout
    number = logging.getLevelNamesMapping()[level.upper()]

    def _service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _service,
        _trace,
    ]
    after: list[Processor] = [_failure(number <= logging.DEBUG), _redact, _render]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
