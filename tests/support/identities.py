"""A real provider of identities for tests: `oidc-provider`, certified by the OpenID Foundation, on Node."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from sanfu.stack.places import Places, checkout
from sanfu.stack.programs import free_port
from sanfu.stack.system import NODE, provide

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
    """Return the directory that holds the provider: fetched once, each file held to the sum in the lock."""
    provide([NODE])
    there = Places(checkout()).parts / "oidc-provider"
    lock = HERE / "package-lock.json"
    known = there / "package-lock.json"
    if not known.is_file() or known.read_bytes() != lock.read_bytes():
        shutil.rmtree(there, ignore_errors=True)
        fresh = there.with_name(f"{there.name}.{os.getpid()}")
        shutil.copytree(HERE, fresh)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        subprocess.run(command, cwd=fresh, check=True, capture_output=True)
        fresh.replace(there)
    shutil.copy(HERE / "provider.mjs", there)
    return there


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
