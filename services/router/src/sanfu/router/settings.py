"""What a deployment may set for the router."""

from pathlib import Path

from pydantic import Field, SecretStr

from sanfu.runtime.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    """How issues are routed, the city pack says."""

    router_key: SecretStr | None = Field(
        None, description="opens the API's explanations; so does the ops token", min_length=16
    )
    router_key_file: Path | None = None
    router_meaning: bool = Field(
        False, description="ask a sentence encoder, in a process of its own, what is meant where duplicates are in "
        "doubt and a person reviews anyway; needs the extra sanfu-router[meaning], and the pack's duplicates.meaning"
    )  # fmt: skip

    @property
    def pack(self) -> Path:
        """The pack's directory. Raises ValueError where none is named: without one there is nothing to route by."""
        if self.city is None:
            raise ValueError("SANFU_CITY is not set: name the directory of the city pack")
        return self.city
