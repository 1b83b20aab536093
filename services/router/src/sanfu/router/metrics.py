"""What the router measures of the pack's rules, beside what every service does."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from sanfu.city.model.pack import Pack
from sanfu.router.domain.doubting import Doubt


@dataclass(slots=True)
class RulesMetrics:
    """Of the rules in use, and of those that were not taken."""

    switched_off: Gauge
    refused: Gauge

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "RulesMetrics":
        return cls(
            Gauge("sanfu_router_rules_switched_off", "Rules that are not there because their unit is gone",
                  registry=registry),
            Gauge("sanfu_router_pack_refused", "1 while the pack's directory holds what can't be used: the pack before "
                  "it stays in force", registry=registry),
        )  # fmt: skip

    def show(self, pack: Pack, refused: str | None) -> None:
        self.switched_off.set(len(off(pack)))
        self.refused.set(refused is not None)


def off(pack: Pack) -> list[str]:
    """Name the rules that are switched off."""
    return [rule.id for rule in pack.rules if not rule.active]


@dataclass(slots=True)
class MeaningMetrics:
    """Of the optional sentence encoder, and of the pairs that it is asked about."""

    up: Gauge
    waiting: Gauge
    pairs: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "MeaningMetrics":
        pairs = Counter(
            "sanfu_router_doubts", "Pairs left in doubt by what is said, by what became of them: alike, not_alike, or "
            "passed_over because the encoder was busy or failed", ["outcome"], registry=registry
        )  # fmt: skip
        for outcome in ("alike", "not_alike", "passed_over"):
            pairs.labels(outcome)
        return cls(
            Gauge("sanfu_router_encoder_up", "1 while the sentence encoder's process is there", registry=registry),
            Gauge("sanfu_router_doubts_waiting", "Issues in doubt that wait for the encoder", registry=registry),
            pairs,
        )

    def watch(self, up: Callable[[], bool], waiting: Callable[[], int]) -> None:
        self.up.set_function(lambda: float(up()))
        self.waiting.set_function(lambda: float(waiting()))

    def answered(self, alike: int, others: int) -> None:
        self.pairs.labels("alike").inc(alike)
        self.pairs.labels("not_alike").inc(others)

    def passed_over(self, doubt: Doubt) -> None:
        self.pairs.labels("passed_over").inc(len(doubt.others))
