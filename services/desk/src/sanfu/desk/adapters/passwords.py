"""Passwords by Argon2id, as RFC 9106 recommends where memory is dear: 64 MiB, three passes, four lanes."""

import asyncio
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes at one time: each takes 64 MiB and a core for a fifth of a second; who comes later waits."""


@dataclass(slots=True)
class Argon2:
    """`ports.Hasher`."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _dummy: str = ""

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self.hasher.hash, password)

    async def fits(self, held: str | None, password: str) -> bool:
        if not self._dummy:
            self._dummy = await self.hash("of nobody")
        async with self._turns:
            fits = await asyncio.to_thread(self._verify, held or self._dummy, password)
        return fits and held is not None

    def stale(self, held: str) -> bool:
        return self.hasher.check_needs_rehash(held)

    def _verify(self, held: str, password: str) -> bool:
        try:
            return self.hasher.verify(held, password)
        except (VerificationError, InvalidHashError):
            return False
