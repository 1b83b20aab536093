"""Who a journey tells of: people at the desk, and whoever gets a message."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
from PIL import Image

from sanfu.notify.domain.delivery import Outcome, Rejected, Sent
from sanfu.notify.ports import Message
from sanfu.runtime.clock import ManualClock

if TYPE_CHECKING:
    from tests.support.city import City


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that left the city: when, to whom, what it says."""

    at: datetime
    to: str
    subject: str | None
    text: str


@dataclass(slots=True)
class Post:
    """A provider that takes everything, and keeps it, but for what goes to an address that is `gone`."""

    clock: ManualClock
    got: list[Posted] = field(default_factory=list)
    width: int = 8
    gone: set[str] = field(default_factory=set)

    async def send(self, message: Message) -> Outcome:
        if message.to in self.gone:
            return Rejected("5.1.1", dead=True)
        self.got.append(Posted(self.clock.now(), message.to, message.subject, message.text))
        return Sent(f"p{len(self.got)}")

    async def close(self) -> None: ...

    def to(self, address: str) -> list[Posted]:
        return [one for one in self.got if one.to == address]


@dataclass(frozen=True, slots=True)
class Issue:
    """A report as its sender knows it."""

    id: str
    receipt: str
    said: dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody of the city's staff, working at the desk."""

    id: str
    city: "City"

    async def order(
        self, issue: Issue, command: str, said: dict[str, Any], *, refused: str | None = None
    ) -> dict[str, Any]:
        """Give a command; it must succeed, or be refused for the reason named (the last part of the problem's URN)."""
        headers = {"Authorization": f"Bearer {token(self.id)}", "Idempotency-Key": f"k{next(self.city.numbers)}"}
        answer = await self.city.client("desk").post(f"/v1/cases/{issue.id}/{command}", json=said, headers=headers)
        found: dict[str, Any] = answer.json()
        if refused is None:
            assert answer.status_code == 200, f"{self.id} {command}: {found}"
        else:
            assert str(found.get("type", "")).rpartition(":")[2] == refused, f"{self.id} {command}: {found}"
        await self.city.quiet()
        return found

    async def make(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        """Make an order, meeting or task at the desk, or give a command on one; it must succeed."""
        headers = {"Authorization": f"Bearer {token(self.id)}", "Idempotency-Key": f"k{next(self.city.numbers)}"}
        answer = await self.city.client("desk").post(f"/v1/{path}", json=said, headers=headers)
        assert answer.status_code in (200, 201), f"{self.id} {path}: {answer.text}"
        await self.city.quiet()
        return dict(answer.json())

    async def get(self, path: str, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token(self.id)}"}
        return await self.city.client("desk").get(path, params=query or None, headers=headers)

    async def reads(self, path: str) -> dict[str, Any]:
        answer = await self.get(f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def acknowledge(self, issue: Issue, **how: Any) -> None:
        await self.order(issue, "acknowledge", {}, **how)

    async def contact(self, issue: Issue, result: str = "reached", **more: Any) -> None:
        await self.order(issue, "contact", {"result": result, **more})

    async def handle(self, issue: Issue, reply: str = "已派人到现场修复，今晚恢复正常。", **more: Any) -> str:
        """Handle it; return the state after it: it may have to be signed."""
        done = await self.order(issue, "handle", {"outcome": "solved", "reply": reply, **more})
        return str(done["state"])

    async def sign(self, issue: Issue) -> None:
        await self.order(issue, "sign", {})

    async def do_all(self, issue: Issue) -> None:
        """Acknowledge, contact and handle at once; the head signs what has to be signed."""
        await self.acknowledge(issue)
        await self.contact(issue)
        if await self.handle(issue) == "unsigned":
            await self.city.head(self.city.pack.staff[self.id].unit).sign(issue)

    async def give_back(self, issue: Issue, to: str, *, refused: str | None = None) -> None:
        said = {"ground": "duties", "proposed_unit": to, "text": "不属于本单位职责。"}
        await self.order(issue, "return", said, refused=refused)

    async def dispatch(self, issue: Issue, unit: str, grade: str = "simple", **how: Any) -> None:
        await self.order(issue, "dispatch", {"unit": unit, "grade": grade, "reason": "按职责交办。"}, **how)

    async def follow_up(self, issue: Issue, resolved: str = "yes", **more: Any) -> None:
        await self.order(issue, "follow_up", {"resolved": resolved, **more})

    async def looks(self, issue: Issue, resolved: str = "yes") -> None:
        """Follow up on site: take a photo, keep it, say what was found."""
        headers = {"Authorization": f"Bearer {token(self.id)}", "Content-Type": "application/octet-stream"}
        url = f"/v1/cases/{issue.id}/evidence"
        answer = await self.city.client("desk").post(url, content=picture(), headers=headers)
        assert answer.status_code == 201, answer.text
        await self.follow_up(issue, resolved, evidence=[answer.json()])

    async def close(self, issue: Issue, kind: str, *, refused: str | None = None, **more: Any) -> None:
        await self.order(issue, "close", {"kind": kind, **more}, refused=refused)

    async def sees(self, issue: Issue) -> dict[str, Any] | None:
        """Return the case as this person sees it; None if the desk says there is none."""
        headers = {"Authorization": f"Bearer {token(self.id)}"}
        answer = await self.city.client("desk").get(f"/v1/cases/{issue.id}", headers=headers)
        assert answer.status_code in (200, 404), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    async def reads_contact(self, issue: Issue) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token(self.id)}"}
        url = f"/v1/cases/{issue.id}/contact"
        answer = await self.city.client("desk").get(url, params={"purpose": "联系当事人"}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def picture() -> bytes:
    """Take a picture of one dot."""
    taken = io.BytesIO()
    Image.new("RGB", (1, 1)).save(taken, "PNG")
    return taken.getvalue()


def token(user: str) -> str:
    return f"token-of-{user}-0123456789"
