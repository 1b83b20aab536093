"""Write, or check, everything that is made from the models: `python -m sanfu.contracts.generate [--check]`.

Run it in the project's root: it writes schemas, the AsyncAPI document and `free_texts` beside this module, and
docs/events.md.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sanfu.contracts import free
from sanfu.contracts.asyncapi import document
from sanfu.contracts.page import page
from sanfu.contracts.registry import EVENTS
from sanfu.contracts.schemas import schema

PACKAGE = Path(__file__).parent
DOCS = Path("docs")


def artefacts(docs: Path = DOCS) -> Iterator[tuple[Path, str]]:
    """Each generated file with what should be in it."""
    for event in EVENTS:
        yield PACKAGE / "schemas" / f"{event.type}.json", _json(schema(event))
    yield PACKAGE / "asyncapi.json", _json(document())
    yield PACKAGE / "free_texts.py", free.module()
    yield docs / "events.md", page()


def drift(docs: Path = DOCS) -> list[str]:
    """Say which generated files are not what the models make of them now."""
    wanted = dict(artefacts(docs))
    found = set((PACKAGE / "schemas").glob("*.json"))
    wrong = [f"{path}: no such type any more" for path in sorted(found - wanted.keys())]
    for path, text in wanted.items():
        if not path.exists():
            wrong.append(f"{path}: is missing")
        elif path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path}: is not what the models say")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sanfu.contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if anything would change")
    if parser.parse_args(arguments).check:
        wrong = drift()
        sys.stderr.writelines(f"{line}\n" for line in wrong)
        return 1 if wrong else 0
    for path, text in artefacts():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
