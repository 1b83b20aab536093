"""A hook's call: to whom it goes, what it says, and what of an answer counts. On real sockets of this machine."""

import asyncio
import base64
import hmac
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sanfu.notify.adapters.hook_calls import Hook, HookCaller
from sanfu.notify.domain.addresses import networked, unfit
from sanfu.notify.domain.delivery import Lost, Rejected, Retry, Sent

HERE = (networked("127.0.0.0/8"),)
KEY, OLD = b"k" * 24, b"o" * 24
HEADERS = {"content-type": "application/json", "ce-id": "e-1", "ce-type": "sanfu.issue.assigned.v1"}
BODY = '{"title":"停水"}'.encode()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("93.184.216.34", None), ("2606:2800:220:1::1", None),
        ("127.0.0.1", "address_private"), ("::1", "address_private"), ("0.0.0.0", "address_forbidden"),  # noqa: S104
        ("::", "address_forbidden"), ("10.1.2.3", "address_private"), ("172.16.0.1", "address_private"),
        ("192.168.1.1", "address_private"), ("100.64.0.1", "address_private"), ("fd12::1", "address_private"),
        ("198.18.0.1", "address_private"), ("192.0.2.1", "address_private"), ("fe80::1%eth0", "address_forbidden"),
        ("169.254.169.254", "address_forbidden"), ("100.100.100.200", "address_forbidden"),
        ("168.63.129.16", "address_forbidden"), ("192.0.0.192", "address_forbidden"),
        ("::ffff:168.63.129.16", "address_forbidden"),
        ("fd00:ec2::254", "address_forbidden"), ("224.0.0.1", "address_forbidden"), ("239.1.1.1", "address_forbidden"),
        ("ff02::1", "address_forbidden"), ("255.255.255.255", "address_forbidden"), ("240.0.0.1", "address_forbidden"),
        ("fec0::1", "address_forbidden"), ("::127.0.0.1", "address_forbidden"),
        ("::ffff:127.0.0.1", "address_private"), ("::ffff:169.254.169.254", "address_forbidden"),
        ("::ffff:93.184.216.34", None), ("2002:7f00:1::", "address_private"), ("2002:a9fe:a9fe::", "address_forbidden"),
        ("64:ff9b::7f00:1", "address_private"), ("64:ff9b::a9fe:a9fe", "address_forbidden"),
    ],
)  # fmt: skip
def test_only_what_everybody_reaches_is_posted_to(address: str, why: str | None) -> None:
    assert unfit(address) == why


def test_a_network_of_the_citys_own_is_reached_where_it_is_named_but_metadata_never() -> None:
    own = (networked("10.20.0.0/16"), networked("100.64.0.0/10"))
    assert unfit("10.20.3.4", own) is None
    assert unfit("::ffff:10.20.3.4", own) is None
    assert unfit("10.21.0.1", own) == "address_private"
    assert unfit("100.100.100.200", own) == "address_forbidden"
    assert unfit("10.20.3.4", own, encrypted=False) is None
    assert unfit("93.184.216.34", own, encrypted=False) == "address_needs_tls"
    for wrong in ("169.254.0.0/16", "0.0.0.0/0", "10.20.0.1/16", "fe80::/10", "x"):
        with pytest.raises(ValueError, match=r"must|write"):
            networked(wrong)


@dataclass
class Endpoint:
    """Listens, keeps what it is sent, and answers in these words."""

    answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    port: int = 0
    got: list[bytes] = field(default_factory=list)
    silent: bool = False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(one.split(b":")[1]) for one in head.lower().split(b"\r\n") if b"content-length" in one)
            self.got.append(head + await reader.readexactly(length))
            if self.silent:
                await reader.read()
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[Endpoint]:
    it = Endpoint()
    server = await asyncio.start_server(it.take, "127.0.0.1", 0, ssl=tls)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()


def caller(url: str, *addresses: str, trust: ssl.SSLContext | None = None, **more: object) -> HookCaller:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    hook = Hook(url, [KEY, OLD], more.pop("networks", HERE))  # type: ignore[arg-type]
    return HookCaller(hook, 2.0, trust or httpx.create_ssl_context(), resolve, lambda: 1_700_000_000.9)


@asynccontextmanager
async def calling(*args: str, **more: object) -> AsyncIterator[HookCaller]:
    it = caller(*args, **more)  # type: ignore[arg-type]
    try:
        yield it
    finally:
        await it.close()


