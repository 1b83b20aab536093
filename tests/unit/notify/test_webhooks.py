"""The medium `webhook`: to whom a message goes, and to whom it never does. On real sockets of this machine."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from sanfu.notify.adapters.plan import planned
from sanfu.notify.adapters.webhook import Endpoint, Webhooks
from sanfu.notify.domain.delivery import Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message
from tests.unit.notify.test_hook_calls import HERE, KEY, listening

SECRET = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tr"


@asynccontextmanager
async def posting(*addresses: str, **endpoints: Endpoint) -> AsyncIterator[Webhooks]:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    hooks = Webhooks(endpoints, timeout=10.0, resolve=resolve)
    yield hooks
    await hooks.close()


async def told(hooks: Webhooks, to: str) -> Outcome:
    return await hooks.send(Message("d1", to, "停水", "今晚停水"))


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        (["10.0.0.1"], "address_private"), (["127.0.0.1", "10.0.0.1"], "address_private"),
        (["169.254.169.254"], "address_forbidden"), (["93.184.216.34"], "address_needs_tls"),
    ],
)  # fmt: skip
async def test_nothing_leaves_where_a_name_resolves_to_what_may_not_be_reached(addresses: list[str], why: str) -> None:
    async with listening() as it:
        there = Endpoint(f"http://tax.test:{it.port}/", [KEY], HERE)
        async with posting(*addresses, tax=there) as hooks:
            assert await told(hooks, "tax") == Retry(why), "and it is the endpoint's trouble, no message's"
    assert it.got == []


async def test_a_message_goes_to_the_endpoint_of_its_name_under_that_name_and_follows_nobody() -> None:
    async with listening() as tax, listening() as others:
        there = {"tax": Endpoint(f"http://tax.test:{tax.port}/in", [KEY], HERE)}
        there["*"] = Endpoint(f"http://others.test:{others.port}/", [KEY], HERE)
        async with posting("127.0.0.1", **there) as hooks:
            assert await told(hooks, "tax") == Sent(None)
            others.answer = (
                f"HTTP/1.1 307 x\r\nlocation: http://127.0.0.1:{tax.port}/\r\ncontent-length: 0\r\n\r\n".encode()
            )
            assert await told(hooks, "water") == Retry("http_307")
    assert (len(tax.got), len(others.got)) == (1, 1)
    assert f"host: tax.test:{tax.port}".encode() in tax.got[0].lower()
    async with posting("127.0.0.1", tax=there["tax"]) as hooks:
        assert await told(hooks, "water") == Rejected("no_address")


async def test_the_networks_that_the_file_names_are_reached_and_no_others() -> None:
    async with listening() as it:
        for networks, wanted in (("127.0.0.0/8", Sent(None)), ("10.20.0.0/16", Retry("address_private"))):
            entry = f'{{"url": "http://localhost:{it.port}/", "secrets": ["{SECRET}"], "networks": ["{networks}"]}}'
            text = f'{{"webhook": [{{"kind": "webhook", "endpoints": {{"tax": {entry}}}}}]}}'
            [provider] = planned(text, 2.0)["webhook"]
            assert await provider.sender.send(Message("d1", "tax", None, "t")) == wanted
            await provider.sender.close()
