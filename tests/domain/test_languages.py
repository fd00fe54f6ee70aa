"""Sentences that know no language, and how they are kept."""

from datetime import UTC, date, datetime

import pytest

from shared.domain.languages import Sentence, counted, joined, pack, phrase, unpack


def test_a_sentence_is_its_english_text():
    assert phrase("There is no class %(code)s.", code="CO6GA") == "There is no class CO6GA."


@pytest.mark.parametrize(("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows")])
def test_what_is_counted_has_the_form_of_its_number(number, said):
    assert counted("%(num)d row", "%(num)d rows", number) == said


def test_a_percent_sign_stands_for_itself_where_there_are_no_values():
    assert phrase("75 % of all lectures") == "75 % of all lectures"
    assert phrase("%(share)s %% of all", share=75) == "75 % of all"


def test_days_and_moments_are_written_out():
    assert phrase("on %(day)s", day=date(2026, 11, 3)) == "on 03 Nov 2026"
    assert phrase("at %(at)s", at=datetime(2026, 11, 3, 9, 5, tzinfo=UTC)) == "at 03 Nov 2026, 09:05"


def test_sentences_joined_are_still_sentences():
    both = joined([phrase("One."), "typed", counted("%(num)d row", "%(num)d rows", 2)])
    assert both == "One. typed 2 rows"
    assert isinstance(both, Sentence)
    assert isinstance(both.values["part0"], Sentence)


@pytest.mark.parametrize(
    "text",
    [
        "as it was typed",
        phrase("plain"),
        phrase("%(who)s: %(what)s", who="मीरा", what=counted("%(num)d row", "%(num)d rows", 3)),
        phrase("%(day)s and %(at)s", day=date(2026, 11, 3), at=datetime(2026, 11, 3, 9, 5, tzinfo=UTC)),
    ],
)
def test_what_is_packed_comes_back(text):
    again = unpack(pack(text))
    assert again == text
    assert type(again) is type(text)
    if isinstance(text, Sentence):
        assert (again.one, again.many, again.number) == (text.one, text.many, text.number)
        assert dict(again.values) == dict(text.values)


def test_nothing_else_is_unpacked():
    with pytest.raises(TypeError):
        unpack(["plain"])
