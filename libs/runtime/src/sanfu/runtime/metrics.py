"""Every metric of the machine, declared once with its meaning. The registry is handed in."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DECLARED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "records": ("counter", "Records of the story, by what became of them", ("fate",)),
    "concerns": ("counter", "Events folded into the subjects that they concern, by what became of them", ("fate",)),
    "conflicts": ("counter", "Batches folded again because a compare-and-set was lost", ()),
    "unknown_writes": ("counter", "Writes whose outcome was unknown, read back", ()),
    "published": ("counter", "Outbox entries acknowledged", ()),
    "dead_letters": ("counter", "Records sent to the dead-letter topic", ("why",)),
    "lag_seconds": ("gauge", "Age of the oldest record not yet folded; 0 when read to the end", ()),
    "lag_records": ("gauge", "Records not yet folded", ()),
    "outbox_oldest_seconds": ("gauge", "Age of the oldest entry not yet published", ()),
    "outbox_documents": ("gauge", "Documents with something not yet published", ()),
    "gaps": ("gauge", "Subjects whose story has a hole here", ()),
    "gap_oldest_seconds": ("gauge", "Age of the oldest hole; over 60 somebody must look", ()),
    "parked_subjects": ("gauge", "Subjects that wait for an operator", ()),
    "missing_topics": ("gauge", "Topics that entries want to go to and that do not exist", ()),
    "oversized": ("gauge", "Subjects with an entry that is too long for the topic it wants to go to", ()),
    "timer_lateness_seconds": ("histogram", "From due to written, of timers that went off", ()),
    "timers_oldest_overdue_seconds": ("gauge", "How long the oldest due timer has been due", ()),
    "loop_lag_seconds": ("gauge", "How late the event loop wakes a sleeper", ()),
    "io_waiting": ("gauge", "1 while a partition waits for the broker or the store", ()),
    "rebuilding": ("gauge", "Partitions that are being rebuilt", ()),
    "pack": ("gauge", "1, labelled with the version of the city's data in use", ("version",)),
}
"""name → (kind, meaning, labels). Exposed as `sanfu_<name>`; which service it is, the scrape knows."""

LATENESS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


@dataclass(slots=True)
class MachineMetrics:
    """The machine's metrics of one service, on the registry given."""

    registry: CollectorRegistry
    records: Counter
    concerns: Counter
    conflicts: Counter
    unknown_writes: Counter
    published: Counter
    dead_letters: Counter
    lag_seconds: Gauge
    lag_records: Gauge
    outbox_oldest_seconds: Gauge
    outbox_documents: Gauge
    gaps: Gauge
    gap_oldest_seconds: Gauge
    parked_subjects: Gauge
    missing_topics: Gauge
    oversized: Gauge
    timer_lateness_seconds: Histogram
    timers_oldest_overdue_seconds: Gauge
    loop_lag_seconds: Gauge
    io_waiting: Gauge
    rebuilding: Gauge
    pack: Gauge


def machine_metrics(registry: CollectorRegistry) -> MachineMetrics:
    """Declare all of them on a registry. A registry takes them once."""
    made: dict[str, object] = {}
    for name, (kind, meaning, labels) in DECLARED.items():
        full = f"sanfu_{name}"
        match kind:
            case "counter":
                made[name] = Counter(full, meaning, labels, registry=registry)
            case "gauge":
                made[name] = Gauge(full, meaning, labels, registry=registry)
            case _:
                made[name] = Histogram(full, meaning, labels, registry=registry, buckets=LATENESS)
    return MachineMetrics(registry=registry, **made)  # type: ignore[arg-type]