async def test_a_record_is_posted_whole_and_signed_by_each_secret() -> None:
    async with listening() as it, calling(f"http://tax.test:{it.port}/in?x=1", "127.0.0.1") as hook:
        answer = await hook.post(HEADERS, BODY)
    assert (answer.outcome, answer.status, answer.said) == (Sent(None), 200, "ok")
    head, _, body = it.got[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    found = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0] == "POST /in?x=1 HTTP/1.1"
    assert body == BODY
    assert found["host"] == f"tax.test:{it.port}"
    assert (found["ce-id"], found["webhook-id"], found["webhook-timestamp"]) == ("e-1", "e-1", "1700000000")
    wanted = [
        "v1," + base64.b64encode(hmac.digest(key, b"e-1.1700000000." + BODY, "sha256")).decode() for key in (KEY, OLD)
    ]
    assert found["webhook-signature"].split(" ") == wanted


async def test_nothing_leaves_if_only_one_of_its_addresses_is_not_to_be_reached() -> None:
    async with listening() as it:
        for addresses in (["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "169.254.169.254"]):
            async with calling(f"http://tax.test:{it.port}/", *addresses) as hook:
                answer = await hook.post(HEADERS, BODY)
            assert isinstance(answer.outcome, Retry)
            assert answer.why in ("address_private", "address_forbidden")
    assert it.got == []


async def test_where_no_network_is_named_this_machine_is_not_reached_under_any_name() -> None:
    async with listening() as it:
        for name in ("localhost", "127.0.0.1", "2130706433", "0x7f.1"):
            hook = HookCaller(Hook(f"http://{name}:{it.port}/", [KEY]), 2.0, httpx.create_ssl_context())
            answer = await hook.post(HEADERS, BODY)
            await hook.close()
            assert answer.why in ("address_private", "name_unknown"), name
    assert it.got == []


async def test_the_environments_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as proxy, listening() as it:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
            await hook.post(HEADERS, BODY)
    assert (len(proxy.got), len(it.got)) == (0, 1)


async def test_a_redirect_is_not_followed() -> None:
    async with listening() as other, listening() as it:
        it.answer = f"HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:{other.port}/\r\ncontent-length: 0\r\n\r\n".encode()
        async with calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
            answer = await hook.post(HEADERS, BODY)
    assert (answer.why, answer.outcome, other.got) == ("http_307", Retry("http_307"), [])


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"204 x\r\n\r\n", Sent(None)), (b"422 x\r\ncontent-length: 0\r\n\r\n", Rejected("http_422")),
        (b"429 x\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", Retry("http_429", 7.0, about="pace")),
        (b"503 x\r\nretry-after: 9\r\ncontent-length: 0\r\n\r\n", Retry("http_503", 9.0)),
        (b"500 x\r\ncontent-length: 0\r\n\r\n", Lost("http_500")), (b"504 x\r\n\r\n", Lost("http_504")),
    ],
)  # fmt: skip
async def test_what_an_answer_says_counts(answer: bytes, wanted: object) -> None:
    async with listening() as it, calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
        it.answer = b"HTTP/1.1 " + answer
        assert (await hook.post(HEADERS, BODY)).outcome == wanted


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async with listening() as it, calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
        it.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n" + b"x" * 100_000
        answer = await hook.post(HEADERS, BODY)
    assert (answer.outcome, answer.said) == (Sent(None), "x" * 300)


async def test_who_does_not_answer_may_have_it_and_who_is_not_there_has_not() -> None:
    async with listening() as it:
        it.silent = True
        async with calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
            hook._there.seconds = 2.0
            assert (await hook.post(HEADERS, BODY)).outcome == Lost("timeout")
    async with calling(f"http://tax.test:{it.port}/", "127.0.0.1") as hook:
        assert (await hook.post(HEADERS, BODY)).outcome == Retry("unreachable")
    async with calling(f"http://tax.test:{it.port}/") as hook:
        assert (await hook.post(HEADERS, BODY)).outcome == Retry("unreachable")


async def test_the_next_of_its_addresses_is_asked_where_the_first_is_not_there() -> None:
    async with listening() as it, calling(f"http://tax.test:{it.port}/", "127.0.0.2", "127.0.0.1") as hook:
        assert (await hook.post(HEADERS, BODY)).outcome == Sent(None)


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Callable[[], ssl.SSLContext]]:
    """A server that vouches for itself under this name, and what trusts it."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "server.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, lambda: ssl.create_default_context(cadata=pem.decode())


async def test_by_tls_the_name_is_asked_for_and_vouched_for_though_the_address_is_dialled(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "tax.test")
    named: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: named.append(name)
    async with listening(server) as it:
        async with calling(f"https://tax.test:{it.port}/", "127.0.0.1", trust=trusting()) as hook:
            assert (await hook.post(HEADERS, BODY)).outcome == Sent(None)
        assert named == ["tax.test"]
        async with calling(f"https://water.test:{it.port}/", "127.0.0.1", trust=trusting()) as hook:
            assert (await hook.post(HEADERS, BODY)).outcome == Retry("tls")
        async with calling(f"https://tax.test:{it.port}/", "127.0.0.1") as hook:
            assert (await hook.post(HEADERS, BODY)).outcome == Retry("tls")
    assert len(it.got) == 1
