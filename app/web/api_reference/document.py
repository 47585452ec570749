"""The operations of an OpenAPI document as the page shows them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fastapi import FastAPI

from app.web.api.examples import example_of

Document = dict[str, Any]

PREFIX = "/api/v1"
TOKEN, PASSWORD, OPEN = "token", "password", ""
JSON = "application/json"
# What FastAPI writes where a route says nothing.
UNSAID = "Successful Response"
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<", "maxLength": "length ≤"}


@dataclass(frozen=True)
class Named:
    """A parameter, or a field of a body. `kind` and `limits` are in the words of JSON Schema."""

    name: str
    kind: str
    limits: str
    description: str
    is_required: bool
    place: str = ""
    example: Any = None


@dataclass(frozen=True)
class Body:
    """What is sent, as one kind of content. `new_fields`: those that the kinds before it do not have."""

    kind: str
    fields: tuple[Named, ...]
    new_fields: tuple[Named, ...]


@dataclass(frozen=True)
class Answer:
    """What comes back when all is well. `shown_at`: the operation whose example is the same, if one came before."""

    status: str
    description: str
    kind: str
    example: str
    shown_at: str = ""


@dataclass(frozen=True)
class Operation:
    """One thing that the API does. `access`: what must be sent; empty where everybody may."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    access: str
    parameters: tuple[Named, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]
    errors: tuple[str, ...]

    @property
    def short_path(self) -> str:
        """The path without what all begin with."""
        return self.path.removeprefix(PREFIX)


@lru_cache(maxsize=4)
def operations_of(app: FastAPI) -> tuple[Operation, ...]:
    """All operations, those of one tag together, in the order of the document."""
    reader = _Reader(app.openapi())
    found = list(reader.operations())
    tags = list(dict.fromkeys(operation.tag for operation in found))
    return tuple(sorted(found, key=lambda operation: tags.index(operation.tag)))


class _Reader:
    """Reads one document; knows which example was shown where."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.schemas = document["components"]["schemas"]
        self.shown: dict[str, str] = {}

    def operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            if path.startswith(f"{PREFIX}/"):
                for method, told in methods.items():
                    yield self._operation(path, method.upper(), told)

    def _operation(self, path: str, method: str, told: Document) -> Operation:
        name = told["operationId"]
        answers = {status: self._resolved(answer) for status, answer in told["responses"].items()}
        return Operation(
            id=name,
            method=method,
            path=path,
            tag=told["tags"][0],
            summary=told["summary"],
            description=" ".join(told.get("description", "").split()),
            access=_access(told.get("security", [])),
            parameters=tuple(self._parameters(told)),
            bodies=tuple(self._bodies(told)),
            answers=tuple(self._answer(name, *each) for each in answers.items() if each[0] < "400"),
            errors=tuple(status for status in answers if status >= "400"),
        )

    def _resolved(self, part: Document) -> Document:
        found: Any = part
        while "$ref" in found:
            target: Any = self.document
            for step in found["$ref"].split("/")[1:]:
                target = target[step]
            found = target
        return dict(found)

    def _parameters(self, told: Document) -> Iterator[Named]:
        """Its own: what all reads or all writes take is said once."""
        for each in told.get("parameters", []):
            if "$ref" not in each:
                yield self._named(each["name"], each["schema"], each, each.get("required", False), each["in"])

    def _bodies(self, told: Document) -> Iterator[Body]:
        said: set[str] = set()
        for kind, content in told.get("requestBody", {}).get("content", {}).items():
            schema = self._resolved(content["schema"])
            required = schema.get("required", [])
            fields = tuple(
                self._named(name, field, field, name in required)
                for name, field in schema.get("properties", {}).items()
            )
            yield Body(kind, fields, tuple(each for each in fields if each.name not in said))
            said |= {each.name for each in fields}

    def _named(self, name: str, schema: Document, told: Document, is_required: bool, place: str = "") -> Named:
        given = told.get("example")
        example = example_of(schema, self.schemas, name) if given is None else given
        description = told.get("description") or schema.get("description") or ""
        return Named(name, self._kind(schema), self._limits(schema), description, is_required, place, example)

    def _answer(self, operation: str, status: str, answer: Document) -> Answer:
        contents: Document = answer.get("content", {})
        kind = next(iter(contents), "")
        content: Document = contents.get(kind, {})
        example = content.get("example")
        text = example if isinstance(example, str) else _pretty(example) if example is not None else ""
        first = self.shown.setdefault(text, operation) if text else operation
        words = "" if answer["description"] == UNSAID else answer["description"]
        return Answer(status, words, kind, text if first == operation else "", _other(first, operation))

    def _kind(self, schema: Document) -> str:
        if "$ref" in schema:
            return self._kind(self._resolved(schema))
        if "enum" in schema:
            return " | ".join(map(str, schema["enum"]))
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self._kind(each) for each in schema["anyOf"]))
        if schema.get("type") == "array":
            return f"[{self._kind(schema.get('items', {}))}]"
        return str(schema.get("format") or schema.get("type") or schema.get("const", "any"))

    def _limits(self, schema: Document) -> str:
        choices = [schema, *schema.get("anyOf", [])]
        said = [f"{sign} {each[word]}" for each in choices for word, sign in LIMITS.items() if word in each]
        if schema.get("default") not in (None, "", [], {}):
            said.append(f"= {json.dumps(schema['default'], ensure_ascii=False)}")
        return ", ".join(said)


def _other(first: str, operation: str) -> str:
    return "" if first == operation else first


def _access(security: list[Document]) -> str:
    if not security or {} in security:
        return OPEN
    return TOKEN if any("token" in way for way in security) else PASSWORD


def _pretty(example: Any) -> str:
    """JSON for people: short things on one line."""
    if isinstance(example, dict) and example:
        inner = ",\n".join(f"{json.dumps(name)}: {_pretty(value)}" for name, value in example.items())
        one_line = json.dumps(example, ensure_ascii=False)
        return one_line if len(one_line) <= 80 else "{\n" + _indented(inner) + "\n}"
    if isinstance(example, list) and example:
        inner = ",\n".join(_pretty(each) for each in example)
        return f"[{inner}]" if "\n" not in inner else "[\n" + _indented(inner) + "\n]"
    return json.dumps(example, ensure_ascii=False)


def _indented(text: str) -> str:
    return "\n".join(f" {line}" for line in text.splitlines())
