"""Pages of classes, teachers and students, as an admin uses them."""

import re

import pytest

from admin_site import create_app
from shared.persistence import people
from shared.persistence.tables import Admin, SchoolClass, SignIn, Student, Teacher
from shared.services.accounts.sign_in import begin_sign_in
from shared.services.people import registration
from shared.services.people.registration import StudentDetails
from shared.toolbox import Toolbox
from tests.support.office import add_student, agree
from tests.support.school import TEACHER_EMAIL, found_school
from tests.support.servers import find_free_port


def fill_student(desk, words="Save", **typed):
    desk.open("/students/new")
    return desk.fill(words, **{"name": "Asha Rao", "roll_id": "15203a0050", **typed})


def test_a_class_a_teacher_and_a_student_are_added(desk, office):
    desk.open("/classes/new")
    desk.fill("Save", class_code="me 4", name="Mechanical Engineering")
    assert "ME4" in desk.told()
    desk.open("/teachers/new")
    desk.fill("Save", name="Ravi Kumar", email="ravi@school.example", class_ids=[office.class_id])
    password = desk.page.select_one("#password").get_text(strip=True)
    assert re.fullmatch(r"([a-z0-9]{5}-){3}[a-z0-9]{5}", password)
    assert password not in desk.open("/teachers").get_text()
    assert "CO6GA" in desk.told()
    fill_student(desk, parent1_email="latha@home.example", phones="98765 43210; 09876543211")
    assert "15203A0050" in desk.told()
    assert "+919876543210, +919876543211" in desk.told()
    assert "latha@home.example" in desk.told()


def test_the_form_stays_open_for_the_next_student_of_the_same_class(desk, office):
    fill_student(desk, "Save and add another")
    assert desk.path == "/students/new"
    assert desk.page.select_one("option[selected]")["value"] == str(office.class_id)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Please type a name."),
        ("roll_id", "15203A0042", "already taken"),
        ("parent1_email", "latha", "not an e-mail address"),
        ("parent1_email", "a@b.example\r\nBcc: all@b.example", "not an e-mail address"),
        ("name", "Asha\x00", "cannot be seen"),
        ("phones", "98765", "“98765” is not a phone number."),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(desk, field, typed, sentence):
    fill_student(desk, **{"email": "asha@school.example", field: typed})
    assert sentence in desk.error_at(field)
    assert desk.page.select_one(f"[name={field}]")["aria-invalid"] == "true"
    assert desk.page.select_one("[name=email]")["value"] == "asha@school.example"


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "{{7*7}}", "x' or '1'='1"])
def test_what_is_typed_is_shown_as_text(desk, typed):
    fill_student(desk, name=typed)
    assert desk.page.select_one("h1").get_text(strip=True) == typed
    assert desk.page.select_one("main script") is None


def test_a_megabyte_of_text_is_refused_with_a_sentence(desk):
    fill_student(desk, name="x" * 1_100_000)
    assert desk.status == 413
    assert "too large" in desk.told()
    fill_student(desk, name="x" * 900_000)
    assert "longer than 200 characters" in desk.error_at("name")


@pytest.mark.parametrize("address", ["/students/99999999999999999999", "/students/-1", "/classes/0/edit"])
def test_an_id_that_cannot_be_is_no_page(desk, address):
    desk.open(address)
    assert desk.status == 404


@pytest.mark.parametrize(
    "query",
    ["q=%25", "q=%00", "page=-5", "page=99999999999999999999", "class_id=99999999999999999999", "lack=x"],
)
def test_an_odd_search_finds_something_or_nothing_and_does_not_fail(desk, query):
    desk.open(f"/students?{query}")
    assert desk.status == 200


def test_a_search_looks_into_names_roll_ids_and_addresses(desk, office):
    fill_student(desk, parent2_email="grandma@home.example")
    for text, found in [("asha", True), ("0050", True), ("GRANDMA@", True), ("a%a", False), ("_", False)]:
        desk.open(f"/students?q={text.replace('%', '%25')}")
        assert ("Asha Rao" in desk.told()) is found, text


def test_every_filter_says_what_it_filters(desk, office):
    def first_words(path):
        return [each.option.get_text() for each in desk.open(path).select("form[role=search] select")]

    assert first_words("/students") == ["every class", "complete or not", "active students"]
    assert first_words("/teachers") == ["active teachers"]
    assert first_words("/classes") == ["active classes"]


def test_long_lists_are_paged(desk, office):
    with office.toolbox.sessions.begin() as session:
        session.add_all(
            Student(
                class_id=office.class_id,
                roll_id=f"Z{number:03}",
                name=f"Student {number}",
                language="en",
                active=True,
            )
            for number in range(60)
        )
    desk.open("/students?q=student")
    assert len(desk.page.select("main li")) == 50
    desk.open(desk.page.select_one("a[rel=next]")["href"])
    assert len(desk.page.select("main li")) == 10
    assert "60 in all" in desk.told()
    assert "Page 2 of 2" in desk.told()


