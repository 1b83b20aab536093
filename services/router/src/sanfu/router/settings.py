"""What a deployment may set for the router."""

from pathlib import Path

from sanfu.runtime.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    """Nothing of its own yet: how issues are routed, the city pack says."""

    @property
    def pack(self) -> Path:
        """The pack's directory. Raises ValueError where none is named: without one there is nothing to route by."""
        if self.city is None:
            raise ValueError("SANFU_CITY is not set: name the directory of the city pack")
        return self.city
