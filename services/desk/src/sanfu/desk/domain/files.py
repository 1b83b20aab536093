"""What may be named of a case's files, and what its party is shown. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.desk.domain.secrecy import SECRET
from sanfu.runtime.rules import Refusal

NAMED_IN: Final = ("evidence", "attachments")
"""Fields of a command that name files."""
MOST: Final = 100
"""Files of one case."""


def described(record: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a kept file as events do."""
    return {"id": record["_id"], "owner": "desk", **{name: record[name] for name in _TOLD}}


def received(case: Mapping[str, Any], original: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return the files that came with a report or were added to it: those that the story told of, and those of which
    only the original tells, for the issue was secret."""
    sealed = original or {}
    added = [one for more in sealed.get("added", ()) for one in more.get("attachments", ())]
    return [*case["attachments"], *sealed.get("attachments", ()), *added]


def check_named(said: Mapping[str, Any], case: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]) -> None:
    """Raise Refusal 422 for a file that a command names and that is not one of this case: kept here, or received with
    it, as it is described. A file is shown to everybody only if it was kept as such."""
    here = {("desk", one["_id"]): described(one) for one in kept}
    received = {("intake", one["id"]): one for one in case["attachments"]}
    for field in NAMED_IN:
        for place, file in enumerate(said.get(field) or ()):
            known = {**here, **received}.get((file["owner"], file["id"]))
            name = f"$.{field}[{place}]"
            if known is None:
                raise _wrong(f"{name}.id", "unknown_file", f"a file of this case that {file['owner']} keeps")
            for part in ("sha256", "media_type", "size"):
                if file[part] != known[part]:
                    raise _wrong(f"{name}.{part}", "another_file", f"what the file has: {known[part]}")
            if file["public"] and not known["public"]:
                raise _wrong(f"{name}.public", "not_public", "false: it was not kept for everybody")


def told_publicly(case: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the files that the party may see, with the instant it was told of them: kept here for everybody, and named
    with what counts of the three ones. None of what is confidential or sealed, not signed yet, or void."""
    if case["secrecy"] in SECRET:
        return []
    parts = [one[name] for one in case["rounds"] for name in ("contact", "handle", "follow_up") if name in one]
    named = [(part["at"], file) for part in parts for file in part["evidence"]]
    return [(at, file) for at, file in named if file["public"] and file["owner"] == "desk"]


_TOLD: Final = ("sha256", "media_type", "size", "public")


def _wrong(field: str, problem: str, expected: str) -> Refusal:
    fault = {"field": field, "problem": problem, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: {field}.", errors=[fault])
