"""Write, or check, the contracts' JSON Schemas of replies: `python -m sanfu.desk.entrypoints.reply_schemas [--check]`.

Run it in the project's root, before the contracts' own generator. The bodies are the API's; the contracts hold what
they are for whoever writes them.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from sanfu.contracts import names
from sanfu.desk.entrypoints.reading_replies import MODELS
from sanfu.desk.entrypoints.words import COMMANDS

FOLDER: Final = Path("libs/contracts/src/sanfu/contracts/replies")


def schemas() -> dict[Path, str]:
    """Return each file with what should be in it."""
    return {FOLDER / f"{names.reply_type(name)}.json": _json(_schema(name)) for name in MODELS}


def _schema(name: str) -> dict[str, Any]:
    model, (zh, en) = MODELS[name], COMMANDS[name]
    made = model.model_json_schema()
    made["examples"] = [_in_order(one, model) for one in made["examples"]]
    type = names.reply_type(name)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:sanfu:schema:{type}",
        "x-zh": zh,
        "x-en": en,
        **made,
    }


def _in_order(said: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Write an example in its fields' order; pydantic has it by their names."""
    return {name: said[name] for name in model.model_fields if name in said}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def drift() -> list[str]:
    """Say which files are not what the commands make of them now."""
    wanted = schemas()
    wrong = [f"{path}: no such command any more" for path in sorted({*FOLDER.glob("*.json")} - wanted.keys())]
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path}: is not what the commands say: run python -m sanfu.desk.entrypoints.reply_schemas")
    return wrong


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        wrong = drift()
        sys.stderr.writelines(f"{line}\n" for line in wrong)
        return 1 if wrong else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
