"""A mail server of somebody else for tests: `maildev`, on Node, which shows over HTTP what it took by SMTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sanfu.stack.programs import Program, free_port, listening, running
from tests.support.node import fetched

HERE = Path(__file__).parent / "maildev"
USER, PASSWORD = "sanfu", "密码 of tests & more"


@dataclass(frozen=True, slots=True)
class Maildev:
    """Where mail is handed over, and where it is shown."""

    port: int
    web: int

    async def got(self) -> list[dict[str, Any]]:
        """Return all mails as maildev's own parser reads them."""
        found: list[dict[str, Any]] = (await self._asked("email")).json()
        return found

    async def source(self, mail: dict[str, Any]) -> EmailMessage:
        """Return a mail as it came over the wire, parsed by Python's own parser."""
        whole = (await self._asked(f"email/{mail['id']}/download")).content
        return message_from_bytes(whole, _class=EmailMessage, policy=default)

    async def _asked(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{self.web}/{path}")).raise_for_status()


@contextmanager
def maildev(folder: Path, *more: str) -> Iterator[Maildev]:
    """Run a maildev on loopback for a block; what it keeps lies in the folder. `more` are options of its own."""
    it = Maildev(free_port(), free_port())
    here, mails = "127.0.0.1", folder / "mails"
    options = {"smtp": it.port, "web": it.web, "ip": here, "web-ip": here, "mail-directory": mails}
    command = ("node", str(fetched(HERE, "maildev") / "node_modules" / "maildev" / "bin" / "maildev"))
    given = tuple(word for name, value in options.items() for word in (f"--{name}", str(value)))
    log = folder / "maildev.log"

    def ready() -> bool:  # asked for by its own word: who hangs up before TLS is begun ends it
        return listening(it.web) and "SMTP Server running" in log.read_text(errors="replace")

    with running(Program("maildev", (*command, *given, *more), log, ready)):
        yield it


@contextmanager
def guarded(folder: Path, certificate: "Certificate") -> Iterator[Maildev]:
    """Run a maildev that speaks TLS from the first byte and takes mail of USER only."""
    files = ("--incoming-secure", "--incoming-cert", str(certificate.file), "--incoming-key", str(certificate.key))
    with maildev(folder, *files, "--incoming-user", USER, "--incoming-pass", PASSWORD) as it:
        yield it


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate for 127.0.0.1, which vouches for itself, and its key: two PEM files."""

    file: Path
    key: Path


def certified(folder: Path) -> Certificate:
    """Make one that is good for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    made = Certificate(folder / "mail.pem", folder / "mail.key")
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return made
