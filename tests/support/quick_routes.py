"""Routes of an API are made anew with each service that a test puts together, thousands of times in a run; most of what
that takes is FastAPI's making of the same validators."""

from typing import Any

from fastapi._compat import v2
from pydantic import ConfigDict, TypeAdapter


def remember_validators() -> None:
    """Have FastAPI make each validator once in this process."""
    made: dict[Any, tuple[TypeAdapter[Any], Any]] = {}

    def once(type: Any, *, config: ConfigDict | None = None) -> TypeAdapter[Any]:
        key = (type.__origin__, repr(type.__metadata__), repr(config))
        if key not in made:
            # What it was made of is kept, too: a key that names an address shall not be met by something else there.
            made[key] = (TypeAdapter(type, config=config), type)
        return made[key][0]

    v2.TypeAdapter = once  # type: ignore[attr-defined,assignment]
