"""Every service held to its own OpenAPI document: whatever is sent, no 5xx, and answers as the document says."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import CacheConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sanfu.contracts.registry import SERVICES
from sanfu.runtime.serving import Server
from tests.support.assembling import OPS_TOKEN, channel_key
from tests.support.city import City, in_memory
from tests.support.people import token

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
EXAMPLES = 25
"""For each operation; all services together shall take two minutes at most."""
LONGEST_WAIT = 0.2
"""Seconds for which a service is asked to wait until it is quiet: longer proves no more."""
ENDLESS = {"/v1/live"}
"""A stream of server-sent events."""
OPEN = {
    *((name, path) for name in SERVICES for path in ("/health/live", "/health/ready", "/docs/events.json")),
    *(("intake", path) for path in ("/v1/issues", "/v1/receipts/{number}", "/v1/channels/{code}/form")),
    ("intake", "/v1/attachments/{file}"),
    *(
        ("intake", f"/open311/{path}.{{format}}")
        for path in ("discovery", "v2/discovery", "v2/services", "v2/requests")
    ),
    *(("intake", f"/open311/v2/{path}.{{format}}") for path in ("services/{code}", "requests/{id}", "tokens/{token}")),
    ("intake", "/open311/v2/servicerequestupdates.{format}"),
    *(
        ("desk", path)
        for path in ("/login", "/board", "/inbox", "/lists", "/lists/{affair}", "/lists/new", "/password")
    ),
    ("desk", "/v1/evidence/{file}"),
    ("intake", "/open311/media/{id}/{file}"),
    ("desk", "/v1/public-evidence/{file}"),
    ("notify", "/callbacks/{provider}"),
    ("notify", "/callbacks/{provider}/{secret}"),
}
"""What anybody may ask: what services tell each other, a public channel's report, a receipt by its number, what Open311
shows to everybody (who posts there sends the key in the form: `tests/unit/intake/test_open311.py`), the door, and the
way to it; a file, by a link that was signed for it; a provider's receipts, by the secret in the path."""
OPERATORS = ("/ops", "/v1/erasures", "/v1/channel")
MODEST = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A city that is being served: where each service listens, and what it knows."""

    urls: dict[str, str]
    documents: dict[str, dict[str, Any]]
    issues: list[str]
    receipts: list[str]

    def path(self, named: dict[str, Any], which: int) -> dict[str, Any]:
        """Put something that exists into the path, where it names an issue or a receipt."""
        known = dict.fromkeys(("case", "issue", "subject"), self.issues) | {"number": self.receipts}
        found = {name: known[name][which % len(known[name])] for name in named if name in known}
        return {**named, **found, **({"clock": "handling"} if "clock" in named else {})}


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    with background() as loop:
        city = in_memory()
        served = asyncio.run_coroutine_threadsafe(serve(city), loop).result(60)
        yield served[0]
        asyncio.run_coroutine_threadsafe(close(city, served[1]), loop).result(60)


@contextmanager
def background() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread: the tool under test calls from this one, and waits."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def serve(opening: Any) -> tuple[Standing, list[Server]]:
    city: City = await opening.__aenter__()
    issues = [await city.report(), await city.report("hotline", category="road-lamp"), await city.report("petition")]
    await city.officer("housing-construction").do_all(issues[1])
    servers = [Server(service.app, "127.0.0.1", 0, stop_within=1) for service in city.services.values()]
    for server in servers:
        await server.start()
    urls = {name: f"http://127.0.0.1:{server.port}" for name, server in zip(city.services, servers, strict=True)}
    documents = {name: service.app.openapi() for name, service in city.services.items()}
    return Standing(urls, documents, [one.id for one in issues], [one.receipt for one in issues]), servers


async def close(opening: Any, servers: list[Server]) -> None:
    for server in servers:
        await server.stop()
    await opening.__aexit__(None, None, None)


def key(service: str, path: str, *, ours: bool) -> dict[str, str]:
    """Return the headers of somebody who may use this route; of nobody, where it is not `ours`."""
    if not ours:
        return {}
    if path.startswith(OPERATORS) or service in ("router", "sla", "notify"):
        return {"Authorization": f"Bearer {OPS_TOKEN}"}
    return {
        "intake": {"X-Api-Key": channel_key("hotline")},
        "desk": {"Authorization": f"Bearer {token('office-head')}"},
    }.get(service, {})


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_token_only_what_is_meant_for_everybody_opens(service: str, standing: Standing) -> None:
    asked = [(path, method) for path, found in standing.documents[service]["paths"].items() for method in found]
    assert asked
    for path, method in asked:
        url = standing.urls[service] + re.sub(r"\{\w+\}", standing.issues[0], path)
        answer = httpx.request(method, url, json={"issues": [{}]}, headers={"Idempotency-Key": "k"})
        is_open = answer.status_code not in {401, 403}
        assert is_open == ((service, path) in OPEN), (method, path, answer.status_code, answer.text)


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_is_sent_a_service_answers_as_its_document_says_and_never_with_a_5xx(
    service: str, standing: Standing
) -> None:
    configured = SchemathesisConfig(cache=CacheConfig(enabled=False), seed=1)
    schema = schemathesis.openapi.from_dict(standing.documents[service], config=configured)
    wrong: list[str] = []
    answers: Counter[int] = Counter()
    kept = requests.Session()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path in ENDLESS:
            continue
        right, broken = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

        @MODEST
        @given(case=right | broken, known=st.integers(0, 5), ours=st.integers(0, 5))
        def holds(case: Any, known: int, ours: int) -> None:
            if case.path_parameters and known:
                case.path_parameters = standing.path(dict(case.path_parameters), known)
            if isinstance(wait := (case.query or {}).get("within"), int | float):
                case.query = {**case.query, "within": min(wait, LONGEST_WAIT)}
            headers = key(service, case.operation.path, ours=ours > 0)
            url = standing.urls[service]
            answer = case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=20, session=kept)
            answers[answer.status_code] += 1

        try:
            holds()
        except FailureGroup as failures:
            wrong += [f"{operation.label}: {one.title}: {one.message}" for one in failures.exceptions]
    assert wrong == []
    assert answers[200] > EXAMPLES, f"too little was done rightly for this to prove anything: {answers}"
    assert answers[422] > 0, f"too little was wrong for this to prove anything: {answers}"
