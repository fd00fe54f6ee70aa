"""The page that asks whose a photo of a zip is, with its picture and the likely students."""

import json
import re
from io import BytesIO

import pytest

from admin_site import create_app
from shared.jobs.worker import run_job
from tests.support.office import add_student, agree, photo_of, zip_of


@pytest.fixture
def asked(desk, office):
    """A class with 9 and 10, and the page after a zip with a contradiction in two folders was read."""
    office.asha = add_student(office.toolbox, office, "Asha Rao", "9")
    office.bela = add_student(office.toolbox, office, "Bela Roy", "10")
    agree(office.toolbox, office, office.asha, office.bela)
    desk.open(f"/classes/{office.class_id}/photos")
    files = {
        "9/10.jpg": photo_of("meera"),
        "9/10 (2).jpg": photo_of("meera", 1),
        "10/9.jpg": photo_of("ravi"),
    }
    zipped = zip_of(files)
    zipped.seek(0)
    desk.fill("Send and enrol", file=(zipped, "class.zip"))
    return read(desk, office)


def read(desk, office):
    run_job(office.toolbox, office.queue.started[-1])
    desk.open(f"/classes/{office.class_id}/photos")
    return desk.page


def names_of(page, words):
    """The fields whose label says the words, as (name, value)."""
    labels = [
        each["for"] for each in page.select("#answers label") if each.get_text(" ", strip=True) == words
    ]
    fields = [page.find(id=each) for each in labels]
    return [(field["name"], field["value"]) for field in fields]


def test_each_question_has_its_picture_and_the_likely_students_to_choose_from(desk, office, asked):
    assert "3 photos wait for you to say whose" in desk.told()
    assert asked.select_one(".verdict")["data-mood"] == "open"
    pictures = [each["src"] for each in asked.select("#answers img")]
    assert len(pictures) == 3
    answer = desk.client.get(pictures[0], base_url="https://localhost")
    assert (answer.mimetype, answer.data[:2]) == ("image/jpeg", b"\xff\xd8")
    assert "no-store" in answer.headers["Cache-Control"]
    assert len(names_of(asked, "9 Asha Rao")) == 4  # one for each photo, one for the folder 9
    assert all(each.get("alt") for each in asked.select("#answers img"))
    others = [
        each.get_text().split()[0]
        for each in asked.select_one("#answers select").select("option[value]:not([value=''])")
    ]
    assert others == ["9", "10", "15203A0042", "15203A0043"]  # as people count


def test_one_answer_files_a_folder_and_the_rest_goes_on_waiting(desk, office, asked):
    folder = next(each for each in names_of(asked, "9 Asha Rao") if each[0].startswith("folder"))
    desk.fill("Save the answers", **dict([folder]))
    page = read(desk, office)
    assert "1 photo waits for you to say whose" in desk.told()
    assert [each.get_text(strip=True) for each in page.select("#answers legend")] == ["10/9.jpg"]
    used = page.find(string=lambda text: text and text.startswith("Used"))
    assert "2 files" in used


def test_another_student_or_nobody_may_be_chosen_and_without_an_answer_nothing_happens(desk, office, asked):
    desk.fill("Save the answers")
    assert "Nothing was chosen yet." in desk.told()
    first, second, third = (name for name, _ in names_of(desk.page, "Nobody of this class: delete the photo"))
    number = first.removeprefix("whose-")
    desk.fill(
        "Save the answers",
        **{first: "another", f"another-{number}": str(office.asha), second: "nobody", third: "nobody"},
    )
    page = read(desk, office)
    assert page.select("#answers") == []
    assert page.select_one(".verdict")["data-mood"] == "good"
    assert page.get_text().count("of nobody in this class") == 2
    assert "9 Asha Rao" in page.get_text()


def test_the_command_says_of_each_entry_whose_it_is_or_asks(office, tmp_path):
    add_student(office.toolbox, office, "Asha Rao", "9")
    add_student(office.toolbox, office, "Bela Roy", "10")
    (tmp_path / "photos.zip").write_bytes(
        zip_of({"10/9.jpg": photo_of("ravi"), "9 (2).jpg": photo_of("ravi")}).getvalue()
    )
    run = create_app(toolbox=office.toolbox).test_cli_runner().invoke
    out = tmp_path / "out.json"
    told = run(
        args=["photos", "preview", str(tmp_path / "photos.zip"), "--class", "CO6GA", "--json", str(out)]
    )
    assert told.exit_code == 0, told.output
    assert "9 (2).jpg: 9 Asha Rao" in told.output
    first, second = json.loads(out.read_text())["entries"]
    assert (first["file"], first["student"]) == ("10/9.jpg", None)
    assert [each["roll_id"] for each in first["question"]["likely"]] == ["9", "10"]
    assert second["student"] == {"roll_id": "9", "name": "Asha Rao"}
    refused = run(args=["photos", "preview", str(tmp_path / "photos.zip"), "--class", "NONE"])
    assert refused.exit_code == 1
    assert "There is no class NONE" in refused.output


def test_a_reader_of_hindi_is_told_in_hindi_why_a_photo_is_not_used_and_what_is_asked(desk, office, asked):
    desk.ask("/language", language="hi")
    add_student(office.toolbox, office, "Noor Shah", "12")  # without consent
    files = {
        "12.jpg": photo_of("meera"),
        "nobody.jpg": photo_of("meera"),
        "9.jpg": b"no photo",
        "9_2.jpg": b"damaged in the zip",
        "10/9.jpg": photo_of("ravi"),
    }
    content = zip_of(files).getvalue().replace(b"damaged in the zip", b"altered in the zip")
    desk.open(f"/classes/{office.class_id}/photos")
    desk.fill("भेजें और पंजीकृत करें", file=(BytesIO(content), "class.zip"))
    page = read(desk, office)
    reasons = [each.br.next_sibling.strip() for each in page.select("details li")]
    assert len(reasons) == 4
    questions = [each.get_text(strip=True) for each in page.select("#answers p")]
    for words in (*reasons, *questions):
        assert re.search("[ऀ-ॿ]", words), words
        assert not re.search(r"\b(the|file|photo|student)\b", words, re.IGNORECASE), words
