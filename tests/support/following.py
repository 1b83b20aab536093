"""Cases that were handled, for tests of what comes after: with numbers that the month's lot draws, or spares."""

import base64
import hmac
from typing import Any

from sanfu.contracts import names
from sanfu.desk.domain.lots import Lots
from tests.support.assembling import KEYS
from tests.support.cases import HEAD, OFFICE, OFFICER, Desk, Story, assigned, submitted

REPLY = "三盏路灯已更换灯头，今晚恢复照明。"
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNQcEgAAAFEAMELjZZCAAAAAElFTkSuQmCC"
)
"""A picture of one dot."""
SHARE = 0.1


def receipt(*, drawn: bool, month: str = "2026-05") -> str:
    """Find a receipt number whose ticket the month's lot draws, or spares."""
    tickets = (f"YW-{n}" for n in range(1000))
    return next(one for one in tickets if LOTS.draw(f"{one}/1", month, SHARE)["drawn"] is drawn)  # type: ignore[index]


LOTS = Lots(hmac.digest(KEYS.index, b"follow-up lots", "sha256"))
SPARED, DRAWN = receipt(drawn=False), receipt(drawn=True)


async def handled(desk: Desk, number: str = SPARED, grade: str = "simple", reply: str = REPLY, **more: Any) -> Story:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(receipt=number, **more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade, audience=more.get("audience", "resident"))),
    )
    await again(desk, reply)
    return story


async def again(desk: Desk, reply: str) -> None:
    before = (await desk.get(OFFICE, "/v1/cases/i-1")).json()["state"]
    steps: list[tuple[str, dict[str, str]]] = [("acknowledge", {})] if before == "assigned" else []
    steps += [("contact", {"result": "reached"}), ("handle", {"outcome": "solved", "reply": reply})]
    for command, said in steps:
        answer = await desk.order(OFFICER, "i-1", command, said)
        assert answer.status_code == 200, answer.text
        if answer.json()["state"] == "unsigned":
            assert (await desk.order(HEAD, "i-1", "sign")).status_code == 200


async def seen(desk: Desk, by: str = OFFICE) -> dict[str, Any]:
    found: dict[str, Any] = (await desk.get(by, "/v1/cases/i-1")).json()
    return found


def told(desk: Desk, type: str) -> list[dict[str, Any]]:
    return [data for kind, data in desk.published() if kind == type]
