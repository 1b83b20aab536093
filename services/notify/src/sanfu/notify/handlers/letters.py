"""Messages that are kept here, sealed: in the inbox of a user or unit, or of a rehearsal, in which nothing leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from sanfu.notify.domain.delivery import Outcome, Retry, Sent
from sanfu.notify.ports import Letter, Letters, Message
from sanfu.runtime.sealing import Sealed, Sealer
from sanfu.runtime.store import StoreDown

REHEARSAL = "rehearsal"
"""The box of what would have been sent, and what the story is told of it."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """`ports.Sender` that keeps what it is given, for its recipient or in one box. A repeat changes nothing."""

    letters: Letters
    sealer: Sealer
    medium: str
    now: Callable[[], datetime]
    box: str | None = None
    width: int = 64

    async def send(self, message: Message) -> Outcome:
        inside = {
            "to": message.to, "subject": message.subject, "text": message.text, "about": message.about,
            "neutral": message.neutral,
        }  # fmt: skip
        box = self.box or message.to
        sealed = self.sealer.seal(orjson.dumps(inside), context(message.id, box)).written()
        try:
            await self.letters.put(Letter(message.id, box, self.medium, self.now(), sealed))
        except StoreDown:
            return Retry("store_down")
        return Sent(None, note=self.box)

    async def close(self) -> None: ...


def opened(sealer: Sealer, letter: Letter) -> dict[str, str | None]:
    """Return {to, subject, text, about, neutral}. Raises Unsealable."""
    box = Sealed.read(letter.sealed)
    found: dict[str, str | None] = orjson.loads(sealer.open(box, context(letter.id, letter.box)))
    return found


def context(id: str, box: str) -> bytes:
    return f"letter/{box}/{id}".encode()
