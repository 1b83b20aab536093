"""How much MongoDB looks at for a call, by its own profiler."""

from collections.abc import Awaitable
from typing import Any


async def examined(database: Any, call: Awaitable[Any]) -> int:
    """Await a call; return how many documents, or keys of an index if those were more, each of its commands looked at,
    all together. Nothing else may use the database meanwhile."""
    await database.command("profile", 2)
    try:
        await call
    finally:
        await database.command("profile", 0)
    looks = await database.get_collection("system.profile").find({"planSummary": {"$exists": True}}).to_list(None)
    await database.drop_collection("system.profile")
    return sum(max(look.get("docsExamined", 0), look.get("keysExamined", 0)) for look in looks)
