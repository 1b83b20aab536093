"""What a deployment may set for sla."""

from pathlib import Path

from sanfu.runtime.settings import ServiceSettings


class SlaSettings(ServiceSettings):
    """Nothing of its own: what clocks there are and what they may take, the city pack says."""

    @property
    def pack(self) -> Path:
        """The pack's directory. Raises ValueError where none is named: without one there is nothing to reckon by."""
        if self.city is None:
            raise ValueError("SANFU_CITY is not set: name the directory of the city pack")
        return self.city
