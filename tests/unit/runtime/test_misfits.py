"""A service whose database does not fit refuses to start, and says what would. On memory parts."""

import pytest

from sanfu.runtime import service as module
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Misfit
from tests.support import toy
from tests.support.toy_machine import toy_broker
from tests.unit.runtime.test_reader import serving


async def test_a_topic_with_another_number_of_partitions_is_refused_and_the_cure_named() -> None:
    documents = MemoryDocuments()
    async with serving(toy_broker(), documents):
        pass
    grown = MemoryBroker()
    grown.create(toy.STORY, 6)
    with pytest.raises(Misfit, match=r"filled for 4 partitions of sanfu\.toys\.v1, the topic has 6: .* empty database"):
        async with serving(grown, documents):
            pass


async def test_a_story_without_a_topic_is_refused() -> None:
    with pytest.raises(Misfit, match=r"no topic sanfu\.toys\.v1 .* create the topics"):
        async with serving(MemoryBroker(), MemoryDocuments()):
            pass


async def test_documents_of_a_form_that_this_version_cannot_read_are_refused_until_the_store_is_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = MemoryDocuments()
    async with serving(toy_broker(), documents):
        pass
    monkeypatch.setattr(module, "SCHEMA", 2)
    with pytest.raises(Misfit, match=r"documents of form 1, this version of toy reads form 2: .* empty database"):
        async with serving(toy_broker(), documents):
            pass
    await documents.wipe()
    async with serving(toy_broker(), documents):
        assert documents.settings["schema"] == 2


async def test_documents_of_an_older_form_that_it_can_read_are_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = MemoryDocuments()
    async with serving(toy_broker(), documents):
        pass
    monkeypatch.setattr(module, "SCHEMA", 2)
    monkeypatch.setattr(module, "READABLE", frozenset({1}))
    async with serving(toy_broker(), documents):
        assert documents.settings["schema"] == 2
    monkeypatch.setattr(module, "SCHEMA", 1)
    monkeypatch.setattr(module, "READABLE", frozenset())
    with pytest.raises(Misfit, match="documents of form 2"):
        async with serving(toy_broker(), documents):
            pass
