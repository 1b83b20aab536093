"""Every metric of intake's own."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter


@dataclass(frozen=True, slots=True)
class AttachmentMetrics:
    """On the registry given."""

    bytes: Counter
    refused: Counter

    @classmethod
    def on(cls, registry: CollectorRegistry) -> "AttachmentMetrics":
        return cls(
            Counter("sanfu_intake_attachment_bytes", "Bytes of files kept, by media type", ("media_type",),
                    registry=registry),
            Counter("sanfu_intake_attachments_refused", "Files that were not kept, by the problem that was told",
                    ("problem",), registry=registry),
        )  # fmt: skip


def open311_requests(registry: CollectorRegistry) -> Counter:
    """Count who comes over Open311."""
    return Counter(
        "sanfu_intake_open311_requests", "What was asked or sent over Open311, by operation and status of the answer",
        ("operation", "status"), registry=registry,
    )  # fmt: skip
