"""What strangers guess at the sign-in does not keep the teacher out, and a right password is right."""

from tests.support.school import TEACHER_EMAIL
from tests.teacher_site.conftest import Phone

NEW_PASSWORD = "four quiet yellow trams"


def guess(app, times: int = 7, address: str = "203.0.113.9") -> None:
    stranger = Phone(app, address)
    for number in range(times):
        stranger.sign_in(f"guess {number}")


def test_whoever_signed_in_here_before_is_let_in_beside_a_strangers_guesses(app, teacher, school):
    teacher.post("/sign-out")
    guess(app)
    assert "wait" in Phone(app, "192.0.2.44").sign_in(school.password).text
    assert teacher.sign_in(school.password).status_code == 302


def test_a_right_password_with_an_address_of_another_site_to_go_on_to_is_right(app, school):
    phone = Phone(app)
    for _ in range(7):
        answer = phone.post("/sign-in?next=https://evil.example/", fields_of(school))
        assert answer.location == "/"
        phone.post("/sign-out")


def fields_of(school) -> dict[str, str]:
    return {"email": TEACHER_EMAIL, "password": school.password, "next": "//evil.example/"}


def test_guesses_at_an_open_desk_do_not_keep_its_owner_out_elsewhere(app, teacher, school):
    for _ in range(7):
        fields = {"password": "a guess", "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
        answer = teacher.post("/password", fields)
    assert "Please wait" in answer.text
    assert Phone(app, "192.0.2.44").sign_in(school.password).status_code == 302
