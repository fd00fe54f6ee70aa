"""A family's rights at the desk: the export of all that is held, the erasure, the withdrawal."""

import io
import zipfile

import pytest
from sqlalchemy import func, select

from shared.persistence.tables import Student
from tests.admin_site.conftest import SITE
from tests.support.office import ADMIN_PASSWORD


def let_time_pass(desk):
    """Six minutes after the password was last typed."""
    with desk.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= 6 * 60


def count_students(office):
    with office.toolbox.reading() as session:
        return session.scalar(select(func.count(Student.id)))


def files_that_hold(office, words):
    """The files of the installation, its SQLite database among them, in which these bytes stand."""
    folder = office.toolbox.settings.instance_dir.parent
    return [path for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def test_a_student_is_erased_after_the_roll_id_was_typed(desk, office):
    desk.open(f"/students/{office.meera}")
    desk.open(desk.page.find("a", string="Erase this student …")["href"])
    assert "marks stay" in desk.told()
    desk.fill("Erase permanently", roll_id="15203A0042")
    assert desk.path == "/students"
    assert "was erased" in desk.told()
    assert count_students(office) == 1
    desk.open(f"/students/{office.meera}")
    assert desk.status == 404


def test_after_the_press_no_file_of_the_installation_knows_the_student(desk, office):
    assert files_that_hold(office, b"Meera Iyer")
    desk.open(f"/students/{office.meera}/erase")
    desk.fill("Erase permanently", roll_id="15203A0042")
    assert files_that_hold(office, b"Meera Iyer") == []


def test_another_roll_id_erases_nobody(desk, office):
    desk.open(f"/students/{office.meera}/erase")
    desk.fill("Erase permanently", roll_id="15203A0043")
    assert "This is not the roll id." in desk.error_at("roll_id")
    assert desk.page.find(id="roll_id")["value"] == "15203A0043"  # to see what is wrong with it
    assert count_students(office) == 2


def test_the_roll_id_is_typed_in_any_case_to_confirm(desk, office):
    desk.open(f"/students/{office.meera}/erase")
    desk.fill("Erase permanently", roll_id=" 15203a0042 ")
    assert count_students(office) == 1


@pytest.mark.parametrize("page", ["erase", "export"])
def test_it_asks_for_the_password_again(desk, office, page):
    let_time_pass(desk)
    desk.open(f"/students/{office.meera}/{page}")
    assert desk.path == "/password-again"
    desk.fill("Continue", password=ADMIN_PASSWORD)
    assert desk.path == f"/students/{office.meera}/{page}"


def test_an_act_without_its_page_asks_too(desk, office):
    desk.open(f"/students/{office.meera}")
    let_time_pass(desk)
    desk.ask(f"/students/{office.meera}/erase", roll_id="15203A0042")
    assert count_students(office) == 2


def test_everything_held_comes_as_a_zip(desk, office):
    desk.open(f"/students/{office.meera}")
    desk.open(desk.page.find("a", string="Everything held …")["href"])
    token = desk.page.select_one("main [name=csrf_token]")["value"]
    answer = desk.client.post(
        f"/students/{office.meera}/export",
        base_url=SITE,
        data={"csrf_token": token},
        headers={"Referer": SITE + "/"},
    )
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "everything.xlsx" in archive.namelist()


def test_anybody_may_read_the_notice_with_this_schools_own_numbers(stranger, office):
    stranger.open("/notice")
    assert stranger.status == 200
    told = " ".join(stranger.told().split())
    assert "attendance at lectures: 5 years" in told
    assert "Whom to ask: the school's office" in told
    stranger.open(stranger.page.find("a", string="हिन्दी")["href"])
    assert stranger.page.select_one("main")["lang"] == "hi"
    assert "5 वर्ष" in stranger.told()


@pytest.mark.parametrize(("language", "roll_id"), [("en", "roll id"), ("hi", "रोल आईडी"), ("mr", "रोल आयडी")])
def test_the_notice_tells_in_every_language_of_check_ins_without_a_roll_id(
    stranger, office, language, roll_id
):
    stranger.open(f"/notice?language={language}")
    kept, not_kept = stranger.page.select("h2")[:2]
    assert roll_id in kept.find_next("ul").text
    assert roll_id in not_kept.find_next("p").text


def test_a_language_there_is_none_of_is_english(stranger, office):
    stranger.open("/notice?language=<script>")
    assert stranger.page.select_one("main")["lang"] == "en"
