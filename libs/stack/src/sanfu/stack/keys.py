"""`sanfu keys`: what opens the stack's doors, all of it or what is asked for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from sanfu.city.directory import STAFF_COLUMNS
from sanfu.city.problems import Findings, nearest
from sanfu.city.reading import rows
from sanfu.stack.programs import PartError
from sanfu.stack.secrets import Secrets
from sanfu.stack.stack import Stack

STAFF: Final = "staff.csv"


class Key(NamedTuple):
    """One key: whose, for which kind of door, and by which words it is found."""

    whose: str
    where: str
    key: str
    words: Sequence[str]


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORD]...", help="only those who have each of these as or in their id, name, unit or role"
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object on standard output")] = False,
) -> None:
    """Show what opens the stack's doors: the channels' API keys, the users' tokens, the token of /ops."""
    stack = Stack.known(name)
    found = chosen(keys(stack.keys, posts(stack.plan.city)), words or ())
    print(json.dumps(_plain(found), ensure_ascii=False) if as_json else _lines(found))


def posts(city: Path) -> dict[str, Sequence[str]]:
    """Return a pack's posts, each with the words that say whose it is; none where the pack can't be read."""
    try:
        content = (city / STAFF).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    table = rows(STAFF, content, STAFF_COLUMNS, Findings())
    return {row.text("id"): [row.text("name"), row.text("unit"), *row.raw("roles")] for row in table}


def keys(found: Secrets, known: Mapping[str, Sequence[str]]) -> list[Key]:
    """Return all there are: channels, then users, then the operators' own."""
    return [
        *(Key(channel, "channel", key, [channel, "channel"]) for channel, key in found.channels.items()),
        *(Key(user, "user", token, [user, "user", *known.get(user, ())]) for user, token in found.users.items()),
        Key("operators", "/ops", found.ops_token, ["operators", "/ops"]),
    ]


def chosen(found: Sequence[Key], words: Iterable[str]) -> list[Key]:
    """Return those who have each of these words; a whole one counts before a part of one. Raises PartError where there
    is nobody."""
    left = [*found]
    for word in map(str.casefold, words):
        mine = [(one, [text.casefold() for text in one.words]) for one in left]
        whole = [one for one, texts in mine if word in texts]
        kept = whole or [one for one, texts in mine if any(word in text for text in texts)]
        if not kept:
            cure = nearest(word, dict.fromkeys(text for one in left for text in one.words))
            among = "" if len(left) == len(found) else f" among {len(left)} that have the words before it"
            raise PartError(f"nobody has {word} as id, name, unit or role, or in it{among}: {cure}")
        left = kept
    return left


def _lines(found: Iterable[Key]) -> str:
    """One a line: for whom, where, the key. No table, they are to be copied."""
    return "\n".join(f"{one.whose:<28} {one.where:<8} {one.key}" for one in found)


def _plain(found: Iterable[Key]) -> dict[str, object]:
    """The same for machines; `ops_token` is null where the operators were not asked for."""
    by: dict[str, dict[str, str]] = {"channel": {}, "user": {}, "/ops": {}}
    for one in found:
        by[one.where][one.whose] = one.key
    return {"channels": by["channel"], "users": by["user"], "ops_token": by["/ops"].get("operators")}
