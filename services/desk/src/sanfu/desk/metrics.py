"""What desk measures of replies by topic, beside what every service does."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(slots=True)
class ReplyMetrics:
    """Of the units' replies topics."""

    read: Counter
    lag: Gauge

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "ReplyMetrics":
        return cls(
            Counter("sanfu_desk_replies", "Replies by topic, by what became of them (done, repeated, refused, dead), "
                    "and by which problem", ["fate", "why"], registry=registry),
            Gauge("sanfu_desk_replies_lag_records", "Replies by topic that are not taken yet", registry=registry),
        )  # fmt: skip

    def taken(self, fate: str, why: str = "") -> None:
        self.read.labels(fate, why).inc()
