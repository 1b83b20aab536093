"""What units' own systems may send on their replies topics: JSON Schemas of the commands' bodies, written by desk.

They stand here for whoever sends them, and for the document of all topics; desk reads replies by its own models.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "replies"

Schema = dict[str, Any]


@cache
def replies() -> dict[str, Schema]:
    """Return the schema of each type of reply, whole by itself."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def model_name(type: str) -> str:
    """Name a type of reply as the document does: `ReplyAskExtension`."""
    return "Reply" + "".join(word.capitalize() for word in type.split(".")[2].split("_"))


def shared() -> dict[str, Schema]:
    """Return the schemas of all replies and of their parts, which refer to each other as an AsyncAPI document wants."""
    found: dict[str, Schema] = {}
    for type, schema in replies().items():
        whole = {name: value for name, value in schema.items() if not name.startswith("$")}
        found[model_name(type)] = _referring(whole)
        found |= {f"ReplyPart{name}": _referring(part) for name, part in schema.get("$defs", {}).items()}
    return dict(sorted(found.items()))


def _referring(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/ReplyPart") if key == "$ref" else _referring(value)
            for key, value in part.items()
        }
    return [_referring(each) for each in part] if isinstance(part, list) else part
