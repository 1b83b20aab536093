"""What all couriers work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import truncated
from sanfu.notify.domain.holding import Holding
from sanfu.notify.handlers.erasing import Erasing
from sanfu.notify.handlers.opting_out import OptingOut
from sanfu.notify.handlers.stories import Stories
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Stores
from sanfu.runtime.clock import Clock
from sanfu.runtime.links import Links
from sanfu.runtime.sealing import Sealer


def real_now() -> datetime:
    return truncated(datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of real time. A claim is begun within what the lease leaves over a whole call, or not at all: so nobody
    else takes it for abandoned while it is under way."""

    call: float = 10.0
    lease: float = 30.0

    @property
    def begin(self) -> float:
        return self.lease - self.call - self.lease / 10


@dataclass(frozen=True, slots=True)
class Tools:
    """`partitions`: those this process was assigned and has live."""

    stores: Stores
    stories: Stories
    clock: Clock
    sealer: Sealer
    metrics: NotifyMetrics
    pack: Callable[[], Pack]
    partitions: Callable[[], Sequence[int]]
    links: Links
    holding: Callable[[], Holding]
    place: Callable[[str], int]
    """In which partition a digest lies."""
    unreachable: Unreachable
    opting_out: OptingOut
    erasing: Erasing
    public_url: str | None = None
    messages_url: str | None = None
    timing: Timing = field(default_factory=Timing)
