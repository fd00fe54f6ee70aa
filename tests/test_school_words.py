"""What a school calls the roll id stands on its pages in every language; what people typed stays as typed."""

import pytest
from flask import render_template_string

from admin_site import create_app
from shared.domain.languages import phrase
from shared.web.languages import gettext, say


@pytest.fixture
def site(sqlite_url, make_settings):
    return create_app(make_settings(sqlite_url, ROLL_ID_NAME="PRN"))


def test_templates_and_sentences_speak_the_schools_word_and_typed_text_stays(site):
    with site.test_request_context():
        page = render_template_string(
            "{% trans %}Roll id and roll id of {{ typed }}{% endtrans %}", typed="my roll id"
        )
        taken = phrase("The roll id %(roll_id)s is already taken in this class.", roll_id="roll id 7")
        assert page == "PRN and PRN of my roll id"
        assert gettext("Roll ids are text.") == "PRNs are text."
        assert say(taken) == "The PRN roll id 7 is already taken in this class."
        assert render_template_string("{{ taken }}", taken=taken) == say(taken)


@pytest.mark.parametrize(("language", "usual"), [("hi", "रोल आईडी"), ("mr", "रोल आयडी")])
def test_so_it_is_in_the_other_languages(site, language, usual):
    with site.test_request_context(headers={"Cookie": f"__Host-language={language}"}):
        told = gettext("Please type a roll id.")
    assert "PRN" in told
    assert usual not in told
