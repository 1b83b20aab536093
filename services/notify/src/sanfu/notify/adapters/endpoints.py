"""Endpoints in the file of providers: those of the medium `webhook`, and the units' hooks."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Self

import httpx
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)

from sanfu.notify.adapters.hook_calls import Hook
from sanfu.notify.adapters.webhook import secret_bytes
from sanfu.notify.domain.addresses import Network, networked, unfit

RIGHT = {
    "address_private": "name the private network that it lies in, under `networks`: 10.20.0.0/16",
    "address_forbidden": "nothing is posted to link-local, multicast and reserved addresses, or to a cloud's metadata",
    "address_needs_tls": "write https; http only into private networks, which `networks` names",
}
"""What would be right instead of a url that nothing would ever be posted to."""
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Endpoint(Strict):
    """Where it goes, and what signs. Private addresses are reached in `networks` alone, and there also without TLS."""

    url: str = Field(pattern=r"^https?://")
    secrets: tuple[SecretStr, ...] = Field(
        min_length=1, max_length=3, description="whsec_ and base64; two while changed"
    )
    networks: tuple[str, ...] = Field((), max_length=20, description="10.20.0.0/16: private networks it may lie in")

    @field_validator("secrets")
    @classmethod
    def are_keys(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in given:
            secret_bytes(one.get_secret_value())
        return given

    @field_validator("networks")
    @classmethod
    def are_networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            networked(one)
        return given

    @field_validator("url")
    @classmethod
    def is_plain(cls, given: str) -> str:
        try:
            url = httpx.URL(given)
        except (httpx.InvalidURL, ValueError):
            raise ValueError("write https://host/path") from None
        if not _HOST.fullmatch(url.raw_host.decode()) or not 1 <= (443 if url.port is None else url.port) <= 65535:
            raise ValueError("write https://host/path, with a port from 1 to 65535 if it has one")
        if url.userinfo or url.fragment:
            raise ValueError("leave out user, password and #: who posts is told by the signature")
        return given

    @model_validator(mode="after")
    def is_reached(self) -> Self:
        """What can be said before its name is resolved."""
        url = httpx.URL(self.url)
        encrypted, networks = url.scheme == "https", [networked(one) for one in self.networks]
        why = unfit(url.host, networks, encrypted=encrypted) if _is_address(url.host) else None
        if why is None and not encrypted and not networks:
            why = "address_needs_tls"
        if why is not None:
            raise ValueError(f"url: {RIGHT[why]}")
        return self

    @property
    def keys(self) -> list[bytes]:
        return [secret_bytes(one.get_secret_value()) for one in self.secrets]

    @property
    def reached(self) -> tuple[Network, ...]:
        """The private networks that it may lie in."""
        return tuple(networked(one) for one in self.networks)


class UnitHook(Endpoint):
    """A unit's hook."""

    def hook(self) -> Hook:
        return Hook(self.url, self.keys, self.reached)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,40}$")]
HOOKS = TypeAdapter(Mapping[Code, UnitHook])
"""By the unit's code, as in its topic."""
