"""Boxes of letters on MongoDB: what a page of a long one costs."""

from datetime import timedelta

from sanfu.notify.adapters.letters_mongo import MongoLetters
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from tests.support.examined import examined
from tests.unit.notify.test_delivery import NOW


async def test_a_later_page_of_unread_letters_reads_no_more_than_the_first(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    database = client.get_database(f"{prefix}_letters")
    letters = MongoLetters(MongoDocuments(database, "subjects"))
    try:
        await letters.prepare()
        kept = [
            {
                "_id": f"l{n:04}", "box": "user:a", "medium": "inbox", "at": NOW + timedelta(seconds=n), "sealed": {},
                **({"read": NOW} if n % 5 else {}),
            }
            for n in range(3000)
        ]  # fmt: skip
        await database.get_collection("letters").insert_many(kept)
        after = Cursor(int((NOW + timedelta(seconds=2500)).timestamp() * 1000), "l2500")
        for cursor in (None, after):
            assert await examined(database, letters.page("user:a", True, Page(20, cursor))) <= 25
    finally:
        await client.drop_database(database.name)
        client.close()
