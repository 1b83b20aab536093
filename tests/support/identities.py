"""A real provider of identities for tests: `oidc-provider`, certified by the OpenID Foundation, on Node."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from sanfu.stack.programs import free_port
from tests.support.node import fetched

HERE = Path(__file__).parent / "provider"
CLIENT, SECRET = "desk", "secret of the desk & nobody + else"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the provider is set up. `accounts`: what is typed as login → the claims. `key` names the signing key."""

    redirect: str
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    client: str = CLIENT
    secret: str | None = SECRET
    key: str = "first"


def installed() -> Path:
    """Return the directory that holds the provider."""
    return fetched(HERE, "oidc-provider", "provider.mjs")


@contextmanager
def provider(wanted: Wanted, port: int | None = None) -> Iterator[str]:
    """Run a provider; give its issuer: on `localhost`, which is another site than 127.0.0.1."""
    port = port or free_port()
    config = orjson.dumps(
        {
            "client": wanted.client, "secret": wanted.secret, "redirect": wanted.redirect, "key": wanted.key,
            "accounts": {login: {"sub": login, **claims} for login, claims in wanted.accounts.items()},
        }
    ).decode()  # fmt: skip
    command = ["node", "provider.mjs", str(port), config]
    process = subprocess.Popen(command, cwd=installed(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.strip() == "listening":
                break
        else:
            raise RuntimeError("".join(said))
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
