"""What every route of Open311 does beside its own: it counts who comes, and its errors are the standard's."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from limits import RateLimitItem
from prometheus_client import Counter
from starlette.exceptions import HTTPException

from sanfu.intake.domain.georeporting import field
from sanfu.intake.entrypoints.georeport_words import TYPES, errors
from sanfu.intake.handlers.rates import Rates
from sanfu.intake.ports import ChannelKey
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.pages import address
from sanfu.runtime.problems import expected
from sanfu.runtime.queries import check, matched, parameters
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown

LATER: Final = 5
"""Seconds after which one may come again where nobody knows better."""


@dataclass(frozen=True, slots=True)
class Doors:
    """How often one may come, and how many came. `reading`: of an address, which needs no key; `writing`: of a key.
    `requests`: by operation and status."""

    rates: Rates
    reading: RateLimitItem
    writing: RateLimitItem
    requests: Counter

    def read(self, request: Request) -> None:
        """Count one who needs no key, or has none that is right. Raises Refusal 429."""
        self.rates.hit(self.reading, "questions over Open311 from one address", "open311", address(request))

    def written(self, key: ChannelKey) -> None:
        """Count one who sends something. Raises Refusal 429."""
        self.rates.hit(self.writing, "requests and updates with one key", "open311 key", key.id)


def route_of(doors: Doors) -> type[APIRoute]:
    """Make the class of routes whose errors are the standard's: 404 for what is not there, 403 for keys, 400 for what
    is wrong. What a client may send again later stays 429 and 503, for 400 would tell it to give up."""

    class Open311Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle, operation = super().get_route_handler(), self.name

            async def handled(request: Request) -> Response:
                status = 500
                try:
                    answer = await _answered(request, handle, doors)
                    status = answer.status_code
                    return answer
                finally:
                    doors.requests.labels(operation, status).inc()

            return handled

    return Open311Route


async def _answered(
    request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]], doors: Doors
) -> Response:
    asked = request.path_params.get("format", "xml")
    format = asked if asked in TYPES else "xml"
    try:
        if request.method != "POST":
            doors.read(request)
        check(request.query_params, parameters(matched(request.scope).dependant))
        return await handle(request)
    except Refusal as refusal:
        return _refused(format, refusal)
    except RequestValidationError as error:
        return errors(format, 400, map(_invalid, error.errors()))
    except (Unavailable, StoreDown) as outage:
        wait = str(getattr(outage, "retry_after", LATER))
        return errors(format, 503, ["Nothing can be taken or shown now; try again."], {"Retry-After": wait})
    except HTTPException as error:
        return errors(format, 400, [f"{error.detail}."])


def _refused(format: str, refusal: Refusal) -> Response:
    status = {401: 403, 403: 403, 404: 404, 429: 429}.get(refusal.status, 400)
    wrong = refusal.more.get("errors", ())
    told = [_told(field(one["field"]), one["problem"], one["expected"]) for one in wrong] or [refusal.detail]
    wait = {"Retry-After": str(refusal.more["retry_after"])} if "retry_after" in refusal.more else None
    return errors(format, status, told, wait)


def _invalid(error: Mapping[str, Any]) -> str:
    return _told(".".join(str(one) for one in error["loc"][1:2]) or "query", error["type"], expected(error))


def _told(name: str, problem: str, right: str) -> str:
    return f"{name[:80]}: {problem.replace('_', ' ')}; expected: {right}"
