"""What a deployment may set for desk."""

from pathlib import Path
from typing import Literal, Self

from limits import parse
from pydantic import Field, SecretStr, field_validator, model_validator

from sanfu.runtime.settings import ServiceSettings


class DeskSettings(ServiceSettings):
    """Desk's own settings, beside every service's."""

    user_tokens: SecretStr | None = Field(
        None, description="JSON {user id: token}: exactly these may come in; absent: those of the last time"
    )
    user_tokens_file: Path | None = None
    session_hours: float = Field(10, gt=0, le=24, description="a page stays logged in so long: a working day")
    oidc_issuer: str | None = Field(None, description="the city's own provider of identities, as it calls itself")
    oidc_client: str = Field("sanfu", description="desk's client id there")
    oidc_secret: SecretStr | None = Field(None, description="absent: a public client, by PKCE alone")
    oidc_secret_file: Path | None = None
    oidc_redirect: str | None = Field(None, description="desk's own address of /login/back, as the provider knows it")
    oidc_match: Literal["subject", "email"] = Field(
        "subject", description="which claim names an account; an address counts only if the provider has verified it"
    )
    passwords: bool = Field(True, description="whether accounts have passwords here; tokens and the provider stay")
    evidence_limit: int = Field(
        20 * 1024 * 1024, ge=1024, le=50_000_000, description="bytes of one file: a photo of a good phone, a long scan"
    )
    intake_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+/?$",
        description="where a browser finds intake: a party's page sends there what is added, an officer's link to a "
        "file that came with a report leads there; absent: neither is offered",
    )
    messages_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where people find notify's page of what they are told by: a party's page leads there; absent: not",
    )
    notify_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+/?$",
        description="where desk itself finds notify, whose inbox its pages show; absent: they show none",
    )
    notify_key: SecretStr | None = Field(None, description="notify's own key, which opens the inbox")
    notify_key_file: Path | None = None
    on_behalf_rate: str = Field(
        "120/hour",
        description="contacts, texts and files that one unit's key may read for officers: `limits` syntax; a large "
        "unit has a dozen secret cases in hand, each opened some times a day",
    )
    secure_cookies: bool = Field(False, description="set it where pages are served over https: then only there")

    @field_validator("on_behalf_rate")
    @classmethod
    def _a_rate(cls, given: str) -> str:
        parse(given)
        return given

    @model_validator(mode="after")
    def _has_a_way_back(self) -> Self:
        if self.oidc_issuer is not None and self.oidc_redirect is None:
            raise ValueError("oidc_redirect: with oidc_issuer, set the address of /login/back as the provider has it")
        return self

    @model_validator(mode="after")
    def _may_ask_notify(self) -> Self:
        if (self.notify_url is None) != (self.notify_key is None):
            raise ValueError("notify_url, notify_key: set both, for pages that show the inbox, or neither")
        return self
