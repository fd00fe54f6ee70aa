"""Whose a photo is by its path: a student where every reading agrees, else a question, never a guess."""

import unicodedata

import pytest

from shared.domain.photo_owners import Named, PhotoOwners

NAMES = {1: "Bela Roy", 2: "José Núñez", 4: "Ravi Patil", 8: "आशा राव", 9: "Asha Rao", 10: "Meera Iyer"}


def class_of(*pupils, **other):
    """A class; students go by their roll ids."""
    owners = PhotoOwners([Named(at, *each) for at, each in enumerate(pupils)], **other)

    def read(path):
        owner = owners.read(path)
        likely = [pupils[at][0] for at in owner.likely]
        return (pupils[owner.student_id][0] if owner.student_id is not None else None), owner.sentence, likely

    return read


@pytest.fixture(scope="module")
def twelve():
    return class_of(
        *((str(each), NAMES.get(each, f"Student {each:02d}")) for each in range(1, 13)),
        other_classes=["CO6GB", "5"],
    )


@pytest.fixture(scope="module")
def mixed():
    return class_of(
        ("2023/CS/014", "Pupil One"),
        ("007", "Pupil Two"),
        ("S15", "Pupil Five"),
        ("15203A0042", "Meera Iyer"),
        ("15203A0043", "Asha Rao"),
        ("15203A0044", "Asha Rao"),
        ("91", "O’Neil D. Souza"),
    )


@pytest.mark.parametrize(
    ("path", "roll_id"),
    [
        ("9-Asha Rao/1.jpg", "9"),
        ("9-Asha Rao/12.jpg", "9"),
        ("Asha Rao (9)/IMG_0001.jpg", "9"),
        ("photos/9_1.jpg", "9"),
        ("9 (2).jpg", "9"),
        ("09.jpg", "9"),
        ("Roll 9.jpg", "9"),
        ("Roll No. 9.JPG", "9"),
        ("roll9_2.jpeg", "9"),
        ("९.jpg", "9"),
        ("٩_1.jpg", "9"),
        ("Asha Rao.jpg", "9"),
        ("rao  asha.jpg", "9"),
        ("Asha Rao_9.jpg", "9"),
        ("आशा राव.jpg", "8"),
        ("8 आशा राव/1.jpg", "8"),
        ("Jose Nunez.jpg", "2"),
        (unicodedata.normalize("NFD", "José Núñez/front.jpg"), "2"),
        ("Class 10/9.jpg", "9"),
        ("CO6GA/9.jpg", "9"),
        ("10/10.jpg", "10"),
        ("9/IMG_0002.jpg", "9"),
        ("9/20261110_101112.jpg", "9"),
        ("9/WhatsApp Image 2026-11-11 at 10.11.12.jpg", "9"),
        ("9/99.jpg", "9"),
        ("9/Asha Rao.jpg", "9"),
        ("9 Asha.jpg", "9"),
        ("9.front.jpg", "9"),
        ("C:\\photos\\9\\front.jpg", "9"),
        ("../../9.jpg", "9"),
        ("Batch 2/9.jpg", "9"),
        ("AshaRao.jpg", "9"),
        ("9_AshaRao/IMG_0001.jpg", "9"),
        ("rao-asha.jpg", "9"),
        ("RAOASHA/photo.jpg", "9"),
        ("Photos (2)/9.jpg", "9"),
    ],
)
def test_where_every_reading_agrees_it_is_that_students(twelve, path, roll_id):
    assert twelve(path) == (roll_id, "", [])


@pytest.mark.parametrize(
    ("path", "likely", "words"),
    [
        ("10/9.jpg", ["9", "10"], "“10” and “9” do not mean the same student"),
        ("CO6GA/9/2.jpg", ["2", "9"], "“9” and “2” do not mean the same student"),
        ("10/9-Asha Rao.jpg", ["9", "10"], "do not mean the same student"),
        ("10/9-Asha Rao/1.jpg", ["9", "10"], "do not mean the same student"),
        ("4-Asha Rao/1.jpg", ["9", "4", "1"], "Roll id and name in “4-Asha Rao” are not of the same student"),
        ("4/Asha Rao.jpg", ["9", "4"], "do not mean the same student"),
        ("4/Asha.jpg", ["4", "9"], "is not the name of Ravi Patil"),
        ("9-Neha Verma.jpg", ["9"], "another name"),
        ("9-Neha Verma/2.jpg", ["9", "2"], "do not mean the same student"),
        ("9 Asha Verma/x.jpg", ["9"], "another name"),
        ("99-Asha Rao.jpg", ["9"], "“99” is not a roll id of this class"),
        ("9_99.jpg", ["9"], "“99” is not a roll id of this class"),
        ("Asha Rao/1.jpg", ["9", "1"], "do not mean the same student"),
        ("Asha Rao_1.jpg", ["9", "1"], "not of the same student"),
        ("9-1.jpg", ["1", "9"], "several roll ids"),
        ("10-9.jpg", ["9", "10"], "several roll ids"),
        ("CO6GB/9.jpg", ["9"], "like another class"),
        ("Asha.jpg", ["9"], "names nobody for certain"),
        ("IMG_9.jpg", ["9"], "names nobody for certain"),
        ("9A.jpg", ["9"], "names nobody for certain"),
        ("R9.jpg", ["9"], "names nobody for certain"),
        ("Photos of 10/9.jpg", ["10", "9"], "“Photos of 10” and “9” do not mean the same student"),
        ("AshaRao/1.jpg", ["9", "1"], "do not mean the same student"),
        ("4 AshaRao.jpg", ["9", "4"], "not of the same student"),
    ],
)
def test_a_contradiction_is_a_question_with_the_likely_students(twelve, path, likely, words):
    roll_id, sentence, asked = twelve(path)
    assert (roll_id, asked) == (None, likely)
    assert words in sentence


