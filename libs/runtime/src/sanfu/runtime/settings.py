"""What a deployment may set, from the environment: `SANFU_<NAME>`; a secret also as `SANFU_<NAME>_FILE`."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every service has. A service adds its own fields in a subclass.

    A field `x` with a neighbour `x_file` may be given as that file's content, without its last line break; both at
    once is an error. Errors name fields, never values.
    """

    model_config = SettingsConfigDict(
        env_prefix="SANFU_", env_ignore_empty=True, hide_input_in_errors=True, frozen=True, validate_default=True
    )

    kafka: str = Field("127.0.0.1:9092", description="bootstrap addresses, by commas")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how to come to Kafka; SASL: with an account, SSL: by TLS"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how the account is proven; PLAIN tells the broker the password"
    )
    kafka_user: str | None = Field(None, min_length=1, description="this service's account: sanfu-<service>")
    kafka_password: SecretStr | None = None
    kafka_password_file: Path | None = None
    kafka_ca: FilePath | None = Field(
        None, description="PEM of those who vouch for the brokers; absent: the system's. Names are always checked"
    )
    mongo: SecretStr = Field(
        SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0"), description="a replica set's URL; may hold a password"
    )
    mongo_file: Path | None = None
    prefix: str = Field(
        "sanfu",
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="names topics, groups and databases, so that deployments and tests share a broker",
    )
    city: Path | None = Field(None, description="directory of the pack this deployment works for")
    ordinal: int = Field(0, ge=0, description="which copy of the service this is: part of its static group member id")
    only: Literal["api", "work"] | None = Field(None, description="run one half; absent: both in one process")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    host: str = Field("127.0.0.1", description="reachable from this machine only, unless somebody decides otherwise")
    port: int = Field(0, ge=0, le=65535, description="0: any free one, which the log names")
    proxies: str | None = Field(
        None,
        description="addresses or networks of reverse proxies, by commas, whose X-Forwarded-For is believed; absent: "
        "nobody's, for whoever is believed may choose the address by which he is counted",
    )
    body_limit: int = Field(
        256 * 1024, ge=1024, description="bytes of a request; a subject's whole document has no more"
    )
    ops_token: SecretStr | None = Field(None, description="opens /ops; absent: /ops is shut", min_length=16)
    ops_token_file: Path | None = None
    keys: SecretStr | None = Field(None, description="the key ring for personal data (JSON)")
    keys_file: Path | None = None
    clock: Path | None = Field(None, description="anchor file of the business clock; absent: the system clock")

    fetch_wait_ms: int = Field(
        500, ge=1, le=1000, description="how long an empty fetch waits; a timer that is due asks for the end itself"
    )
    session_s: float = Field(10, ge=6, description="a restart within it finds its partitions unmoved (broker: >= 6)")
    send_within_s: float = Field(10, gt=0, description="a send that is not acknowledged by then counts as unknown")
    stall_s: float = Field(
        60, gt=0, description="a consumer behind, yet without progress for so long, ends the process"
    )
    stop_within_s: float = Field(15, gt=0, description="graceful stop; half of the 30 s an orchestrator grants")

    @model_validator(mode="before")
    @classmethod
    def read_files(cls, given: Any) -> Any:
        given = dict(given)
        for name in cls.model_fields:
            path = given.get(f"{name}_file")
            if path is None:
                continue
            if given.get(name) is not None:
                raise ValueError(f"{name} and {name}_file are both set: leave one")
            try:
                given[name] = Path(path).read_text().rstrip("\r\n")
            except OSError as error:
                raise ValueError(f"{name}_file: {error.strerror}: {path}") from error
        return given

    @model_validator(mode="after")
    def _come_to_kafka_as_they_say(self) -> Self:
        account = self.kafka_user, self.kafka_password
        if self.kafka_security_protocol.startswith("SASL") and None in account:
            raise ValueError("kafka_security_protocol asks for an account: set kafka_user and kafka_password")
        if not self.kafka_security_protocol.startswith("SASL") and account != (None, None):
            raise ValueError(
                "kafka_user and kafka_password are for SASL: set kafka_security_protocol, or leave them out"
            )
        if not self.kafka_security_protocol.endswith("SSL") and self.kafka_ca is not None:
            raise ValueError("kafka_ca is for TLS: set kafka_security_protocol, or leave it out")
        return self