def test_a_deactivated_student_leaves_the_lists_and_comes_back(desk, office):
    desk.open(f"/students/{office.meera}")
    desk.fill("Deactivate this student")
    assert "Meera Iyer" not in desk.open("/students").get_text()
    assert "Meera Iyer" in desk.open("/students?show=deactivated").get_text()
    desk.open(f"/students/{office.meera}")
    desk.fill("Reactivate this student")
    assert "Meera Iyer" in desk.open("/students").get_text()


def test_a_class_is_edited_deactivated_and_reactivated(desk, office):
    desk.open(f"/classes/{office.class_id}/edit")
    desk.fill("Save", class_code="co6gb")
    assert "CO6GB" in desk.told()
    desk.open(f"/classes/{office.class_id}/edit")
    desk.fill("Deactivate this class")
    assert "CO6GB" not in desk.told().replace("The class", "")
    desk.open("/classes?show=deactivated")
    desk.fill("Reactivate")
    assert "CO6GB" in desk.told()


def test_a_teacher_keeps_a_deactivated_class_when_something_else_is_saved(desk, office):
    desk.open("/teachers/new")
    desk.fill("Save", name="Ravi Kumar", email="ravi@school.example", class_ids=[office.class_id])
    registration.set_class_active(office.toolbox, office.actor, office.class_id, active=False)
    desk.open(desk.open("/teachers").select_one("main li a")["href"])
    desk.fill("Save", name="Ravi R. Kumar")
    assert "Ravi R. Kumar" in desk.told()
    assert "CO6GA" in desk.told()


def test_a_teachers_new_password_and_deactivation_end_their_sign_ins(desk, office):
    school = found_school_beside(office)
    begin_sign_in(office.toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone")
    desk.open(f"/teachers/{school.ids['teacher']}/edit")
    assert desk.page.select_one("[name=email]")["value"] == TEACHER_EMAIL
    desk.fill("Make a new first-time password")
    assert "shown only now" in desk.told()
    assert count_sign_ins(office, school) == 0
    begin_sign_in(office.toolbox, site="classroom", account_id=school.ids["teacher"], device="a phone")
    desk.open(f"/teachers/{school.ids['teacher']}/edit")
    desk.fill("Deactivate this teacher")
    assert count_sign_ins(office, school) == 0


def test_the_board_says_what_is_lacking_and_leads_to_the_next_student(desk, office):
    agree(office.toolbox, office, office.ravi)
    add_student(office.toolbox, office, "Asha Rao", "15203A0044", parent1_email="latha@home.example")
    desk.open("/")
    words = desk.told()
    for expected in (
        "0 of 3 students have a face",
        "3 not enrolled",
        "2 without consent",
        "2 without a parent",
    ):
        assert expected in words
    listed = desk.open(desk.page.select_one("a[href*='lack=consent']")["href"]).select("main li")
    assert [item.a.get_text(strip=True) for item in listed] == ["Meera Iyer", "Asha Rao"]
    desk.open(f"/classes/{office.class_id}/enrol-next")
    assert desk.path == f"/students/{office.meera}/consent"
    desk.open(desk.page.find("a", string="Skip to the next student")["href"])
    assert desk.path == f"/students/{office.ravi}/enrolment"
    desk.open(f"/classes/{office.class_id}/enrol-next?after=15203A0044")
    assert "These were skipped before." in desk.told()
    assert desk.path == f"/students/{office.meera}/consent"
    for each in (office.ravi, office.ravi + 1):
        registration.set_student_active(office.toolbox, office.actor, each, active=False)
    desk.open(f"/classes/{office.class_id}/enrol-next?after=15203A0042")
    assert "only Meera Iyer is not enrolled yet" in desk.told()


def test_consent_is_recorded_and_withdrawn_on_its_page(desk, office):
    desk.open(f"/students/{office.meera}/consent")
    desk.fill("Record the consent", given_by="Latha Iyer")
    assert "Please confirm" in desk.error_at("confirmed")
    desk.fill("Record the consent", given_by="Latha Iyer", confirmed="y")
    assert desk.path == f"/students/{office.meera}/enrolment"
    desk.open(f"/students/{office.meera}")
    assert "Latha Iyer agreed on" in desk.told()
    assert "recorded by Anita Desai" in desk.told()
    desk.fill("Withdraw and delete the face")
    assert "Withdrawn on" in desk.told()


def test_an_admin_is_made_by_command(office):
    runner = create_app(toolbox=office.toolbox).test_cli_runner()
    done = runner.invoke(args=["create-admin", "second@school.example", "--name", "Second"])
    assert "First-time password of second@school.example: " in done.output
    again = runner.invoke(args=["create-admin", "second@school.example"])
    assert again.exit_code == 1
    assert "already an account" in again.output
    with office.toolbox.reading() as session:
        assert session.query(Admin).filter_by(email="second@school.example").one().must_change_password


def test_a_command_may_be_the_first_to_ask_for_the_tables(bare_database_url, make_settings):
    toolbox = Toolbox(make_settings(bare_database_url))
    done = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["create-admin", "head@school.example"])
    assert done.exit_code == 0, done.output
    toolbox.engine.dispose()


