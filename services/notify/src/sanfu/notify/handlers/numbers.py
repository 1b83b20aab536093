"""The numbers of issues, as people say them: for who looks at deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sanfu.notify.domain.delivery import Delivery
from sanfu.runtime.store import Documents


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of the issues' own stories, so that no delivery holds one."""

    issues: Documents

    async def of(self, deliveries: Sequence[Delivery]) -> dict[str, str]:
        """Say the numbers of the issues that these are about, by subject: of none that is sealed. Raises StoreDown."""
        subjects = sorted({one.subject for one in deliveries if one.of == "issues"})
        known = await self.issues.read(subjects) if subjects else {}
        facts = {id: one.get("facts", {}) for id, one in known.items()}
        open = {id: each for id, each in facts.items() if each.get("secrecy") != "sealed"}
        return {id: str(each["receipt"]) for id, each in open.items() if each.get("receipt")}
