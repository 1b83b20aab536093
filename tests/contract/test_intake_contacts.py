"""The contacts that intake keeps: one is put in place of the version before it, and of no other."""

from dataclasses import replace

from sanfu.intake.ports import Kept, Records
from tests.contract.test_intake_nearby import Put, store

__all__ = ["store"]

BOX = {"key": "k1", "nonce": "n", "sealed": "s"}


async def test_a_contact_is_put_in_place_of_the_version_before_it_alone(store: tuple[Records, Put]) -> None:
    records, _ = store
    first = Kept("i-1", 1, {"party": BOX}, ("p",), ("f",))
    assert not await records.keep(replace(first, version=2)), "there is none before it"
    assert await records.keep(first)
    assert not await records.keep(replace(first, boxes={})), "the first is there"
    erased = Kept("i-1", 2, {}, [], [])
    assert await records.keep(erased)
    assert not await records.keep(replace(first, version=2)), "somebody was faster"
    assert await records.contact("i-1") == erased
    assert await records.contacts_of(["p", "f"]) == []
