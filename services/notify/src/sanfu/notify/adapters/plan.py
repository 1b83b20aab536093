"""The file of providers: for each medium those who carry it, in the order in which they are asked."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator

from sanfu.notify.adapters import endpoints
from sanfu.notify.adapters.aliyun import AliyunSms
from sanfu.notify.adapters.endpoints import Strict
from sanfu.notify.adapters.hook_calls import Hook
from sanfu.notify.adapters.robots import OTHERS, Robot, Robots
from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import Server, SmtpMail
from sanfu.notify.adapters.tencent import TencentSms
from sanfu.notify.adapters.webhook import Endpoint, Webhooks, secret_bytes
from sanfu.notify.domain.pace import Rate
from sanfu.notify.ports import Provider, Receipts, Sender


class _Entry(Strict):
    """What every provider has. Rates are written as 100/s, 20/min, 5/h, 50/d."""

    name: str = Field("", pattern=r"^([a-z][a-z0-9-]{0,39})?$", description="absent: its kind")
    rates: tuple[str, ...] = Field((), max_length=4, description="what it may be given at most, by this process")
    each: tuple[str, ...] = Field((), max_length=4, description="the same, for each recipient by itself")
    receipts: SecretStr | None = Field(None, min_length=24, description="secret of the path that its receipts come to")
    receipts_keys: tuple[SecretStr, ...] = Field(
        (), max_length=3, description="whsec_…: what signs its receipts instead; two while they are changed"
    )
    dead: tuple[str, ...] = Field((), max_length=100, description="its codes that mean: nobody is at this address")

    def place(self, to: str) -> str:
        """Say who a recipient is to this provider."""
        return to if to in self.places or not self.places else OTHERS

    @property
    def places(self) -> tuple[str, ...]:
        """Those that do well or badly by themselves."""
        return ()

    @field_validator("receipts_keys")
    @classmethod
    def are_keys(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for one in given:
            secret_bytes(one.get_secret_value())
        return given

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
        return GatewaySms(self.url, headers, self.body, self.id_field, width=self.at_once, timeout=call_s)


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


class _Aliyun(_Entry):
    kind: Literal["aliyun"]
    key: str = Field(min_length=1, description="AccessKey id")
    secret: SecretStr
    sign: str = Field(min_length=1, description="approved signature")
    url: str = Field("https://dysmsapi.aliyuncs.com", pattern=r"^https?://[^/?#]+$")
    at_once: int = Field(64, ge=1, le=1000)

    def sender(self, call_s: float) -> Sender:
        secret, name = self.secret.get_secret_value(), self.name or self.kind
        return AliyunSms(self.key, secret, self.sign, self.url, name, width=self.at_once, timeout=call_s)


class _Tencent(_Entry):
    kind: Literal["tencent"]
    id: str = Field(min_length=1, description="SecretId")
    secret: SecretStr
    app: str = Field(pattern=r"^\d{1,20}$", description="SmsSdkAppId")
    sign: str = Field(min_length=1, description="approved signature")
    region: str = "ap-guangzhou"
    url: str = Field("https://sms.tencentcloudapi.com", pattern=r"^https?://[^/?#]+$")
    at_once: int = Field(64, ge=1, le=1000)

    def sender(self, call_s: float) -> Sender:
        secret, name = self.secret.get_secret_value(), self.name or self.kind
        return TencentSms(
            self.id, secret, self.app, self.sign, self.region, self.url, name, width=self.at_once, timeout=call_s
        )


class _Robot(Strict):
    url: SecretStr = Field(description="its address, access token included")
    secret: SecretStr | None = Field(None, description="what signs, where it asks for that (DingTalk: SEC…)")


class _Robots(_Entry):
    robots: Mapping[str, _Robot] = Field(
        description="by the unit's code, or the name in the directory; * for all others"
    )

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(self.robots)

    def sender(self, call_s: float) -> Sender:
        robots = {
            name: Robot(one.url.get_secret_value(), one.secret.get_secret_value() if one.secret else None)
            for name, one in self.robots.items()
        }
        return Robots(self.kind, robots, width=8, timeout=call_s)  # type: ignore[attr-defined]


class _Dingtalk(_Robots):
    kind: Literal["dingtalk"]
    each: tuple[str, ...] = ("20/min",)


class _Wecom(_Robots):
    kind: Literal["wecom"]
    each: tuple[str, ...] = ("20/min",)


class _Webhook(_Entry):
    kind: Literal["webhook"]
    endpoints: Mapping[str, endpoints.Endpoint]

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(self.endpoints)

    def sender(self, call_s: float) -> Sender:
        there = {name: Endpoint(one.url, one.keys, one.reached) for name, one in self.endpoints.items()}
        return Webhooks(there, width=32, timeout=call_s)


class _Plan(Strict):
    """The whole file."""

    sms: tuple[Annotated[_Gateway | _Aliyun | _Tencent, Field(discriminator="kind")], ...] = ()
    email: tuple[_Smtp, ...] = ()
    webhook: tuple[_Webhook, ...] = ()
    dingtalk: tuple[_Dingtalk, ...] = ()
    wecom: tuple[_Wecom, ...] = ()
    units: Any = Field(default_factory=dict, description="the hooks of units without Kafka: each is read by itself")


MEDIA = tuple(name for name in _Plan.model_fields if name != "units")


def planned(text: str, call_s: float) -> Mapping[str, Sequence[Provider]]:
    """Make the providers that this JSON plans; none connects yet. Raises ValueError that names places, never values."""
    plan = _read(text)
    return {medium: _made(medium, getattr(plan, medium), call_s) for medium in MEDIA}


def planned_hooks(text: str) -> Mapping[str, Hook]:
    """Read the hooks of units in the same file. Raises ValueError as above, also if only one of them is wrong."""
    hooks, wrong = hooks_apart(text)
    if wrong:
        raise ValueError("; ".join(wrong.values()))
    return hooks


def hooks_apart(text: str) -> tuple[Mapping[str, Hook], Mapping[str, str]]:
    """Read the hooks of units in the same file, each by itself: those that are right, by their unit's code; and of
    every other what is wrong with it, by what stands in place of the code. Raises ValueError where it is no such file.
    """
    entries = _read(text).units
    if not isinstance(entries, dict):
        return {}, {"units": "units: write an object, with an entry for each unit by its code"}
    hooks, wrong = dict[str, Hook](), dict[str, str]()
    for code, entry in entries.items():
        try:
            found = endpoints.HOOKS.validate_json(json.dumps({code: entry}))
        except ValidationError as error:
            wrong[code] = _all_said(error, "units.")
        else:
            hooks |= {unit: one.hook() for unit, one in found.items()}
    return hooks, wrong


def _read(text: str) -> _Plan:
    try:
        return _Plan.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(_all_said(error)) from None


def _all_said(error: ValidationError, under: str = "") -> str:
    return "; ".join(under + _said(one) for one in error.errors(include_input=False, include_url=False))


def _made(medium: str, entries: Sequence[Any], call_s: float) -> list[Provider]:
    names = [one.name or one.kind for one in entries]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{medium}: two are called {name!r}: give each a name of its own")
    return [
        Provider(
            name, one.sender(call_s), _rates(one.rates), _rates(one.each), one.place, places=one.places,
            receipts=_receipts(one),
        )
        for name, one in zip(names, entries, strict=True)
    ]  # fmt: skip


def _receipts(one: Any) -> Receipts | None:
    keys = [secret_bytes(key.get_secret_value()) for key in one.receipts_keys]
    if one.receipts is None and not keys:
        return None
    return Receipts(one.receipts.get_secret_value() if one.receipts else None, one.kind, frozenset(one.dead), keys)


def _rates(texts: Sequence[str]) -> tuple[Rate, ...]:
    return tuple(Rate.parse(text) for text in texts)


def _said(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the file"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"
