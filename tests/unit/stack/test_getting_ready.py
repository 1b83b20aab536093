"""What `sanfu up` tells while a stack gets ready."""

from typing import Any

from sanfu.stack.stack import Status, tell_new

URLS = {"intake": "http://127.0.0.1:8700", "desk": "http://127.0.0.1:8705"}


def test_each_program_is_told_once_it_is_ready_and_a_service_with_its_address() -> None:
    programs: dict[str, Any] = {"kafka": {"state": "ready"}, "topics": {"state": "done"}, "desk": {"state": "starting"}}
    lines = list[str]()
    told = tell_new(lines.append, Status("starting", programs), URLS, set())
    assert lines == ["kafka is ready", "topics: done"]
    told = tell_new(lines.append, Status("up", programs | {"desk": {"state": "ready"}}), URLS, told)
    tell_new(lines.append, Status("up", programs), URLS, told)
    assert lines[2:] == ["desk is ready: http://127.0.0.1:8705"]
