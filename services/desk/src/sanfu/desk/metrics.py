"""What desk measures of units' own systems, beside what every service does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(slots=True)
class ReplyMetrics:
    """Of the units' replies topics."""

    read: Counter
    lag: Gauge
    _since: float | None = None

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "ReplyMetrics":
        held = Gauge("sanfu_desk_replies_held_seconds", "How long replies have been in hand", registry=registry)
        made = cls(
            Counter("sanfu_desk_replies", "Replies by topic, by what became of them (done, repeated, refused, dead), "
                    "and by which problem", ["fate", "why"], registry=registry),
            Gauge("sanfu_desk_replies_lag_records", "Replies by topic that are not taken yet", registry=registry),
        )  # fmt: skip
        held.set_function(lambda: 0.0 if made._since is None else time.monotonic() - made._since)
        return made

    @contextmanager
    def holding(self) -> Iterator[None]:
        """While replies are in hand."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None

    def taken(self, fate: str, why: str = "") -> None:
        self.read.labels(fate, why).inc()


@dataclass(slots=True)
class OnBehalfMetrics:
    """Of units' own systems that read for officers."""

    calls: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "OnBehalfMetrics":
        told = "Requests of units' own systems to read for an officer: `let`, or the problem that refused them"
        return cls(Counter("sanfu_desk_on_behalf", told, ["fate"], registry=registry))

    def asked(self, fate: str) -> None:
        self.calls.labels(fate).inc()
