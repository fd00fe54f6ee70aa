"""What a school calls the roll id stands on its pages; what people typed stays as they typed it."""

import pytest
from flask import render_template_string

from admin_site import create_app
from shared.web.school_words import make_filter


@pytest.fixture
def site(sqlite_url, make_settings):
    return create_app(make_settings(sqlite_url, ROLL_ID_NAME="admission number"))


def test_templates_and_errors_speak_the_schools_word_and_typed_text_stays(site):
    with site.test_request_context():
        page = render_template_string("Roll id and roll id: {{ typed }}", typed="my roll id")
    assert page == "Admission number and admission number: my roll id"
    answer = site.test_client().get("/sign-in", base_url="https://localhost")
    assert "roll id" not in answer.get_data(as_text=True).lower()


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("The roll id 7 is already taken in this class.", "The PRN 7 is already taken in this class."),
        ("Roll ids are text.", "PRNs are text."),
        ("roll_id", "roll_id"),
    ],
)
def test_a_sentence_is_told_in_the_schools_word(sentence, told):
    assert make_filter("PRN")(sentence) == told
