"""Every language says every sentence, with the same values in it, and what is served is what is written."""

from io import BytesIO

import pytest
from babel.messages.mofile import write_mo

from shared.domain.languages import LANGUAGES
from shared.translations import extraction

CATALOGUES = [(language, name) for language in LANGUAGES if language != "en" for name in extraction.METHODS]


def test_every_language_that_is_offered_has_its_catalogues():
    assert {"en", *extraction.languages()} == set(LANGUAGES)


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_a_catalogue_says_every_sentence_and_no_other(language, name):
    assert sorted(extraction.missing(language, name)) == []
    written = {message.id for message in extraction.extract(name)}
    assert {message.id for message in extraction.read(language, name)} <= written


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_a_catalogue_puts_the_same_values_into_its_sentences(language, name):
    assert [errors for _, errors in extraction.read(language, name).check()] == []


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_the_compiled_catalogue_is_the_written_one(language, name):
    compiled = BytesIO()
    write_mo(compiled, extraction.read(language, name))
    served = extraction.path_of(language, name).with_suffix(".mo")
    assert served.read_bytes() == compiled.getvalue(), "make translations"
