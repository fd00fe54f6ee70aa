"""The camera check's page: send pictures, train, look at the figures, choose a version."""

import re
from io import BytesIO

import pytest

from shared.jobs.worker import run_job
from shared.persistence import spoof
from shared.services.spoof_check.strictness import Shares
from tests.admin_site.conftest import SITE
from tests.support.spoof_pictures import archive, picture, school_pictures, use_real_check


@pytest.fixture
def desk(desk, office, monkeypatch):
    monkeypatch.setattr("shared.vision.spoof_detector.NOTICE_WITHIN_S", 0.0)
    use_real_check(office.toolbox)
    desk.open("/spoof-check")
    return desk


def send_zip(desk, files):
    file = archive(files)
    file.seek(0)
    return desk.fill("Send the zip", file=(file, "school.zip"))


def train(desk, office):
    desk.open("/spoof-check")
    desk.fill("Train on these")
    run_job(office.toolbox, office.queue.started[-1])
    desk.open("/spoof-check")


def test_from_pictures_to_a_version_in_use_and_back(desk, office):
    assert "in use" in desk.page.find(id="shipped").get_text()
    send_zip(desk, school_pictures())
    assert "18 pictures were kept." in desk.told()
    assert "A face on paper 6 6 sources" in desk.told()
    desk.open("/spoof-check")
    desk.fill("Train on these")
    assert desk.page.select_one("#progress")["data-job-url"] == f"/jobs/{office.queue.started[-1]}"
    run_job(office.toolbox, office.queue.started[-1])
    desk.open("/spoof-check")
    assert "A new version is trained." in desk.told()
    told = desk.page.select_one("article").get_text(" ", strip=True)
    assert re.search(r"Of 100, (none|\d+) would pass , before this training (none|\d+)\.", told)
    assert re.search(r"Of 100, (none|\d+) would be asked again , before this training", told)
    assert "A face on paper: 0 of 6 passed" in told
    assert not re.search("APCER|BPCER|AUC", desk.told())  # these are the card's
    pictures = desk.page.select("article svg[role=img]")
    assert [bool(re.match(r"(none|\d+) of 100 dots: would", each["aria-label"])) for each in pictures] == [
        True,
        True,
    ]
    assert all(len(each.select("circle")) == 100 for each in pictures)
    assert "in use" in desk.page.find(id="shipped").get_text()
    desk.fill("Use this version")
    assert "in use since" in desk.page.select_one("article h3").get_text()
    desk.fill("Go back to it")
    assert "in use" in desk.page.find(id="shipped").get_text()
    desk.fill("Go back to this version")
    assert "in use since" in desk.page.select_one("article h3").get_text()


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "none"), (0.001, "1"), (0.021, "3"), (0.025, "3"), (0.07, "7"), (0.29, "29"), (1.0, "100")],
)
def test_words_and_dots_agree_and_make_no_danger_smaller(desk, office, share, said):
    send_zip(desk, school_pictures())
    train(desk, office)
    with office.toolbox.sessions.begin() as session:
        (version,) = spoof.list_versions(session)
        after = version.card["after"] | {"apcer": share}
        version.card = version.card | {"after": after}
    desk.open("/spoof-check")
    told = desk.page.select_one("article").get_text(" ", strip=True)
    assert f"Of 100, {said} would pass" in told
    picture = desk.page.select_one("article svg[role=img]")
    assert picture["aria-label"] == f"{said} of 100 dots: would pass"
    assert str(len(picture.select("circle.hit")) or "none") == said


def test_the_answers_add_up_and_say_which_are_parts_of_others(desk, monkeypatch):
    shares = Shares(at_once=6, asked=4, passed=3, refused=2, called=1)
    monkeypatch.setattr("shared.services.spoof_check.strictness.count_shares", lambda toolbox: shares)
    desk.open("/spoof-check")
    table = desk.page.select_one("section[aria-labelledby=locks] table")
    assert "Answers to 12 faces" in table.caption.get_text()
    assert [
        [cell.get_text(strip=True) for cell in row.select("th, td")][:3] for row in table.select("tr")
    ] == [
        ["marked at once", "6", "50.0 %"],
        ["refused: a phone or picture was seen", "2", "16.7 %"],
        ["asked to turn the head", "4", "33.3 %"],
        ["of those asked: marked after turning", "3", "75.0 %"],
        ["besides, the teacher was called", "1", ""],
    ]


def test_single_pictures_are_taken_and_wrong_ones_named(desk):
    desk.fill(
        "Send the pictures",
        label="attack_print",
        source="Asha",
        pictures=[(BytesIO(picture(recaptured=True, number=1)), "1.png"), (BytesIO(b"heic"), "photo.heic")],
    )
    assert "1 picture was kept, 1 not: photo.heic Only JPEG and PNG photos can be opened." in desk.told()
    desk.fill("Send the pictures", source="")
    assert "who or what" in desk.error_at("source")
    desk.fill("Send the pictures", source="Asha", pictures=[])
    assert "choose pictures" in desk.error_at("pictures")


def test_what_is_no_zip_is_refused_at_its_field(desk):
    desk.fill("Send the zip", file=(BytesIO(b"hello"), "x.zip"))
    assert "not a zip file" in desk.error_at("file")


def test_the_worst_mistakes_are_seen_and_go_with_the_version(desk, office):
    files = school_pictures() | {"attack_phone/person 0/2.png": picture(recaptured=False, number=200)}
    send_zip(desk, files)
    train(desk, office)
    address = desk.page.select_one("ul.photos img")["src"]
    seen = desk.client.get(address, base_url=SITE)
    assert (seen.status_code, seen.mimetype, seen.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert seen.headers["Cache-Control"] == "no-store"
    desk.fill("Delete it")
    assert desk.client.get(address, base_url=SITE).status_code == 404
    with office.toolbox.reading() as session:
        assert spoof.list_versions(session) == []


def test_a_training_without_attacks_is_refused_in_words(desk):
    send_zip(desk, {"live/ann/1.png": picture(recaptured=False, number=1)})
    desk.open("/spoof-check")
    desk.fill("Train on these")
    assert "Please send pictures of living people and of attacks first." in desk.told()


def test_a_check_that_judges_nobody_is_said_aloud(desk, office, monkeypatch):
    monkeypatch.setattr(office.toolbox.spoof_detector, "_find_trained", lambda: b"damaged")
    desk.open("/spoof-check")
    assert "its trained layer is damaged. Nobody is marked by the kiosk" in desk.told()
