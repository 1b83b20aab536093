"""Logging in at the city's own provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

Nonce and code verifier are derived from the state by a key of desk's own, so the browser keeps the state alone, and
every process can finish what another began. What the provider says is believed when its signature fits a key that it
publishes now, and issuer, audience, nonce and times are right; a key that is not known is looked for once a minute.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from sanfu.desk.ports import Identity, NotProven, ProviderAway

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair: never `none`, never a secret that both sides know."""
SKEW: Final = 60
"""Seconds by which the two clocks may differ."""
KEEPS: Final = 3600.0
"""Seconds for which the provider's description and keys are kept."""
LOOKS_AGAIN: Final = 60.0
"""Seconds between two looks for a key that is not known: a forged token must not make us ask each time."""
WITHIN: Final = 10.0


@dataclass(slots=True)
class Oidc:
    """`ports.Provider`. `redirect` is this service's own address for the way back, as the provider has it on record."""

    issuer: str
    client: str
    secret: str | None
    redirect: str
    key: bytes
    with_email: bool = False
    transport: httpx.AsyncBaseTransport | None = None
    _described: Mapping[str, Any] = field(default_factory=dict)
    _described_at: float = -KEEPS
    _keys: KeySet | None = None
    _keys_at: float = -KEEPS

    async def begin(self, state: str) -> str:
        described = await self._description()
        asked = {
            "response_type": "code", "client_id": self.client, "redirect_uri": self.redirect,
            "scope": "openid email" if self.with_email else "openid", "state": state,
            "nonce": self._made("nonce", state),
            "code_challenge": _challenge(self._made("verifier", state)), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{described['authorization_endpoint']}?{urlencode(asked)}"

    async def finish(self, state: str, code: str, issuer: str | None) -> Identity:
        if issuer is not None and issuer != self.issuer:
            raise NotProven("another provider answered (RFC 9207)")
        tokens = await self._tokens(state, code)
        claims = await self._proven(str(tokens.get("id_token", "")), self._made("nonce", state))
        subject = str(claims["sub"])
        told: Mapping[str, Any] = claims
        if self.with_email and "email" not in claims:
            told = await self._told(str(tokens.get("access_token", "")), subject)
        verified = told.get("email_verified") is True
        return Identity(subject, str(told["email"]) if verified and told.get("email") else None)

    async def _tokens(self, state: str, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
            "code_verifier": self._made("verifier", state), "client_id": self.client,
        }  # fmt: skip
        described = await self._description()
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = None
        if self.secret is not None and "client_secret_basic" in methods:
            basic = httpx.BasicAuth(_form_encoded(self.client), _form_encoded(self.secret))
        elif self.secret is not None:
            form["client_secret"] = self.secret
        return await self._asked("POST", described["token_endpoint"], data=form, auth=basic)

    async def _told(self, access: str, subject: str) -> Mapping[str, Any]:
        """Ask for the claims that are not in the ID token; they count if they are about the same subject."""
        described = await self._description()
        headers = {"Authorization": f"Bearer {access}"}
        told = await self._asked("GET", described["userinfo_endpoint"], headers=headers)
        if told.get("sub") != subject:
            raise NotProven("the claims are of somebody else")
        return told

    async def _proven(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            claims = await self._decoded(token)
            jwt.JWTClaimsRegistry(
                now=lambda: int(time.time()), leeway=SKEW,
                iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": self.client},
                sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)  # fmt: skip
        except (JoseError, ValueError) as error:
            raise NotProven(f"{type(error).__name__}: {error}") from error
        many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (many or "azp" in claims) and claims.get("azp") != self.client:
            raise NotProven("the token was issued to another party")
        if not claims["sub"]:
            raise NotProven("the token names nobody")
        return claims

    async def _decoded(self, token: str) -> dict[str, Any]:
        """Check the signature; where the key is not one that is known, the provider may have changed its keys."""
        if self._keys is None or time.monotonic() - self._keys_at > KEEPS:
            return jwt.decode(token, await self._read_keys(), algorithms=ALGORITHMS).claims
        try:
            return jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
        except (InvalidKeyIdError, BadSignatureError):
            if time.monotonic() - self._keys_at < LOOKS_AGAIN:
                raise
            return jwt.decode(token, await self._read_keys(), algorithms=ALGORITHMS).claims

    async def _read_keys(self) -> KeySet:
        found = await self._asked("GET", (await self._description())["jwks_uri"])
        fit = [key for key in found.get("keys", ()) if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
        self._keys, self._keys_at = KeySet.import_key_set({"keys": fit}), time.monotonic()
        return self._keys

    async def _description(self) -> Mapping[str, Any]:
        if time.monotonic() - self._described_at > KEEPS:
            found = await self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise ProviderAway(f"it calls itself {found.get('issuer')}, not {self.issuer}")
            self._described, self._described_at = found, time.monotonic()
        return self._described

    async def _asked(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        """Raises ProviderAway; NotProven where it refuses what the browser brought (a 4xx)."""
        _safe(url)
        try:
            async with httpx.AsyncClient(timeout=WITHIN, follow_redirects=False, transport=self.transport) as client:
                answer = await client.request(method, url, **more)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAway(f"{url}: {type(error).__name__}") from error
        if 400 <= answer.status_code < 500:
            raise NotProven(f"{url}: {told.get('error')}")
        if answer.status_code != httpx.codes.OK or not isinstance(told, dict):
            raise ProviderAway(f"{url}: {answer.status_code}")
        return told

    def _made(self, what: str, state: str) -> str:
        return _plain(hmac.digest(self.key, f"{what}/{state}".encode(), "sha256"))


def _challenge(verifier: str) -> str:
    return _plain(hashlib.sha256(verifier.encode()).digest())


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _form_encoded(text: str) -> str:
    """As RFC 6749, section 2.3.1, wants both halves of the Basic header."""
    return urlencode({"": text})[1:]


def _safe(url: str) -> None:
    """Raises ProviderAway for an address that is not https, but for one on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise ProviderAway(f"{url}: the provider is talked to over https only")
