"""The enrolment pages: one photo after another as our script sends them, and whole forms without a script."""

import re
import zipfile
from io import BytesIO

import pytest

from shared.domain.photo_verdict import PhotoVerdict
from shared.errors import ModelUnavailable
from shared.jobs.worker import run_job
from tests.admin_site.conftest import photo_file
from tests.support.office import agree, photo_of
from tests.support.stand_ins import stand_in


@pytest.fixture
def meera(desk, office):
    """The address of Meera's enrolment page, which the desk shows."""
    agree(office.toolbox, office, office.meera, office.ravi)
    desk.open(f"/students/{office.meera}/enrolment")
    return f"/students/{office.meera}/enrolment"


def send(desk, address, content, name="camera.jpg"):
    return desk.ask(f"{address}/photos", photo=photo_file(content, name)).json


def enrol(desk, office, address, person):
    for number in range(5):
        send(desk, address, photo_of(person, number))
    job = desk.ask(f"{address}/training").json["job"]
    run_job(office.toolbox, office.queue.started[-1])
    return job


def test_each_photo_gets_its_verdict_and_the_training_its_progress(desk, office, meera):
    first = send(desk, meera, photo_of("meera"))
    assert first == {
        "photos": [{"file_name": "camera.jpg", "kept": True, "sentence": "Good photo.", "verdict": "good"}],
        "waiting": 1,
    }
    bad = send(desk, meera, photo_of("meera", verdict=PhotoVerdict.TOO_DARK), "dark.png")
    assert (bad["waiting"], bad["photos"][0]["verdict"], bad["photos"][0]["kept"]) == (1, "too_dark", False)
    job = desk.ask(f"{meera}/training").json["job"]
    assert desk.client.get(job, base_url="https://localhost").json["state"] == "queued"
    run_job(office.toolbox, office.queue.started[-1])
    done = desk.client.get(job, base_url="https://localhost").json
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    test = desk.ask(f"{meera}/self-test", photo=photo_file(photo_of("meera", 20))).json
    assert test["passed"]
    assert test["margin"] > 0


def test_a_likeness_is_named_and_the_admin_decides(desk, office, meera):
    enrol(desk, office, meera, "meera")
    ravis = f"/students/{office.ravi}/enrolment"
    send(desk, ravis, photo_of("twin of meera"))
    answer = desk.ask(f"{ravis}/training").json
    likeness = {"id": office.meera, "words": "Meera Iyer, 15203A0042 in CO6GA", "unlike": False}
    assert answer == {"near_matches": [likeness]}
    assert "job" in desk.ask(f"{ravis}/training", accepted=[str(office.meera)]).json


def test_photos_unlike_the_face_so_far_replace_it_only_when_the_admin_says_so(desk, office, meera):
    enrol(desk, office, meera, "meera")
    send(desk, meera, photo_of("ravi"))
    (unlike,) = desk.ask(f"{meera}/training").json["near_matches"]
    assert (unlike["id"], unlike["unlike"]) == (office.meera, True)
    desk.open(meera)
    desk.fill("Train with 1 photo")
    assert desk.page.select_one("#look-alikes").has_attr("hidden")
    assert not desk.page.select_one("#unlike").has_attr("hidden")
    before = len(office.queue.started)
    desk.fill("This is Meera Iyer: enrol anyway")
    assert len(office.queue.started) == before + 1


def test_everything_works_without_a_script(desk, office, meera):
    photos = [photo_file(photo_of("meera"), "1.png"), photo_file(photo_of("ravi"), "friend.png")]
    desk.fill("Send the photos", photo=photos)
    assert "1.png: Good" in desk.told()
    assert "friend.png: Not kept: This does not look like the same person" in desk.told()
    desk.open(meera)
    desk.fill("Train with 1 photo")
    assert "Training is under way" in desk.told()
    run_job(office.toolbox, office.queue.started[-1])
    desk.open(f"/students/{office.ravi}/enrolment")
    desk.fill("Send the photos", photo=[photo_file(photo_of("twin of meera"))])
    desk.fill("Train with")
    assert "Meera Iyer, 15203A0042 in CO6GA" in desk.told()
    desk.fill("This is Ravi Patil: enrol anyway")
    assert len(office.queue.started) == 2


def test_starting_over_deletes_the_photos(desk, meera):
    send(desk, meera, photo_of("meera"))
    desk.open(meera)
    desk.fill("Start over")
    assert desk.page.select_one("#enrolment")["data-waiting"] == "0"


def test_no_photo_is_a_sentence(desk, meera):
    answer = desk.ask(f"{meera}/photos")
    assert (answer.status_code, answer.json) == (400, {"error": "Please choose a photo first."})


def test_without_consent_there_is_no_enrolment(desk, office):
    desk.open(f"/students/{office.meera}/enrolment")
    assert desk.status == 409
    assert "record the consent first" in desk.told()
    answer = desk.ask(f"/students/{office.meera}/enrolment/photos", photo=photo_file(photo_of("meera")))
    assert answer.status_code == 409


def test_missing_networks_are_said_so(desk, office, meera):
    class Blind:
        def read(self, _rgb):
            raise ModelUnavailable("The camera check is not available: a model file is missing.")

    stand_in(office.toolbox, face_matcher=Blind())
    answer = desk.ask(f"{meera}/photos", photo=photo_file(photo_of("meera")))
    assert answer.status_code == 503
    assert "not available" in answer.json["error"]


def test_the_page_guides_offers_files_and_runs_no_inline_script_or_style(desk, meera):
    page = desk.page
    assert page.select_one("#enrolment")["data-guided"] == "5"
    assert page.select_one("input[type=file][capture=user]")
    assert page.select_one("input[type=file][multiple]")
    assert page.select("[style], style, [onclick]") == []
    assert all(script.get("src") and not script.string for script in page.select("script"))
    labelled = {label["for"] for label in page.select("label[for]")}
    assert {field["id"] for field in page.select("input[type=file]")} <= labelled


def zip_file(files):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    file.seek(0)
    return file, "class.zip"


def test_a_class_zip_is_sent_followed_and_told_file_by_file(desk, office, meera):
    address = f"/classes/{office.class_id}/photos"
    desk.open(address)
    desk.fill("Send and enrol", file=zip_file({"15203A0042.jpg": photo_of("meera"), "x.jpg": b""}))
    assert "1 of 2 files" in desk.told()
    assert re.fullmatch(r"/jobs/\d+", desk.page.select_one("progress")["data-job-url"])
    run_job(office.toolbox, office.queue.started[-1])
    desk.open(address)
    assert "1 student is enrolled. 1 file was not used." in desk.told()
    assert "x.jpg No student of this class is named by this path." in desk.told()
    assert "15203A0042 Meera Iyer" in desk.told()


def test_what_is_no_zip_is_said_at_its_field(desk, office):
    desk.open(f"/classes/{office.class_id}/photos")
    desk.fill("Send and enrol", file=(BytesIO(b"hello"), "../../class.zip"))
    assert "not a zip file" in desk.error_at("file")
