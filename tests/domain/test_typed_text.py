"""One form of what people type: to store, compare, search and sort it by."""

import random

import pytest

from shared.domain.typed_text import (
    clean,
    fitting_codes,
    fold,
    loose_code,
    natural_order,
    normal_code,
    search_form,
    search_words,
)


@pytest.mark.parametrize(
    ("typed", "alike"),
    [
        ("Élodie Dupont", "elodie dupont"),
        ("José Núñez", "JOSE NUN\u0303EZ"),
        ("Asha\u00a0Rao", "asha rao"),
        ("Bela \u2003 Roy", "Bela Roy"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Straße", "STRASSE"),
        ("İbrahim Işık", "ibrahim isik"),
        ("Ёлкин", "елкин"),
        ("Άννα", "αννα"),
        ("\u200fمُحَمَّد\u200e", "محمد"),
        ("फ़ातिमा", "फातिमा"),
        ("Anne–Marie O’Brien", "anne-marie o'brien"),
        ("Asha\u200bRao\ufeff", "asharao"),
        ("Ａｓｈａ", "asha"),
        ("कक्षा ७", "कक्षा 7"),
    ],
)
def test_texts_that_a_person_reads_alike_fold_alike(typed, alike):
    assert fold(typed) == fold(alike)


@pytest.mark.parametrize(
    ("one", "other"),
    [("मीरा", "मेरा"), ("がく", "かく"), ("Asha", "Usha"), ("กา", "กี"), ("Anne Marie", "Annemarie")],
)
def test_what_is_another_name_stays_another(one, other):
    assert fold(one) != fold(other)


def test_the_stored_form_keeps_accents_and_the_joiners_that_scripts_need():
    assert clean("  José \u200b\u00a0 Núñez\u200f\n") == "José Núñez"
    assert clean("श्री\u200dमती") == "श्री\u200dमती"
    assert clean("می\u200cنا") == "می\u200cنا"
    assert clean("703\u200c") == "703"
    assert clean("e\u0301") == "é"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("१२", "12"),
        ("١٢", "12"),
        ("৭০১", "701"),
        ("co6\u2011007", "CO6-007"),
        ("24 – cs – 011", "24-CS-011"),
        ("\u200b７０１\u00a0", "701"),
        ("É1", "É1"),
        ("7−1", "7-1"),
    ],
)
def test_a_roll_id_is_stored_in_one_form(typed, stored):
    assert normal_code(typed) == stored


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("1", ["001"]),
        ("001", ["001"]),
        ("24cs011", ["24-CS-011"]),
        ("24-CS-11", ["24-CS-011"]),
        ("cs 11", ["24-CS-011", "2023/CS/011"]),
        ("014", ["2023/CS/014"]),
        ("011", ["24-CS-011", "2023/CS/011"]),
        ("9", []),
        ("", []),
        ("--", []),
    ],
)
def test_a_typed_code_fits_the_very_one_else_those_alike_else_those_that_end_so(typed, fits):
    assert fitting_codes(typed, ["001", "24-CS-011", "2023/CS/014", "2023/CS/011"]) == fits


def test_where_both_are_there_the_very_code_is_meant():
    assert fitting_codes("1", ["1", "001", "11"]) == ["1"]
    assert fitting_codes("01", ["1", "001"]) == ["1", "001"]


@pytest.mark.parametrize(
    ("typed", "codes", "fits"),
    [
        ("2", ["1", "3", "12"], []),
        ("0", ["9", "10"], []),
        ("12", ["112", "13"], []),
        ("42", ["15203A0042", "15203A0043", "15203A0142"], ["15203A0042"]),
        ("a42", ["15203A0042", "15203B0042"], ["15203A0042"]),
        ("42", ["202401041", "202401042"], ["202401042"]),
        ("२", ["2", "12"], ["2"]),
        ("9_1", ["91", "9-1"], ["9-1"]),
    ],
)
def test_an_ending_is_one_that_people_mean(typed, codes, fits):
    assert fitting_codes(typed, codes) == fits


def test_codes_sort_as_people_count():
    right = ["2", "9", "010", "12", "100", "A1", "A2", "A10", "B-7", "CO6-099", "CO6-100", "CO10-1"]
    shuffled = random.Random(7).sample(right, len(right))  # noqa: S311
    assert sorted(shuffled, key=natural_order) == right
    assert len(natural_order("7A" * 32)) <= 160
    assert len(natural_order("9" * 64)) == 66


def test_a_search_finds_every_word_in_any_order_and_the_code_without_its_separators():
    form = search_form("José Núñez", "24-CS-011")
    for typed in ("nunez", "Núñez  JOSÉ", "24cs11", "24-cs-011", "cs-011"):
        assert all(word in form for word in search_words(typed)), typed
    assert not all(word in form for word in search_words("jose rao"))
    assert search_words(" \u200b ") == []
    assert loose_code("24-CS-011") == "24CS11"
