"""JSON Schemas of all bodies, made from the models."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from sanfu.contracts.registry import EVENTS, EventType

DIALECT = GenerateJsonSchema.schema_dialect

Schema = dict[str, Any]


def schema(event: EventType) -> Schema:
    """The schema of one type's body, whole by itself. A reader ignores what stands in a body beside it."""
    made = event.model.model_json_schema()
    return {"$schema": DIALECT, "$id": f"urn:sanfu:schema:{event.type}", **_without_discriminators(made)}


def shared_schemas() -> dict[str, Schema]:
    """The schemas of all bodies and of their parts, which refer to each other as an AsyncAPI document wants it."""
    models = [(event.model, "validation") for event in EVENTS]
    _, made = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    found: dict[str, Schema] = _without_discriminators(made["$defs"])
    return dict(sorted(found.items()))


def _without_discriminators(part: Any) -> Any:
    """Drop OpenAPI's `discriminator` objects: JSON Schema does not know them, and in AsyncAPI they are strings."""
    if isinstance(part, dict):
        return {
            key: _without_discriminators(value)
            for key, value in part.items()
            if not (key == "discriminator" and isinstance(value, dict) and "mapping" in value)
        }
    if isinstance(part, list):
        return [_without_discriminators(each) for each in part]
    return part
