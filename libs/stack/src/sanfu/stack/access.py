"""`sanfu access explain`: why somebody can or can't see a case, grant by grant."""

import asyncio
import json
from typing import Annotated

import typer

from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack

app = typer.Typer(no_args_is_help=True, help="Who may see and do what.")
console = answers(soft_wrap=False)


@app.callback()
def _access() -> None:
    """Keep `explain` a command of its own, also while it is the only one."""


@app.command("explain")
def explain(
    user: Annotated[str, typer.Argument(help="an account's id, as in ./sanfu keys")],
    case: Annotated[str, typer.Argument(help="an issue's id")],
    name: Annotated[str, typer.Option("--name", help="which stack of this checkout")] = "main",
    lang: Annotated[str, typer.Option("--lang", help="zh or en")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object")] = False,
) -> None:
    """Say why somebody can or can't see a case, and which commands they have. Ends with 0 either way."""
    if lang not in {"zh", "en"}:
        raise PartError(f"--lang is zh or en, not {lang}")
    found = asyncio.run(_explained(Stack.known(name), user, case, lang))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        console.print("\n".join(found["words"]), markup=False, soft_wrap=True)


async def _explained(stack: Stack, user: str, case: str, lang: str) -> Json:
    async with Doors(stack) as doors:
        return await doors.access(user, case, lang)
