"""Finds every sentence that people read, and brings the catalogues up to date: `make translations`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from shared.translations import TRANSLATIONS_DIR

PROJECT_DIR = TRANSLATIONS_DIR.parents[1]
ROOMS = ("admin_site", "shared", "teacher_site")
# Catalogue, and how the files are read whose sentences it holds.
METHODS = {
    "messages": [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")],
    "scripts": [("**/static/**.js", "javascript")],
}
_OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "phrase": None,
    "counted": (1, 2),
}


def extract(catalogue: str) -> Catalog:
    """Return every sentence of one of the two catalogues, without translations."""
    found = Catalog(fuzzy=False)
    for room in ROOMS:
        for _, _, message, comments, context in extract_from_dir(
            PROJECT_DIR / room, METHODS[catalogue], _OPTIONS, _KEYWORDS, ("Translators:",)
        ):
            found.add(message, auto_comments=comments, context=context)
    return found


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return sorted(path.parent.name for path in TRANSLATIONS_DIR.glob("*/LC_MESSAGES"))


def path_of(language: str, catalogue: str) -> Path:
    """Return where a catalogue is written; what is served is its `.mo` beside it."""
    return TRANSLATIONS_DIR / language / "LC_MESSAGES" / f"{catalogue}.po"


def read(language: str, catalogue: str) -> Catalog:
    """Return a catalogue; an empty one of a language that begins."""
    path = path_of(language, catalogue)
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(language: str, catalogue: str) -> Iterator[str]:
    """Yield what a language does not say yet."""
    said = read(language, catalogue)
    for message in extract(catalogue):
        known = said.get(message.id) if message.id else None
        if message.id and (known is None or known.fuzzy or not all(_forms(known.string))):
            yield message.id if isinstance(message.id, str) else message.id[0]


def _forms(told: object) -> tuple[str, ...]:
    return tuple(told) if isinstance(told, list | tuple) else (str(told),)


def main(new: str | None = None) -> None:
    """Update and compile every catalogue, and say what is not translated yet."""
    for language in sorted({*languages(), *([new] if new else [])}):
        for catalogue in METHODS:
            said = read(language, catalogue)
            said.update(extract(catalogue), no_fuzzy_matching=True, update_creation_date=False)
            said.obsolete.clear()
            path = path_of(language, catalogue)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, said, width=120, no_location=True, sort_output=True)
            with path.with_suffix(".mo").open("wb") as file:
                write_mo(file, said)
            print(f"{language} {catalogue}: {sum(1 for _ in missing(language, catalogue))} missing")


if __name__ == "__main__":
    main(*sys.argv[1:2])
