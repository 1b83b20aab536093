"""Files that came with a report or were added to it: whose they are, what is told of them, and when they go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sanfu.runtime.rules import Refusal

MOST: Final = 10
"""Files of one report, or of one thing that is added to it."""
MOST_OF_AN_ISSUE: Final = 50
UNBOUND: Final = timedelta(days=1)
"""Business time for which a file that belongs to no report yet is kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """For what files are claimed, and by which of the requests that may send it at one instant."""

    issue: str
    command: str
    token: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, and where it belongs. `holder` sent it, and alone may name it. Until it is whole it has no `received`,
    the SHA-256 of what came. `due`: when it goes unless a report has it; None: a report has it. `issue` and `command`
    name the one that took it, or is about to; `claim` is the same for files that were claimed at once. `going`: it is
    being deleted.
    """

    id: str
    holder: str
    due: datetime | None
    received: str | None = None
    sha256: str = ""
    media_type: str = ""
    size: int = 0
    issue: str | None = None
    command: str | None = None
    claim: str | None = None
    going: bool = False

    def told(self) -> dict[str, Any]:
        """Describe it as events do."""
        return {
            "id": self.id, "owner": "intake", "sha256": self.sha256, "media_type": self.media_type, "size": self.size,
            "public": False,
        }  # fmt: skip

    def is_with(self, issue: str, command: str) -> bool:
        return (self.issue, self.command) == (issue, command)


def named(
    ids: Sequence[str], known: Mapping[str, Attachment], holder: str | None, issue: str, command: str
) -> list[Attachment]:
    """Return the files that a report names. Raises Refusal 422 for one that its sender never sent, or that is gone;
    409 for one that another report has."""
    if holder is None:
        raise _wrong("attachments", "not_allowed", "none: files come with a channel's key, or by the city's own form")
    found = []
    for place, id in enumerate(ids):
        one = known.get(id)
        if one is None or one.holder != holder or one.received is None or one.going:
            raise _wrong(
                f"attachments[{place}]", "unknown_file", "what POST /v1/attachments answered to this key today"
            )
        if one.issue is not None and not one.is_with(issue, command):
            raise taken(place)
        found.append(one)
    return found


def copies(one: Attachment, others: Sequence[Attachment]) -> list[Attachment]:
    """Return files that were sent for the same command as this one by another request: only one of the two has it."""
    return [each for each in others if each.command == one.command and each.claim != one.claim]


def taken(place: int | None = None) -> Refusal:
    field = "$.attachments" if place is None else f"$.attachments[{place}]"
    error = {"field": field, "problem": "taken", "expected": "a file that no other report has: send it once more"}
    return Refusal(409, "attachment-taken", f"{field}: another report has this file.", errors=[error])


def too_many() -> Refusal:
    return Refusal(409, "too-many-files", f"An issue has at most {MOST_OF_AN_ISSUE} files: call the office.")


def _wrong(field: str, problem: str, expected: str) -> Refusal:
    fault = {"field": f"$.{field}", "problem": problem, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.{field}.", errors=[fault])