@pytest.mark.parametrize("path", ["nobody.jpg", "A99.jpg", "911.jpg", "", "///", ".jpg", "DSC.jpg"])
def test_a_path_that_names_nobody_has_no_likely_student(twelve, path):
    assert twelve(path) == (None, "No student of this class is named by this path.", [])


def test_a_class_called_like_a_roll_id_is_still_a_contradiction(twelve):
    assert twelve("5/9.jpg")[0] is None


@pytest.mark.parametrize(
    ("path", "roll_id"),
    [
        ("2023-CS-014.jpg", "2023/CS/014"),
        ("2023_cs_014_2.jpg", "2023/CS/014"),
        ("2023CS014.jpg", "2023/CS/014"),
        ("class/2023/CS/014.jpg", "2023/CS/014"),
        ("class/2023/CS/014_2.jpg", "2023/CS/014"),
        ("2023/CS/014 (2).jpg", "2023/CS/014"),
        ("2023/CS/014/1.jpg", "2023/CS/014"),
        ("7.jpg", "007"),
        ("0007_1.jpg", "007"),
        ("Pupil Five S15.jpg", "S15"),
        ("s-15 (3).jpg", "S15"),
        ("15203A0042_1.jpg", "15203A0042"),
        ("15203a0042/second.jpg", "15203A0042"),
        ("15203A0042/1.jpg", "15203A0042"),
        ("15203A0042_friend.jpg", "15203A0042"),
        ("15203A0043-Asha Rao.jpg", "15203A0043"),
        ("ONeil D Souza.jpg", "91"),
    ],
)
def test_what_a_file_name_cannot_hold_and_what_people_leave_away_makes_no_other_roll_id(mixed, path, roll_id):
    assert mixed(path) == (roll_id, "", [])


@pytest.mark.parametrize(
    ("path", "likely", "words"),
    [
        ("Asha Rao.jpg", ["15203A0043", "15203A0044"], "2 students of this class are called Asha Rao"),
        ("15203A0042-Asha Rao.jpg", ["15203A0043", "15203A0044", "15203A0042"], "not of the same student"),
        ("15203A0099-Meera Iyer.jpg", ["15203A0042"], "“15203A0099” is not a roll id of this class"),
        ("42.jpg", ["15203A0042"], "names nobody for certain"),
        ("014.jpg", ["2023/CS/014"], "names nobody for certain"),
        ("9_1.jpg", [], "No student"),
    ],
)
def test_an_ending_or_one_name_of_two_students_is_a_question(mixed, path, likely, words):
    roll_id, sentence, asked = mixed(path)
    assert (roll_id, asked) == (None, likely)
    assert words in sentence


@pytest.mark.parametrize(
    ("path", "roll_id"),
    [
        ("20240115.jpg", "20240115"),
        ("20240115_2.jpg", "20240115"),
        ("20240115/IMG_0001.jpg", "20240115"),
        ("2024-01-16.jpg", "2024-01-16"),
        ("20240115 Asha Rao.jpg", "20240115"),
        ("20240120 Asha Rao.jpg", "20240115"),  # nobody's: a day
        ("IMG_20240115.jpg", None),
        ("IMG_20240115_101530.jpg", None),
        ("20240115_101530.jpg", None),
        ("WhatsApp Image 2024-01-16 at 10.15.32.jpeg", None),
        ("20240115/20240117.jpg", None),
    ],
)
def test_a_roll_id_that_looks_like_a_day_is_one_unless_a_camera_wrote_it(path, roll_id):
    read = class_of(("20240115", "Asha Rao"), ("2024-01-16", "Bela Roy"), ("20240117", "Chen Li"))
    assert read(path)[0] == roll_id


def test_a_roll_id_with_its_own_name_and_another_students_is_a_question(mixed):
    """As a form adds the name of who uploaded to the name of the file."""
    path = "15203A0042_Meera Iyer - Asha Rao.jpg"
    assert mixed(path)[:2] == (None, "“15203A0042_Meera Iyer - Asha Rao” may mean several students.")
    assert mixed("15203A0043 Asha Rao.jpg")[0] == "15203A0043"  # her namesake is no other name


def test_zeros_count_where_two_roll_ids_differ_by_them_alone():
    read = class_of(("7", "Asha Rao"), ("007", "Bela Roy"))
    assert read("7.jpg")[0] == "7"
    assert read("007.jpg")[0] == "007"
    assert read("07.jpg")[::2] == (None, ["7", "007"])
    assert read("07 Bela Roy.jpg")[0] == "007"


def test_a_name_within_a_longer_one_is_the_longer_ones():
    read = class_of(("1", "Asha Rao"), ("2", "Asha Kumari Rao"), ("3", "Asha"))
    assert read("Asha Kumari Rao.jpg")[0] == "2"
    assert read("Asha Rao.jpg")[0] == "1"
    assert read("Asha.jpg")[0] == "3"
    assert read("Asha Verma.jpg")[0] is None


def test_a_path_of_any_length_is_read_in_no_time(twelve):
    for path in ("1_" * 30_000 + ".jpg", "a/" * 30_000 + "9.jpg", "9" * 60_000, "(" * 60_000):
        twelve(path)
