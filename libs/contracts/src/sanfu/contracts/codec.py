"""Event bodies to bytes and back: both directions validate against the type's model."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import PydanticSerializationError

from sanfu.contracts.envelope import MAX_BODY

Model = type[BaseModel]


class BadBody(ValueError):
    """A body that its type does not allow; the message names the first field at fault, and never quotes its value."""


class Codec:
    """Knows the bodies of some types of event. Raises BadBody for a body, KeyError for a type it does not know."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._read: dict[str, Callable[..., BaseModel]] = {}
        self._check: dict[str, Callable[..., BaseModel]] = {}
        self._write: dict[str, Callable[..., bytes]] = {}
        for type, model in models.items():
            self._read[type] = model.__pydantic_validator__.validate_json
            self._check[type] = model.__pydantic_validator__.validate_python
            self._write[type] = model.__pydantic_serializer__.to_json
        self._plain = _Plain()

    def knows(self, type: str) -> bool:
        return type in self._read

    def decode(self, type: str, body: bytes) -> dict[str, Any]:
        """Read a body: absent fields get their defaults, unknown ones are dropped. At most MAX_BODY bytes."""
        _measure(type, body)
        try:
            return self._plain(self._read[type](body))
        except ValidationError as error:
            raise _bad(type, error) from None

    def encode(self, type: str, data: Mapping[str, Any]) -> bytes:
        """Write a body, with its defaults. A field that the type does not have is refused: it would be lost."""
        try:
            body = self._write[type](self._check[type](data, extra="forbid"))
        except ValidationError as error:
            raise _bad(type, error) from None
        except PydanticSerializationError as error:
            raise BadBody(f"{type}: {error}") from None
        _measure(type, body)
        return body


class _Plain:
    """Takes a model that nobody else holds apart into plain dicts: four times as fast as dumping it."""

    def __init__(self) -> None:
        self._nested: dict[Model, tuple[str, ...]] = {}

    def __call__(self, model: BaseModel) -> dict[str, Any]:
        if isinstance(model, RootModel):
            return self(model.root)
        kind = type(model)
        nested = self._nested.get(kind)
        if nested is None:
            nested = self._nested[kind] = tuple(n for n, f in kind.model_fields.items() if _holds_model(f.annotation))
        data = model.__dict__
        for name in nested:
            data[name] = self._part(data[name])
        return data

    def _part(self, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return self(value)
        if isinstance(value, list):
            return [self._part(each) for each in value]
        if isinstance(value, dict):
            return {key: self._part(each) for key, each in value.items()}
        return value


def _holds_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds_model(part) for part in get_args(annotation))


def _measure(type: str, body: bytes) -> None:
    if len(body) > MAX_BODY:
        raise BadBody(f"{type}: body has {len(body)} bytes, at most {MAX_BODY} are allowed")


def _bad(type: str, error: ValidationError) -> BadBody:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return BadBody(f"{type}: {field}: {first['msg']}")
