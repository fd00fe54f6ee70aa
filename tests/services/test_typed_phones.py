"""Phone numbers as people and spreadsheets write them."""

import pytest

from shared.errors import InvalidInput, SettingsError
from shared.services.typed_phones import checked_phones, read_phones

ONE, TWO = "+919876543210", "+919876543211"


@pytest.mark.parametrize(
    "text",
    [
        *("9876543210", "98765 43210", "09876543210", "+91 98765-43210", "919876543210", "00919876543210"),
        *("९८७६५४३२१०", "9876543210 (mother)", "Mother: 98765 43210", "tel:+919876543210", "9876543210.0"),
        *(
            "9.876543210E+09",
            "9,19876543210E+11",
            "https://wa.me/919876543210",
            "\u202a+91 98765 43210\u202c",
        ),
        "９８７６５４３２１０",
    ],
)
def test_one_number_is_read_however_it_is_written(text):
    assert read_phones([text], "IN") == read_phones([ONE], "IN")
    assert read_phones([text], "IN").numbers == (ONE,)


@pytest.mark.parametrize(
    "text",
    [
        *("9876543210, 9876543211", "9876543210/9876543211", "98765 43210 / 98765 43211"),
        *("9876543210; 9876543211; 09876543210", "9876543210\n9876543211", "9876543210 & 9876543211"),
        *(
            "9876543210 and 9876543211",
            "father 9876543210, mother 9876543211",
            "9876543210 | nil | 9876543211",
        ),
    ],
)
def test_several_numbers_of_a_cell_are_several_and_each_is_there_once(text):
    found = read_phones([text], "IN")
    assert (found.numbers, found.unused) == ((ONE, TWO), ())


def test_cells_of_a_family_are_put_together_once():
    assert read_phones(["9876543210", "", "-", "+91 98765 43210", "9876543211"], "IN").numbers == (ONE, TWO)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0151/23456789", "DE", "+4915123456789"),
        ("15123456789", "DE", "+4915123456789"),  # the zero is gone
        ("0612345678", "FR", "+33612345678"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("+44 7400 123456", "IN", "+447400123456"),
    ],
)
def test_each_country_has_its_own_rules(text, country, number):
    found = read_phones([text], country)
    assert (found.numbers, found.unused, found.guessed) == ((number,), (), ())


def test_a_lost_plus_is_put_back_and_said():
    found = read_phones(["4915123456789"], "IN")
    assert found.numbers == ("+4915123456789",)
    assert found.guessed == (
        "“4915123456789” was read as +4915123456789, with the + that a spreadsheet takes away.",
    )


@pytest.mark.parametrize("text", ["", " ", "-", "nil", "N/A", "0", "none"])
def test_nothing_is_nothing(text):
    assert read_phones([text], "IN") == read_phones([], "IN")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("12345", "“12345” is not a phone number."),
        ("ask the office", "“ask the office” is not a phone number."),
        ("9999999999", "“9999999999” is not a phone number."),
        ("2026-11-23", "“2026-11-23” is not a phone number."),
        (
            "9.87654E+09",
            "“9.87654E+09” is a phone number that the spreadsheet shortened; format the column as text "
            "and type the number again.",
        ),
    ],
)
def test_what_is_none_is_said_and_not_used(text, sentence):
    found = read_phones([text], "IN")
    assert (found.numbers, found.unused) == ((), (sentence,))


def test_one_bad_number_does_not_take_the_good_one_along():
    found = read_phones(["9876543210, 12345"], "IN")
    assert found.numbers == (ONE,)
    assert found.unused == ("“12345” is not a phone number.",)


@pytest.mark.parametrize(
    ("zone", "typed", "country"),
    [("Asia/Kolkata", "", "IN"), ("Europe/Berlin", "", "DE"), ("UTC", "", ""), ("UTC", " fr ", "FR")],
)
def test_the_country_is_that_of_the_time_zone_unless_it_is_set(make_settings, zone, typed, country):
    settings = make_settings("sqlite://", TIME_ZONE=zone, PHONE_COUNTRY=typed)
    assert settings.phone_country == country


def test_a_country_that_is_none_is_refused(make_settings):
    with pytest.raises(SettingsError, match="PHONE_COUNTRY"):
        make_settings("sqlite://", PHONE_COUNTRY="XX")


def test_without_a_country_a_number_must_name_its_own():
    found = read_phones(["9876543210, +919876543211"], "")
    assert found.numbers == (TWO,)
    assert found.unused == ("“9876543210” does not begin with + and a country's number.",)


def test_more_numbers_than_there_is_room_for_are_named():
    found = read_phones([f"987654321{end}" for end in range(6)], "IN")
    assert len(found.numbers) == 4
    assert found.unused == (
        "There is room for 4 phone numbers, and none for +919876543214.",
        "There is room for 4 phone numbers, and none for +919876543215.",
    )


def test_typed_numbers_are_stored_as_one_line_or_refused_at_the_field():
    assert checked_phones(" 98765 43210, 09876543211 ", "IN") == f"{ONE} {TWO}"
    assert checked_phones("", "IN") == ""
    with pytest.raises(InvalidInput) as refused:
        checked_phones("9876543210, 12", "IN")
    assert (str(refused.value), refused.value.field) == ("“12” is not a phone number.", "phones")
    with pytest.raises(InvalidInput):
        checked_phones("9" * 400, "IN")


def test_stored_numbers_are_read_again_as_they_are():
    assert checked_phones(f"{ONE} {TWO}", "IN") == f"{ONE} {TWO}"
    assert checked_phones(f"{ONE} {TWO}", "") == f"{ONE} {TWO}"
