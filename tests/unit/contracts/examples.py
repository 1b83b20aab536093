"""The golden examples, as the records that they stand for."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sanfu.contracts.registry

FOLDER = Path(sanfu.contracts.registry.__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    key: str
    headers: list[tuple[str, bytes]]
    body: dict[str, Any]

    @property
    def value(self) -> bytes:
        return json.dumps(self.body, ensure_ascii=False).encode()


def example(type: str) -> Example:
    found = json.loads((FOLDER / f"{type}.json").read_text(encoding="utf-8"))
    return Example(found["key"], [(name, text.encode()) for name, text in found["headers"].items()], found["body"])
