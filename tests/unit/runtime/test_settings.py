import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings


class ToySettings(ServiceSettings):
    sms_password: SecretStr
    sms_password_file: Path | None = None


def test_the_environment_sets_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANFU_PREFIX", "t1")
    monkeypatch.setenv("SANFU_ONLY", "")
    settings = ServiceSettings()
    assert (settings.prefix, settings.only, settings.host) == ("t1", None, "127.0.0.1")


def test_a_secret_may_be_given_as_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    monkeypatch.setenv("SANFU_OPS_TOKEN_FILE", str(tmp_path / "token"))
    token = ServiceSettings().ops_token
    assert token is not None
    assert token.get_secret_value() == "0123456789abcdef"


def test_a_services_own_secret_may_be_given_as_a_file_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("swordfish")
    monkeypatch.setenv("SANFU_SMS_PASSWORD_FILE", str(tmp_path / "password"))
    assert ToySettings().sms_password.get_secret_value() == "swordfish"


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANFU_KEYS", "{}")
    monkeypatch.setenv("SANFU_KEYS_FILE", str(tmp_path / "keys"))
    with pytest.raises(ValidationError, match="keys and keys_file are both set"):
        ServiceSettings()


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANFU_KEYS_FILE", str(tmp_path / "none"))
    with pytest.raises(ValidationError, match=r"keys_file: No such file or directory: .*none"):
        ServiceSettings()


def test_neither_errors_nor_the_settings_themselves_show_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANFU_OPS_TOKEN", "hunter2")
    with pytest.raises(ValidationError) as error:
        ServiceSettings()
    assert "ops_token" in str(error.value)
    assert "hunter2" not in str(error.value)
    monkeypatch.setenv("SANFU_OPS_TOKEN", "hunter2hunter2hunter2")
    assert "hunter2" not in repr(ServiceSettings())


def test_every_number_says_why() -> None:
    numbers = [field for field in ServiceSettings.model_fields.values() if field.annotation in (int, float)]
    assert numbers
    assert all(field.description for field in numbers)


ACCOUNT = {"kafka_user": "sanfu-router", "kafka_password": "swordfish"}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"kafka_security_protocol": "SASL_SSL"}, "asks for an account"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_user": "sanfu-router"}, "asks for an account"),
        (ACCOUNT, "are for SASL"),
        ({"kafka_security_protocol": "SSL", **ACCOUNT}, "are for SASL"),
        ({"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_ca": __file__, **ACCOUNT}, "is for TLS"),
        ({"kafka_security_protocol": "SSL", "kafka_ca": "/nowhere/ca.pem"}, "kafka_ca"),
        ({"kafka_security_protocol": "TLS"}, "SASL_SSL"),
    ],
)
def test_a_way_to_kafka_that_is_half_said_is_refused_and_tells_no_password(
    said: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as refused:
        ServiceSettings(**said)
    assert "swordfish" not in str(refused.value)


def test_a_way_to_kafka_is_made_of_what_was_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert security(ServiceSettings()) == {"security_protocol": "PLAINTEXT"}
    (tmp_path / "password").write_text("swordfish\n")
    monkeypatch.setenv("SANFU_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("SANFU_KAFKA_USER", "sanfu-router")
    monkeypatch.setenv("SANFU_KAFKA_PASSWORD_FILE", str(tmp_path / "password"))
    made = security(ServiceSettings())
    context = made.pop("ssl_context")
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert made == {
        "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_plain_username": "sanfu-router",
        "sasl_plain_password": "swordfish",
    }  # fmt: skip
