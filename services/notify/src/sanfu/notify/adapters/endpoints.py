"""Endpoints in the file of providers: those of the medium `webhook`, and the units' hooks."""

from collections.abc import Mapping
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from sanfu.notify.adapters.hook_calls import Hook
from sanfu.notify.adapters.webhook import secret_bytes
from sanfu.notify.domain.addresses import networked


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Endpoint(Strict):
    """Where it goes, and what signs."""

    url: str = Field(pattern=r"^https?://")
    secrets: tuple[SecretStr, ...] = Field(
        min_length=1, max_length=3, description="whsec_ and base64; two while changed"
    )

    @field_validator("secrets")
    @classmethod
    def are_keys(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in given:
            secret_bytes(one.get_secret_value())
        return given

    @property
    def keys(self) -> list[bytes]:
        return [secret_bytes(one.get_secret_value()) for one in self.secrets]


class UnitHook(Endpoint):
    """A unit's hook. Private addresses are reached in `networks` alone, and there also without TLS."""

    networks: tuple[str, ...] = Field((), max_length=20, description="10.20.0.0/16: private networks it may lie in")

    @field_validator("networks")
    @classmethod
    def are_networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            networked(one)
        return given

    @model_validator(mode="after")
    def is_plain(self) -> "UnitHook":
        try:
            url = httpx.URL(self.url)
        except (httpx.InvalidURL, ValueError):
            raise ValueError("url: is none") from None
        if not url.host or url.userinfo or url.fragment:
            raise ValueError("url: needs a host, and has no user, password or #: who posts is told by the signature")
        if url.scheme == "http" and not self.networks:
            raise ValueError("url: http only into networks of your own, which `networks` names; else https")
        return self

    def hook(self) -> Hook:
        return Hook(self.url, self.keys, tuple(networked(one) for one in self.networks))


Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,40}$")]
UnitHooks = Mapping[Code, UnitHook]
"""By the unit's code, as in its topic."""
