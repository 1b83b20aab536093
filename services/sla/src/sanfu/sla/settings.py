"""What a deployment may set for sla."""

from pathlib import Path

from pydantic import Field, SecretStr

from sanfu.runtime.settings import ServiceSettings


class SlaSettings(ServiceSettings):
    """What clocks there are and what they may take, the city pack says."""

    sla_key: SecretStr | None = Field(None, description="opens the API; so does the ops token", min_length=16)
    sla_key_file: Path | None = None

    @property
    def pack(self) -> Path:
        """The pack's directory. Raises ValueError where none is named: without one there is nothing to reckon by."""
        if self.city is None:
            raise ValueError("SANFU_CITY is not set: name the directory of the city pack")
        return self.city
