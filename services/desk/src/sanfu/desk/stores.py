"""Where desk keeps what it keeps: in MongoDB, or in memory, as its parts are."""

from collections.abc import Mapping

import orjson
from pydantic import SecretStr

from sanfu.desk.accounts import give_tokens, keep_all
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.adapters.memory_affairs import MemoryAffairs
from sanfu.desk.affairs import Affairs
from sanfu.desk.handlers import Desk, Do
from sanfu.desk.ports import Cases, Shelves
from sanfu.runtime.attachments import Attachments, GridFSAttachments, MemoryAttachments
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts

AFFAIRS = "affairs"
"""The collection of the affairs' documents."""


def cases_and_shelves(parts: Parts) -> tuple[Cases, Shelves]:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryCases(parts.documents.documents), memory_shelves(parts.documents.others)
    from sanfu.desk.adapters.mongo import MongoCases, mongo_shelves  # noqa: PLC0415 (it loads the driver)

    return MongoCases(parts.documents.collection), mongo_shelves(parts.database)  # type: ignore[attr-defined]


def affairs_of(desk: Desk, parts: Parts, do: Do) -> Affairs:
    documents = parts.documents.beside(AFFAIRS)
    if isinstance(documents, MemoryDocuments):
        return Affairs(desk, MemoryAffairs(documents.documents), documents, do)
    from sanfu.desk.adapters.mongo_affairs import MongoAffairs  # noqa: PLC0415 (it loads the driver)

    return Affairs(desk, MongoAffairs(documents.collection), documents, do)  # type: ignore[attr-defined]


def files_of(parts: Parts) -> Attachments:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryAttachments()
    from sanfu.runtime.mongo import bucket, spoken  # noqa: PLC0415 (it loads the driver)

    return GridFSAttachments(bucket(parts.database, "evidence_files"), spoken)


async def prepare(affairs: Affairs, tokens: Mapping[str, str] | None) -> None:
    """Create what the queries need; make these tokens, if any are given, the only ones; make the audit whole."""
    shelves = affairs.desk.shelves
    await affairs.desk.cases.prepare()
    await affairs.lists.prepare()
    await shelves.users.prepare("token", "subject", "email")
    await shelves.contacts.prepare("issue", "blind")
    await shelves.filters.prepare("user")
    await shelves.evidence.prepare("case")
    await shelves.history.prepare("case+_id")
    await shelves.sealed_texts.prepare("cases")
    await shelves.sessions.prepare("user")
    await prepare_records(shelves)
    if tokens is not None:
        await give_tokens(shelves.users, tokens)
    await keep_all(shelves)


async def prepare_records(shelves: Shelves) -> None:
    """Create what the lists of the newest need, which are long: who read, changed or took out what."""
    await shelves.exports.prepare("user+at+_id", "at+_id")
    await shelves.readings.prepare("case+at+_id", "user+at+_id", "system+at+_id", "at+_id")
    await shelves.audit.prepare("account+at+_id", "by+at+_id", "at+_id")


def tokens_of(given: SecretStr) -> dict[str, str]:
    """Read {user id: token}. Raises ValueError that shows no token."""
    try:
        tokens = orjson.loads(given.get_secret_value())
    except orjson.JSONDecodeError:
        tokens = None
    if not isinstance(tokens, dict) or any(not isinstance(t, str) or len(t) < 16 for t in tokens.values()):
        raise ValueError("user tokens are JSON {user id: token of 16 characters or more}")
    return tokens
