"""The office's own accounts: added, shut out, and with an authenticator app as the second key."""

from datetime import UTC, datetime

import pytest
from passlib.totp import TOTP

from admin_site import create_app
from admin_site.commands import reset_second_factor
from shared.persistence.tables import Admin, FailedTry
from tests.admin_site.conftest import SITE, Desk
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD

WRONG = "The e-mail address, the password or the code is wrong."


def code_now(secret, *, later=0) -> str:
    return TOTP(key=secret).generate(datetime.now(UTC).timestamp() + later).token


@pytest.fixture
def secret(desk, office) -> str:
    """The admin's app is set up; the next code has not been used."""
    desk.open("/authenticator")
    secret = desk.page.select_one("code").get_text()
    desk.fill("Turn on two-step sign-in", code=code_now(secret))
    assert len(desk.page.select("#codes li")) == 10
    with office.toolbox.sessions.begin() as session:  # the half minute of that code is over
        session.get(Admin, office.actor.account_id).last_code_step -= 3
    return secret


def sign_in(desk, **typed):
    desk.open("/sign-in")
    return desk.fill("Sign in", **{"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD} | typed)


def test_the_code_stands_in_the_sign_in_form_and_nothing_tells_which_part_was_wrong(office, desk, secret):
    stranger = Desk(create_app(toolbox=office.toolbox))
    answers = set()
    for typed in ({}, {"code": "000000"}, {"password": "wrong", "code": code_now(secret)}):
        sign_in(stranger, **typed)
        answers.add(stranger.told())
        assert stranger.path == "/sign-in"
    assert len(answers) == 1
    assert WRONG in answers.pop()
    sign_in(stranger, code=code_now(secret))
    assert stranger.path == "/"


def test_wrong_codes_are_slowed_like_wrong_passwords(office, desk, secret):
    stranger = Desk(create_app(toolbox=office.toolbox))
    for _ in range(6):
        sign_in(stranger, code="000000")
    sign_in(stranger, code=code_now(secret))
    assert "Please wait" in stranger.told()
    with office.toolbox.reading() as session:
        assert session.query(FailedTry).count() == 12


def test_a_wrong_first_code_keeps_the_same_picture(desk):
    desk.open("/authenticator")
    picture = desk.page.select_one("main img")["src"]
    desk.fill("Turn on two-step sign-in", code="000000")
    assert "does not fit" in desk.error_at("code")
    assert desk.page.select_one("main img")["src"] == picture


def test_a_secret_sealed_for_somebody_else_is_not_taken(desk, office):
    desk.open("/authenticator")
    desk.fill("Turn on two-step sign-in", sealed_secret="AAAA", code="123456")
    assert "open for too long" in desk.told()


def test_new_recovery_codes_and_off_again(desk, secret):
    desk.open("/authenticator")
    assert "You have 10" in desk.told()
    desk.fill("Make new recovery codes")
    assert len(desk.page.select("#codes li")) == 10
    desk.open("/authenticator")
    desk.fill("Ask me for no code")
    assert "asked for no code any more" in desk.told()


def test_the_app_asks_for_the_password_first(desk):
    with desk.client.session_transaction(base_url=SITE) as session:
        session["fs_paa"] -= 6 * 60
    desk.open("/authenticator")
    assert desk.path == "/password-again"


@pytest.fixture
def colleague(desk, office) -> Desk:
    """A second admin, signed in."""
    desk.open("/admins/new")
    desk.fill("Save and show", name="Ravi Kumar", email="Ravi@school.example")
    password = desk.page.select_one("#password").get_text()
    with office.toolbox.sessions.begin() as session:
        session.get(Admin, 2).must_change_password = False
    other = Desk(create_app(toolbox=office.toolbox))
    sign_in(other, email="ravi@school.example", password=password)
    assert other.path == "/"
    return other


def test_another_admin_helps_who_lost_the_phone(desk, secret, colleague, office):
    colleague.open("/admins/1")
    colleague.fill("Ask for no code any more")
    assert "asked for no code" in colleague.told()
    stranger = Desk(create_app(toolbox=office.toolbox))
    sign_in(stranger)
    assert stranger.path == "/"


def test_the_command_helps_the_only_admin(secret, office):
    app = create_app(toolbox=office.toolbox)
    answer = app.test_cli_runner().invoke(reset_second_factor, [ADMIN_EMAIL])
    assert "asked for no code any more" in answer.output
    assert app.test_cli_runner().invoke(reset_second_factor, ["nobody@school.example"]).exit_code == 1
    with office.toolbox.reading() as session:
        assert session.get(Admin, 1).sealed_totp_secret is None


def test_a_deactivated_admin_is_out_at_once_and_comes_back(desk, colleague):
    desk.open("/admins/2")
    desk.fill("Deactivate this admin")
    colleague.open("/students")
    assert colleague.path == "/sign-in"
    desk.open("/admins/2")
    desk.fill("Reactivate this admin")
    assert "deactivated" not in desk.told()


def test_nobody_deactivates_themselves(desk, office):
    desk.open("/admins/1")
    assert "This is you" in desk.told()
    answer = desk.ask("/admins/1/deactivate")
    assert answer.status_code == 409
    assert "another admin can" in answer.json["error"]


def test_a_renewed_password_signs_the_colleague_out(desk, colleague):
    desk.open("/admins/2")
    desk.fill("Make a new first-time password")
    colleague.open("/students")
    assert colleague.path == "/sign-in"


def test_an_address_in_use_is_told_at_the_field(desk):
    desk.open("/admins/new")
    desk.fill("Save and show", name="Twin", email=ADMIN_EMAIL.upper())
    assert "already an account" in desk.error_at("email")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE admin; --", "{{7*7}}", "A" * 200]
)
def test_a_name_stays_text(desk, name):
    desk.open("/admins/new")
    desk.fill("Save and show", name=name, email="x@school.example")
    desk.open("/admins")
    assert name in desk.told()
    assert not desk.page.select("main script")


def test_an_unknown_admin_is_no_page(desk):
    desk.open("/admins/99")
    assert desk.status == 404
