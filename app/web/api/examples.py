"""Examples of what is sent and answered, put together from the examples of the fields.

A field says its own with `Field(examples=…)`; where it says none, its name tells: one word means one thing here.
"""

from typing import Any

from app.web.api.example_values import BY_FORMAT, BY_NAME, MOMENT

Schema = dict[str, Any]

# Deep enough for all bodies; a schema that holds itself ends here.
DEPTH_MAXIMUM = 12


def example_of(schema: Schema, components: Schema, name: str = "", depth: int = 0) -> Any:
    """A value of this schema; `name`: of the field that holds it."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components, name, depth)
    given, value = _given(schema)
    if given:
        return value
    if depth > DEPTH_MAXIMUM:
        return None
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return _of_choice(schema[choice], components, name, depth)
    if schema.get("type") == "object":
        return _of_object(schema, components, depth)
    if schema.get("type") == "array":
        return _of_array(schema, components, name, depth)
    return _of_value(schema, name)


def _given(schema: Schema) -> tuple[bool, Any]:
    """What the schema says itself."""
    if schema.get("examples"):
        return True, schema["examples"][0]
    for word in ("example", "const"):
        if word in schema:
            return True, schema[word]
    if "enum" in schema:
        return True, schema["enum"][0]
    is_telling = schema.get("default") not in (None, "", [], {})
    return is_telling, schema.get("default")


def _of_choice(choices: list[Schema], components: Schema, name: str, depth: int) -> Any:
    """The first that is not null: that something can be missing is said by the schema. `next` is null at the end."""
    if name in BY_NAME and BY_NAME[name] is None:
        return None
    chosen = next((choice for choice in choices if choice.get("type") != "null"), {"type": "null"})
    # What has not happened: not withdrawn, not edited, not refunded.
    if chosen.get("format") == "date-time":
        return None if len(choices) > 1 else MOMENT
    return example_of(chosen, components, name, depth + 1)


def _of_object(schema: Schema, components: Schema, depth: int) -> dict[str, Any]:
    fields = schema.get("properties", {})
    if fields:
        return {name: example_of(field, components, name, depth + 1) for name, field in fields.items()}
    of_values = schema.get("additionalProperties")
    if not isinstance(of_values, dict) or not of_values:
        return {}
    return {"name": example_of(of_values, components, "", depth + 1)}


def _of_array(schema: Schema, components: Schema, name: str, depth: int) -> list[Any]:
    singular = name.removesuffix("s")
    if "prefixItems" in schema:
        return [example_of(each, components, singular, depth + 1) for each in schema["prefixItems"]]
    each = example_of(schema.get("items", {}), components, singular, depth + 1)
    return [each] * max(1, schema.get("minItems", 1))


def _of_value(schema: Schema, name: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        return BY_FORMAT.get(schema.get("format", "")) or _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, name)
    return {"boolean": False, "null": None}.get(str(kind), BY_NAME.get(name))


def _text(schema: Schema, name: str) -> str:
    told = BY_NAME.get(name)
    text = told if isinstance(told, str) else name.replace("_", " ") or "a text"
    return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]


def _number(schema: Schema, name: str) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    told = BY_NAME.get(name)
    is_fitting = isinstance(told, int | float) and least <= told <= schema.get("maximum", told)
    value: int | float = told if is_fitting and told is not None else least
    return int(value) if schema["type"] == "integer" else value
