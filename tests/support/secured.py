"""A real Kafka with TLS, accounts and an authorizer, as deployments have it; and a plain door for who sets it up."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest

from sanfu.contracts.access import Grant
from sanfu.stack import kafka, parts, places
from sanfu.stack.programs import free_port, running

PASSWORD = "a-password-of-tests-0123"
SCRAM, PLAIN = "SCRAM-SHA-512", "PLAIN"
_TYPES = {"topic": 2, "group": 3}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3


@dataclass(frozen=True, slots=True)
class Secured:
    """`admin` asks nobody who he is; `kafka` does, and lets nobody do what no grant says."""

    admin: str
    kafka: str
    ca: Path

    def account(self, user: str, mechanism: str = PLAIN, **more: Any) -> dict[str, Any]:
        """The settings of who comes as this user."""
        return {
            "kafka": self.kafka, "kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": mechanism,
            "kafka_user": user, "kafka_password": PASSWORD, "kafka_ca": self.ca, **more,
        }  # fmt: skip

    async def grant(self, grants: Iterable[Grant], prefix: str) -> None:
        """Put the table's rights into force, for a deployment with this prefix."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.admin)
        await admin.start()
        try:
            for grant in grants:
                for operation in grant.operations:
                    answer = await admin._send_to_controller(_asked(grant, operation, prefix))
                    assert [code for code, _ in answer.creation_responses] == [0], answer
        finally:
            await admin.close()


def _asked(grant: Grant, operation: str, prefix: str) -> CreateAclsRequest:
    pattern = _PREFIXED if grant.prefixed else _LITERAL
    name = prefix + grant.name.removeprefix("sanfu") if grant.name.startswith("sanfu.") else grant.name
    who = f"User:{grant.principal}"
    return CreateAclsRequest(_TYPES[grant.resource], name, pattern, who, "*", _OPERATIONS[operation], _ALLOW)


@contextmanager
def secured_broker(directory: Path, users: Sequence[str], scrammed: Sequence[str]) -> Iterator[Secured]:
    """Run such a broker for a block; `users` may come in by PLAIN, those `scrammed` by SCRAM, too."""
    jars = parts.kafka(places.checkout() / ".sanfu" / "parts")
    port, secure, controller = free_port(), free_port(), free_port()
    ca, settings = _certified(directory), _settings(directory, port, secure, controller, users)
    data = kafka.prepare(jars, directory / "kafka", port=port, controller=controller, settings=settings)
    with running(kafka.program(jars, data, directory / "kafka.log", port)):
        secured = Secured(f"127.0.0.1:{port}", f"127.0.0.1:{secure}", ca)
        _add_users(jars, secured.admin, scrammed)
        yield secured


def _settings(directory: Path, port: int, secure: int, controller: int, users: Sequence[str]) -> dict[str, str]:
    known = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
    module = "org.apache.kafka.common.security"
    return {
        "listeners": f"PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": f"{PLAIN},{SCRAM}",
        "listener.name.secure.plain.sasl.jaas.config": f"{module}.plain.PlainLoginModule required {known};",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(directory / "broker.p12"),
        "ssl.keystore.password": PASSWORD,
    }


def _certified(directory: Path) -> Path:
    """Make the broker's certificate, which vouches for itself; return it as the PEM that clients are given."""
    store = directory / "broker.p12"
    common = ["-alias", "broker", "-keystore", str(store), "-storetype", "PKCS12", "-storepass", PASSWORD]
    _run("keytool", "-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-validity", "2",
         "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc=ca:true", *common)  # fmt: skip
    _run("keytool", "-exportcert", "-rfc", "-file", str(directory / "ca.pem"), *common)
    return directory / "ca.pem"


def _add_users(jars: Path, admin: str, users: Sequence[str]) -> None:
    for user in users:
        _run("java", "-cp", f"{jars}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", admin, "--alter",
             "--add-config", f"{SCRAM}=[iterations=4096,password={PASSWORD}]", "--entity-type", "users",
             "--entity-name", user)  # fmt: skip


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[:2]}: {done.stdout}{done.stderr}"
