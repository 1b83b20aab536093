"""What is known of issues and of affairs when something is to be said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sanfu.notify.domain.bearing import concerns, secrecy
from sanfu.notify.ports import Document
from sanfu.runtime.store import Documents


@dataclass(frozen=True, slots=True)
class Stories:
    """An affair stands as secret in its facts as the issues are that it bears upon: by their own stories, as they stand
    now, for they may have become so since."""

    issues: Documents
    affairs: Documents

    async def read(self, issues: Sequence[str], affairs: Sequence[str]) -> dict[str, Document]:
        """Return what is known of these by subject. An affair is missing until all that it bears upon is known. Raises
        StoreDown."""
        told = await self.affairs.read(affairs) if affairs else {}
        named = {id: concerns(one.get("facts", {})) for id, one in told.items()}
        wanted = sorted({*issues, *(issue for each in named.values() for issue in each or ())})
        known = await self.issues.read(wanted) if wanted else {}
        facts = {id: one["facts"] for id, one in known.items() if "facts" in one}
        found = {id: known[id] for id in issues if id in known}
        for id, one in told.items():
            if "facts" in one and all(issue in facts for issue in named[id] or ()):
                found[id] = {**one, "facts": {**one["facts"], "secrecy": secrecy(named[id], facts)}}
        return found
