"""What a deployment may set for intake, besides what every service has."""

from pathlib import Path

import orjson
from limits import RateLimitItem, parse
from pydantic import Field, SecretStr, field_validator

from sanfu.runtime.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """`keys` (the ring for personal data) must be there: intake seals before it stores."""

    body_limit: int = Field(
        2 * 1024 * 1024, ge=1024, description="bytes of a request: a batch of 200 reports of 10 KB each"
    )
    channel_keys: SecretStr | None = Field(
        None, description="API keys to begin with, JSON {channel: key}; one that is known already, or revoked, stays so"
    )
    channel_keys_file: Path | None = None
    public_rate: str = Field(
        "20/minute", description="reports that one address may send over public channels without a key: `limits` syntax"
    )
    contact_rate: str = Field(
        "20/hour", description="reports without a key that may leave one phone or e-mail: `limits` syntax"
    )
    form_channel: str = Field("web", description="public channel whose form is served as a page, at /report")
    form_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where people find that page, for the codes on receipts; without it: where they asked for it",
    )
    import_limit: int = Field(
        64 * 1024 * 1024, ge=1024, description="bytes of a list: 100,000 rows of 600 bytes; a list is no archive"
    )
    import_folder: Path | None = Field(
        None,
        description="where lists and pictures rest while they are taken in (default: the system's folder for such)",
    )
    attachment_limit: int = Field(
        20 * 1024 * 1024, ge=1024, le=50_000_000, description="bytes of one file: a photo of a good phone, a long scan"
    )
    attachments_waiting: int = Field(
        200,
        ge=1,
        description="files of one key that wait for their reports: 4 GB at most, and a busy hour of a hotline",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where parties find desk's pages: a form that adds something leads back there",
    )

    open311_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="where other apps find this service, for Open311's discovery: absent, where the request found it",
    )

    open311_reading: str = Field(
        "120/minute", description="questions over Open311 from one address, which need no key: `limits` syntax"
    )
    open311_writing: str = Field(
        "600/minute", description="requests and updates over Open311 with one key: `limits` syntax"
    )

    @field_validator("public_rate", "contact_rate", "open311_reading", "open311_writing")
    @classmethod
    def a_rate(cls, given: str) -> str:
        parse(given)
        return given

    @property
    def rate_of_contacts(self) -> RateLimitItem:
        return parse(self.contact_rate)

    @property
    def rate(self) -> RateLimitItem:
        return parse(self.public_rate)

    def first_keys(self) -> dict[str, str]:
        """Return the keys to begin with, by channel. Raises ValueError that shows none of them."""
        if self.channel_keys is None:
            return {}
        try:
            found = orjson.loads(self.channel_keys.get_secret_value())
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(key, str) and len(key) >= 32 for key in found.values()):
            raise ValueError("channel_keys is JSON {channel: key}, each key of at least 32 characters")
        return found
