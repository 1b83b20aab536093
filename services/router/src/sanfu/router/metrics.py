"""What the router measures of the pack's rules, beside what every service does."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge

from sanfu.city.model import Pack


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
