"""Which account an identity opens: one that exists, named by exactly one claim. No identity makes an account, or gives
one anything."""

from dataclasses import dataclass
from typing import Literal

from sanfu.desk.accounts import Accounts
from sanfu.desk.ports import Identity
from sanfu.runtime.rules import Refusal


@dataclass(frozen=True, slots=True)
class Identities:
    """Finds accounts by the claim that the deployment chose."""

    accounts: Accounts
    by: Literal["subject", "email"]

    async def account(self, identity: Identity) -> str:
        """Return the account's id. Raises Refusal 401 where none, or more than one, has this identity."""
        found = await self._by_email(identity.email) if self.by == "email" else await self._by_subject(identity.subject)
        if len(found) != 1:
            raise Refusal(401, "no-account", "Nobody who works here now has this identity.")
        return found.pop()

    async def _by_subject(self, subject: str) -> set[str]:
        return {record["_id"] for record in await self.accounts.shelves.users.having("subject", subject)}

    async def _by_email(self, email: str | None) -> set[str]:
        """An address of a record, or of the staff list where the record has none of its own."""
        if email is None:
            return set()
        wanted = email.casefold()
        listed = {id for id, one in self.accounts.pack().staff.items() if one.email.casefold() == wanted}
        records = await self.accounts.shelves.users.get(sorted(listed))
        mine = {record["_id"] for record in await self.accounts.shelves.users.having("email", wanted)}
        return mine | {id for id in listed if not (records.get(id) or {}).get("email")}
