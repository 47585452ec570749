"""Sentences for people: written in English where they arise, translated where they are shown."""

from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the name by which gettext tools find texts that are translated later
    """Mark a text for translation without translating it."""
    return text


@dataclass(frozen=True)
class Sentence:
    """An English text with `%(name)s` places and what goes there.

    It stays apart from its values so that it can be stored with a run and shown in the reader's language.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def as_json(self) -> dict[str, Any]:
        """What the database keeps."""
        return {"text": self.text, "values": self.values}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Sentence":
        """The inverse of `as_json`."""
        return cls(stored["text"], stored["values"])
