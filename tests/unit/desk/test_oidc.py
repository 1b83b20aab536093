"""What a provider's answer has to be before it proves anybody: forged, borrowed and stale ones prove nobody."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from sanfu.desk.adapters import oidc
from sanfu.desk.adapters.oidc import Oidc
from sanfu.desk.ports import Identity, NotProven, ProviderAway

ISSUER = "https://id.city.example"
STATE = "zh.a-state-of-this-login"


@dataclass(slots=True)
class Op:
    """A provider that answers what a test wants."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    describes: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.described())
            case "/jwks":
                return httpx.Response(200, json=KeySet([self.key]).as_dict(private=False))
            case "/token":
                return httpx.Response(200, json={"id_token": self.token or self.signed(), "access_token": "a"})
            case "/me":
                return httpx.Response(200, json=self.userinfo)
        return httpx.Response(404, json={})

    def described(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        ends = {name: ISSUER + path for name, path in {**names, "userinfo_endpoint": "/me"}.items()}
        return {"issuer": ISSUER, **ends, **self.describes}

    def signed(self, header: Mapping[str, Any] | None = None, key: Any = None) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "desk", "sub": "u-1", "iat": now, "exp": now + 300, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "k1", **(header or {})}, claims, key or self.key)

    def count(self, path: str) -> int:
        return sum(request.url.path == path for request in self.asked)


def plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def login(op: Op, **more: Any) -> tuple[Oidc, str]:
    """Begin a login; return the client, and the nonce that the provider was given."""
    transport = httpx.MockTransport(op.answer)
    desk = Oidc(ISSUER, "desk", "s&cret", "https://desk.example/login/back", b"k" * 32, transport=transport, **more)
    asked = parse_qs(urlsplit(await desk.begin(STATE)).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    return desk, asked["nonce"][0]


async def finished(op: Op, **more: Any) -> Identity:
    desk, nonce = await login(op, **more)
    op.claims.setdefault("nonce", nonce)
    return await desk.finish(STATE, "code", None)


async def test_a_sound_answer_proves_its_subject_and_the_verifier_fits_the_challenge() -> None:
    op = Op()
    desk, nonce = await login(op)
    op.claims["nonce"] = nonce
    challenge = parse_qs(urlsplit(await desk.begin(STATE)).query)["code_challenge"][0]
    assert await desk.finish(STATE, "code", ISSUER) == Identity("u-1", None)
    sent = next(request for request in op.asked if request.url.path == "/token")
    verifier = parse_qs(sent.content.decode())["code_verifier"][0]
    assert plain(hashlib.sha256(verifier.encode()).digest()) == challenge
    assert base64.b64decode(sent.headers["authorization"].split()[1]) == b"desk:s%26cret"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["another"]}, {"nonce": "of another login"},
        {"nonce": ""}, {"exp": int(time.time()) - 61}, {"iat": int(time.time()) + 3600}, {"sub": ""},
        {"aud": ["desk", "another"]}, {"azp": "another"}, {"exp": None}, {"sub": None}, {"iss": None}, {"aud": None},
    ],
)  # fmt: skip
async def test_a_wrong_claim_proves_nobody(claims: dict[str, Any]) -> None:
    with pytest.raises(NotProven):
        await finished(Op(claims=claims))


async def test_clocks_may_differ_by_a_minute() -> None:
    now = int(time.time())
    assert (await finished(Op(claims={"exp": now - 30, "iat": now - 300}))).subject == "u-1"
    assert (await finished(Op(claims={"iat": now + 30, "exp": now + 300}))).subject == "u-1"


async def test_a_token_that_nobody_signed_or_a_shared_secret_did_proves_nobody() -> None:
    op = Op()
    _, nonce = await login(op)
    op.claims["nonce"] = nonce
    body = op.signed().split(".")[1]
    keyed, none = plain(b'{"alg":"HS256","kid":"k1"}'), plain(b'{"alg":"none"}')
    shared = f"{keyed}.{body}"  # signed with the public key as a secret
    by_secret = f"{shared}.{plain(hmac.digest(op.key.as_pem(private=False), shared.encode(), 'sha256'))}"
    stranger = op.signed(key=RSAKey.generate_key(2048))
    for token in (f"{none}.{body}.", by_secret, op.signed()[:-8] + "AAAAAAAA", stranger, "no token", ""):
        with pytest.raises(NotProven):
            op.token = token or " "
            await finished(op)


async def test_new_keys_of_the_provider_are_read_but_not_for_every_forged_token(monkeypatch: Any) -> None:
    op = Op()
    desk, nonce = await login(op)
    op.claims["nonce"] = nonce
    await desk.finish(STATE, "code", None)
    op.key = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
    op.token = op.signed({"kid": "k2"})
    for _ in range(3):
        with pytest.raises(NotProven):
            await desk.finish(STATE, "code", None)
    assert op.count("/jwks") == 1, "it was asked a moment ago"
    monkeypatch.setattr(oidc, "LOOKS_AGAIN", 0.0)
    assert (await desk.finish(STATE, "code", None)).subject == "u-1"
    assert op.count("/jwks") == 2


async def test_an_address_counts_only_if_the_provider_has_verified_it_for_this_subject() -> None:
    told = {"sub": "u-1", "email": "a@city.example"}
    assert (await finished(Op(userinfo={**told, "email_verified": True}), with_email=True)).email == "a@city.example"
    assert (await finished(Op(userinfo=told), with_email=True)).email is None
    assert (await finished(Op(userinfo={**told, "email_verified": "true"}), with_email=True)).email is None
    with pytest.raises(NotProven):
        await finished(Op(userinfo={**told, "sub": "u-2", "email_verified": True}), with_email=True)


async def test_an_answer_in_the_name_of_another_provider_proves_nobody() -> None:
    desk, _ = await login(Op())
    with pytest.raises(NotProven):
        await desk.finish(STATE, "code", "https://evil.example")


@pytest.mark.parametrize(
    "describes", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.city.example/token"}]
)
async def test_a_provider_that_is_not_what_it_was_set_up_to_be_is_not_talked_to(describes: dict[str, Any]) -> None:
    with pytest.raises(ProviderAway):
        await finished(Op(describes=describes))
