"""Every language says every sentence, with the same values in it, and what is served is what is written."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shared import mail
from shared.domain.family_mail import LANGUAGES

MAIL_DIR = Path(mail.__file__).parent
CATALOGUES = sorted((MAIL_DIR / "translations").glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def test_every_language_the_office_offers_has_its_letters():
    assert {"en"} | {path.parts[-3] for path in CATALOGUES} == set(LANGUAGES)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_says_every_sentence_with_the_same_values(path):
    written = {message for _, _, message, _, _ in extract_from_dir(MAIL_DIR)}
    catalogue = read(path)
    told = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    assert told == written
    assert [errors for _, errors in catalogue.check()] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_the_written_one(path):
    compiled = BytesIO()
    write_mo(compiled, read(path))
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), "make translations"
