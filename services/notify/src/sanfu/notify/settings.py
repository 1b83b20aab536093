"""What a deployment may set for notify."""

from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import Field, SecretStr, field_validator, model_validator

from sanfu.runtime.settings import ServiceSettings


class NotifySettings(ServiceSettings):
    """Notify's own settings, beside every service's. A medium without a provider sends nothing, and says so."""

    providers: SecretStr | None = Field(
        None, description="JSON: for each medium its providers, in the order in which they are asked; see the README"
    )
    providers_file: Path | None = None
    rehearsal: bool = Field(False, description="nothing leaves: what would have been sent is kept, to be looked at")

    sms_url: str | None = Field(None, pattern=r"^https?://", description="where the SMS gateway takes a POST")
    sms_headers: SecretStr = Field(SecretStr("{}"), description="JSON object: headers of that request, keys included")
    sms_headers_file: Path | None = None
    sms_body: str = Field(
        '{"to": "{to}", "text": "{text}", "id": "{id}"}',
        description="JSON object: that request's body; {to}, {text} and {id} are put into its texts",
    )
    sms_id_field: str = Field("id", description="field of the gateway's answer that holds its own id of the message")
    sms_at_once: int = Field(64, ge=1, le=1000, description="requests under way; a gateway says what it bears")

    smtp_host: str | None = Field(None, description="the mail server")
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_tls: Literal["none", "starttls", "tls"] = Field("starttls", description="none only on the same machine")
    smtp_user: str | None = None
    smtp_at_once: int = Field(4, ge=1, le=50, description="connections that are kept")
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None
    mail_from: str = Field("sanfu@localhost.localdomain", pattern=r"^[^@\s]+@[^@\s]+$", description="the sender")

    public_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where parties find desk's pages; absent: messages with a link stay out",
    )
    messages_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where people find notify's own page of what they are told by; absent: mails name none",
    )
    notify_key: SecretStr | None = Field(
        None, description="opens the delivery log; so does the ops token", min_length=16
    )
    notify_key_file: Path | None = None
    call_s: float = Field(10, gt=0, description="a provider that takes longer counts as not having answered")
    lease_s: float = Field(
        30, gt=0, description="a claim older than that was left by a crash; at least one and a half calls"
    )

    @field_validator("providers")
    @classmethod
    def may_be_empty(cls, given: SecretStr | None) -> SecretStr | None:
        """A deployment mounts the file always; as long as nothing stands in it the other settings say who carries."""
        return given if given is not None and given.get_secret_value().strip() else None

    @field_validator("sms_headers", "sms_body")
    @classmethod
    def is_an_object(cls, given: Any) -> Any:
        text = given.get_secret_value() if isinstance(given, SecretStr) else given
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise ValueError("must be a JSON object")
        return given

    @model_validator(mode="after")
    def _name_providers_once(self) -> Self:
        if self.providers is not None and (self.sms_url or self.smtp_host):
            raise ValueError("providers names them all: leave out sms_url and smtp_host")
        return self

    @field_validator("lease_s")
    @classmethod
    def outlasts_a_call(cls, given: float, info: Any) -> float:
        if "call_s" in info.data and given < 1.5 * info.data["call_s"]:
            raise ValueError(f"must be at least one and a half times call_s ({info.data['call_s']:g})")
        return given
