"""How a client comes to Kafka: by TLS, with an account, or both, as the settings say."""

import ssl
from typing import Any

from sanfu.runtime.settings import ServiceSettings


def security(settings: ServiceSettings) -> dict[str, Any]:
    """Return what each client is made with beside the address. Raises OSError for a file that holds no certificate."""
    protocol = settings.kafka_security_protocol
    found: dict[str, Any] = {"security_protocol": protocol}
    if protocol.endswith("SSL"):
        found["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca)
    if protocol.startswith("SASL") and settings.kafka_password is not None:
        found |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_user,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return found