def test_a_command_says_that_the_database_is_not_there(make_settings):
    toolbox = Toolbox(make_settings(f"mysql://root@127.0.0.1:{find_free_port()}/nothing"))
    done = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["create-admin", "head@school.example"])
    assert done.exit_code == 1
    assert "cannot be reached" in done.output


def found_school_beside(office):
    """The classroom's small school beside the office's class."""
    registration.change_class(office.toolbox, office.actor, office.class_id, class_code="OTHER", name="")
    return found_school(office.toolbox)


def count_sign_ins(office, school):
    with office.toolbox.reading() as session:
        return session.query(SignIn).filter_by(site="classroom", account_id=school.ids["teacher"]).count()


def test_what_somebody_else_saved_meanwhile_is_not_written_over(desk, office):
    page = f"/students/{office.meera}/edit"
    desk.open(page)
    other = StudentDetails("Meera Iyer", "15203A0042", office.class_id, parent1_email="latha@home.example")
    registration.change_student(office.toolbox, office.actor, office.meera, other)
    desk.fill("Save", name="Meera R. Iyer")
    assert "Somebody else changed this while it was open here: First parent's e-mail." in desk.told()
    assert desk.page.select_one("[name=parent1_email]")["value"] == "latha@home.example"
    assert desk.page.select_one("[name=name]")["value"] == "Meera R. Iyer"
    assert stored_student(office).name == "Meera Iyer"
    desk.fill("Save")
    student = stored_student(office)
    assert (student.name, student.parent1_email) == ("Meera R. Iyer", "latha@home.example")


def test_a_field_that_two_changed_keeps_what_was_typed_and_says_the_other(desk, office):
    desk.open(f"/students/{office.meera}/edit")
    other_class = registration.add_class(office.toolbox, office.actor, class_code="CO6GB", name="")
    other = StudentDetails("Mira Iyer", "15203A0042", other_class)
    registration.change_student(office.toolbox, office.actor, office.meera, other)
    desk.fill("Save", name="Meera Ayer")
    assert "while it was open here: Name and Class." in desk.told()
    assert "Somebody else saved here: Mira Iyer" in desk.error_at("name")
    assert desk.page.select_one("[name=class_id] [selected]")["value"] == str(other_class)
    desk.fill("Save")
    assert (stored_student(office).name, stored_student(office).class_id) == ("Meera Ayer", other_class)


def test_the_same_change_sent_twice_is_no_conflict(desk, office):
    page = desk.open(f"/students/{office.meera}/edit")
    desk.fill("Save", name="Meera R. Iyer")
    desk.page, desk.path = page, f"/students/{office.meera}/edit"
    desk.fill("Save", name="Meera R. Iyer")
    assert "The student was saved." in desk.told()


@pytest.mark.parametrize("sent", ["", "[]", "{", "null", "[" * 100_000], ids=range(5))
def test_a_form_that_does_not_say_what_it_was_opened_with_is_looked_at_again(desk, office, sent):
    desk.open(f"/students/{office.meera}/edit")
    desk.fill("Save", name="Meera R. Iyer", seen_values=sent)
    assert "Please look at it and save again." in desk.told()
    assert stored_student(office).name == "Meera Iyer"


def test_a_teachers_classes_and_a_classs_name_are_not_written_over_either(desk, office):
    desk.open("/teachers/new")
    desk.fill("Save", name="Ravi Kumar", email="ravi@school.example")
    desk.open(desk.open("/teachers").select_one("main li a")["href"])
    with office.toolbox.sessions.begin() as session:
        teacher = session.query(Teacher).one()
        teacher.classes = [session.get(SchoolClass, office.class_id)]
    desk.fill("Save", name="Ravi R. Kumar")
    assert "while it was open here: Classes taught." in desk.told()
    desk.fill("Save")
    assert "CO6GA" in desk.told()
    desk.open(f"/classes/{office.class_id}/edit")
    registration.change_class(office.toolbox, office.actor, office.class_id, class_code="CO6GA", name="B")
    desk.fill("Save", class_code="CO6GC")
    assert "while it was open here: Name." in desk.told()


def test_what_is_sent_after_the_sign_in_ended_is_told_to_be_lost(desk, office):
    desk.open("/students/new")
    with office.toolbox.sessions.begin() as session:
        session.query(SignIn).delete()
    desk.fill("Save", name="Asha Rao", roll_id="15203A0050")
    assert desk.path == "/sign-in"
    assert "You were signed out before, so what you sent was not saved." in desk.told()


def stored_student(office):
    with office.toolbox.reading() as session:
        return people.get_student(session, office.meera)
