"""Write, or check, docs/life-of-a-case.md from the transition table: `python -m sanfu.desk.entrypoints.life [--check]`.

Run it in the project's root. A picture (mermaid) and a table, in Chinese and English.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sanfu.desk.domain.table import STATES, TABLE, Step
from sanfu.desk.entrypoints.words import COMMANDS, ROLES
from sanfu.desk.entrypoints.words import STATES as NAMES

PAGE: Final = Path("docs/life-of-a-case.md")
HEAD: Final = """# The life of a case · 办件流转

Made from the transition table (`services/desk/src/sanfu/desk/domain/table.py`) by
`python -m sanfu.desk.entrypoints.life`; do not edit. What a command needs beyond its row stands in the deeds beside
the table.

本页由流转表自动生成，请勿手改。

"""


def page() -> str:
    """Return the page as it should stand."""
    return HEAD + "\n".join([*_picture(), "", *_table()]) + "\n"


def _picture() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in STATES:
        yield f'    state "{_both(state)}" as {state}'
    yield "    [*] --> submitted"
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, command, _), step in TABLE.items():
        if step.to and command not in (labels := arrows.setdefault((state, step.to), [])):
            labels.append(command)
    for (state, to), commands in arrows.items():
        yield f"    {state} --> {to}: {', '.join(COMMANDS[command][0] for command in commands)}"
    yield "    closed --> [*]"
    yield "```"


def _table() -> Iterator[str]:
    yield "| 环节 state | 命令 command | 谁 who | 事件 event | 之后 then |"
    yield "| --- | --- | --- | --- | --- |"
    rows: dict[tuple[str, str, Step], list[str]] = {}
    for (state, command, role), step in TABLE.items():
        rows.setdefault((state, command, Step(step.event, step.to)), []).append(role)
    for state in STATES:
        for (of, command, step), roles in rows.items():
            if of == state:
                who = "、".join(ROLES[role][0] for role in roles) + " · " + ", ".join(ROLES[role][1] for role in roles)
                then = _both(step.to) if step.to else "—"
                named = f"{COMMANDS[command][0]} `{command}`"
                yield f"| {_both(state)} | {named} | {who} | `{step.event}` | {then} |"


def _both(state: str) -> str:
    return f"{NAMES['zh'][state]} · {NAMES['en'][state]}"


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.stderr.write(f"{PAGE} is not what the table says: run python -m sanfu.desk.entrypoints.life\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
