"""Nobody stands before an empty list without a way on, or with a password and no place to type it."""

from shared.persistence.accounts import find_never_signed_in
from shared.persistence.tables import Teacher
from shared.services.accounts.lifecycle import create_teacher
from shared.services.accounts.sign_in import begin_sign_in
from tests.support.office import agree


def test_a_first_time_password_comes_with_the_address_to_type_it_at(desk, office):
    desk.open("/teachers/new")
    desk.fill("Save", name="Ravi Kumar", email="ravi@school.example", class_ids=[office.class_id])
    handed_over = " ".join(part.get_text(strip=True) for part in desk.page.select("[data-hand-over]"))
    assert "https://localhost:4545" in handed_over
    assert "ravi@school.example" in handed_over
    assert desk.page.select_one("#password").get_text(strip=True) in handed_over
    assert desk.page.select_one("img.qr")["alt"] == "QR code of the address https://localhost:4545"
    desk.open("/admins/new")
    desk.fill("Save", name="Bela Roy", email="bela@school.example")
    assert desk.page.select_one("img.qr")["alt"] == "QR code of the address https://localhost:4555"


def test_a_first_time_password_that_is_loaded_again_says_where_the_account_stands(desk, office):
    for path, fields, page in (
        ("/teachers/new", {"name": "Ravi Kumar", "email": "ravi@school.example"}, "/teachers/1/edit"),
        ("/admins/new", {"name": "Bela Roy", "email": "bela@school.example"}, "/admins/2"),
    ):
        desk.open(path)
        desk.fill("Save", **fields)
        desk.open(path)
        desk.fill("Save", **fields)  # what a browser sends when the answer is loaded again
        told = desk.page.select_one("main .alert-info")
        words = " ".join(told.get_text(" ", strip=True).split())
        assert f"{fields['name']} has an account with this address since" in words
        assert "Nobody has signed in to it yet. A first-time password is shown only once." in words
        assert told.a["href"] == page
        assert "Make a new first-time password" in desk.open(page).main.get_text()
        assert desk.open(path).select_one("main .alert-info") is None


def test_the_lists_say_who_never_signed_in(desk, office):
    create_teacher(office.toolbox, office.actor, email="ravi@school.example", name="Ravi Kumar")
    assert "never signed in" in desk.open("/teachers").main.get_text()
    assert "never signed in" not in desk.open("/admins").main.get_text()
    with office.toolbox.reading() as session:
        ravi = session.query(Teacher).one()
    begin_sign_in(office.toolbox, site="classroom", account_id=ravi.id, device="a phone")
    assert "never signed in" not in desk.open("/teachers").main.get_text()
    with office.toolbox.sessions.begin() as session:  # the trail keeps the address of then
        session.query(Teacher).one().email = "other@school.example"
    with office.toolbox.reading() as session:
        assert find_never_signed_in(session, session.query(Teacher).all()) == {ravi.id}
        assert find_never_signed_in(session, []) == set()


def test_the_office_says_where_teachers_sign_in(desk):
    link = desk.open("/teachers").select_one("main p a")
    assert link["href"] == "https://localhost:4545"


def test_an_empty_class_offers_its_list_first(desk, office):
    desk.open("/classes/new")
    desk.fill("Save", class_code="ME4")
    assert desk.path.endswith("/roster")
    page = desk.open("/")
    card = next(each for each in page.select("section.card") if "ME4" in each.get_text())
    assert card.select_one(".btn-primary").get_text(" ", strip=True) == "Import the class list of ME4"


def test_the_year_end_of_a_class_stands_in_the_list_of_classes(desk, office):
    led_to = {link["href"]: link.get_text() for link in desk.open("/classes").select("main li a")}
    assert led_to[f"/classes/{office.class_id}/year-end"] == "Year's end of CO6GA"


def test_the_students_of_a_class_lead_to_its_list_consents_and_photos(desk, office):
    page = desk.open(f"/students?class_id={office.class_id}")
    led_to = {link["href"] for link in page.select("main a")}
    assert {f"/classes/{office.class_id}/{each}" for each in ("roster", "consents", "photos")} <= led_to


def test_the_page_of_a_zip_leads_to_the_consents_that_are_missing(desk, office):
    page = desk.open(f"/classes/{office.class_id}/photos")
    assert "2 students have no consent yet." in " ".join(desk.told().split())
    assert page.select_one(".alert a")["href"] == f"/classes/{office.class_id}/consents"
    agree(office.toolbox, office, office.meera, office.ravi)
    assert "no consent yet" not in desk.open(f"/classes/{office.class_id}/photos").get_text()


def test_a_search_that_finds_nothing_says_so_and_leads_back(desk, office):
    for path in ("/students?q=nobody", "/teachers?q=nobody", "/classes?q=nobody"):
        page = desk.open(path)
        assert "No matches. Show all" in desk.told()
        assert page.find("a", string="Show all")["href"].startswith(path.partition("?")[0])
    assert "There is no active teacher." in desk.open("/teachers").main.get_text()
