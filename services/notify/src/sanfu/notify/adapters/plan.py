"""The file of providers: for each medium those who carry it, in the order in which they are asked."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import Server, SmtpMail
from sanfu.notify.domain.pace import Rate
from sanfu.notify.ports import Provider, Sender


class _Entry(BaseModel):
    """What every provider has. Rates are written as 100/s, 20/min, 5/h, 50/d."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field("", pattern=r"^([a-z][a-z0-9-]{0,39})?$", description="absent: its kind")
    rates: tuple[str, ...] = Field((), max_length=4, description="what it may be given at most, by this process")
    each: tuple[str, ...] = Field((), max_length=4, description="the same, for each recipient by itself")

    @field_validator("rates", "each")
    @classmethod
    def are_rates(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            Rate.parse(text)
        return given


class _Gateway(_Entry):
    kind: Literal["gateway"]
    url: str = Field(pattern=r"^https?://")
    headers: Mapping[str, SecretStr] = {}
    body: Mapping[str, Any] = {"to": "{to}", "text": "{text}", "id": "{id}"}
    id_field: str = "id"
    at_once: int = Field(64, ge=1, le=1000)

    def sender(self, call_s: float) -> Sender:
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        return GatewaySms(self.url, headers, self.body, self.id_field, self.at_once, call_s)


class _Smtp(_Entry):
    model_config = ConfigDict(populate_by_name=True)

    kind: Literal["smtp"]
    host: str
    port: int = Field(25, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    origin: str = Field(alias="from", pattern=r"^[^@\s]+@[^@\s]+$", description="the sender's address")
    at_once: int = Field(4, ge=1, le=50, description="connections")

    def sender(self, call_s: float) -> Sender:
        password = self.password.get_secret_value() if self.password else None
        server = Server(self.host, self.port, self.tls, self.origin, self.user, password, call_s)
        return SmtpMail(server, self.at_once)


class _Plan(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    sms: tuple[Annotated[_Gateway, Field(discriminator="kind")], ...] = ()
    email: tuple[_Smtp, ...] = ()


def planned(text: str, call_s: float) -> Mapping[str, Sequence[Provider]]:
    """Make the providers that this JSON plans; none connects yet. Raises ValueError that names places, never values."""
    try:
        plan = _Plan.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(
            "; ".join(_said(one) for one in error.errors(include_input=False, include_url=False))
        ) from None
    return {medium: _made(medium, getattr(plan, medium), call_s) for medium in _Plan.model_fields}


def _made(medium: str, entries: Sequence[Any], call_s: float) -> list[Provider]:
    names = [one.name or one.kind for one in entries]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{medium}: two are called {name!r}: give each a name of its own")
    return [
        Provider(name, one.sender(call_s), _rates(one.rates), _rates(one.each))
        for name, one in zip(names, entries, strict=True)
    ]


def _rates(texts: Sequence[str]) -> tuple[Rate, ...]:
    return tuple(Rate.parse(text) for text in texts)


def _said(error: Mapping[str, Any]) -> str:
    return f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
