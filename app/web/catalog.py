"""`python -m app.web.catalog update`: gathers what the code says and brings the catalogues up to date.

Nothing is guessed: new texts come in empty, those that nobody says any more go. The tests fail while one is empty.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from app.core.settings import CHECKOUT
from app.web.api_reference.texts import described_texts
from app.web.main import create_app
from app.web.translations import catalogue_path

# Code that speaks to people, and how to read it.
SOURCES = {
    "app/**/*.py": "python",
    "worker/**/*.py": "python",
    "models_zoo/*.py": "python",
    "templates/**/*.html": "jinja2.ext:babel_extract",
}
OPTIONS = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "_counted": (1, 2)}
TRANSLATED = ("zh",)
LINE_WIDTH = 110
# Dates, versions and placeholders of the header, which would make every update a change.
VOLATILE = tuple(
    f'"{name}:'.encode()
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
HEADER = "# MNIST Benchmark. Brought up to date by: python -m app.web.catalog update"


def source_files() -> Iterator[tuple[Path, str]]:
    """All files that are read, with the way to read them, in a fixed order."""
    for pattern, method in SOURCES.items():
        for path in sorted(CHECKOUT.glob(pattern)):
            yield path, method


def gather() -> Catalog:
    """Everything that the code says, in English."""
    template = Catalog(project="MNIST Benchmark")
    for path, method in source_files():
        options = OPTIONS if path.suffix == ".html" else {}
        for _line, message, _comments, context in extract_from_file(method, path, KEYWORDS, options=options):
            template.add(message, locations=[(str(path.relative_to(CHECKOUT)), 0)], context=context)
    # What the page on the API says of operations stands in no mark of ours: it is what OpenAPI says.
    for text, operation in described_texts(create_app()):
        template.add(text, locations=[(f"openapi.json {operation}", 0)])
    return template


def update(language: str) -> list[str]:
    """Bring one catalogue up to date; returns what has no translation."""
    path = catalogue_path(language)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    catalogue.update(gather(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER
    catalogue.fuzzy = False
    text = io.BytesIO()
    write_po(text, catalogue, width=LINE_WIDTH, include_lineno=False, sort_by_file=True)
    path.write_bytes(b"".join(line for line in text.getvalue().splitlines(True) if not line.startswith(VOLATILE)))
    return [str(message.id) for message in catalogue if message.id and not is_complete(message.string)]


def is_complete(translation: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether all forms of a translation are there."""
    return all(translation) if isinstance(translation, tuple | list) else bool(translation)


def main() -> None:
    """Update all catalogues and name what is left to translate."""
    if sys.argv[1:] != ["update"]:
        sys.exit(__doc__)
    for language in TRANSLATED:
        missing = update(language)
        for text in missing:
            sys.stdout.write(f"{language}: not translated: {text}\n")
        sys.stdout.write(f"{language}: {len(missing)} to translate\n")


if __name__ == "__main__":
    main()
