"""Dates and times in forms: typed or chosen, and alike whatever the browser's language."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask, g

from shared.domain.languages import LANGUAGES
from shared.domain.written_dates import typed_day
from shared.web import languages
from shared.web.forms import asked_day, show_day
from tests.conftest import settings_for

PLACES = ("admin_site", "teacher_site", "shared/web")
OF_THE_BROWSER = ('type="date"', 'type="time"', 'type="datetime-local"', " DateField(", " TimeField(")


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3 Nov 2026", date(2026, 11, 3)),
        ("Tue 3 November 2026", date(2026, 11, 3)),
        ("3 नवंबर 2026", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("3/11/2026", date(2026, 11, 3)),
        ("03.11.26", date(2026, 11, 3)),
        ("11/23/2026", date(2026, 11, 23)),
        ("2026-13-40", None),
        ("31 Feb 2026", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_people_type_it_with_the_day_first(typed, day):
    assert typed_day(typed) == day


@pytest.fixture
def site(tmp_path):
    app = Flask(__name__)
    languages.install(app, settings_for(tmp_path, "sqlite://"))
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_is_read_back_as_it_is_shown_in_every_language(site, language):
    days = [date(2026, month, 3) for month in range(1, 13)]
    with site.test_request_context():
        g.language = language
        shown = [show_day(day) for day in days]
        assert [text.split()[1] for text in shown] == languages.short_months()
    assert len(set(shown)) == 12
    assert [typed_day(text) for text in shown] == days
    assert (shown[0] == "3 Jan 2026") is (language == "en")


@pytest.fixture
def in_english(site):
    with site.test_request_context():
        yield


@pytest.mark.usefixtures("in_english")
def test_a_field_shows_a_day_alike_and_keeps_what_is_none():
    assert asked_day({"on": "2026-11-03"}, "on").text == "3 Nov 2026"
    assert asked_day({}, "on", date(2026, 11, 3)).text == "3 Nov 2026"
    refused = asked_day({"on": "soon"}, "on", date(2026, 11, 3))
    assert (refused.text, refused.day, refused.is_refused) == ("soon", None, True)
    assert show_day(None) == ""


def test_no_page_leaves_the_order_of_a_date_to_the_browser():
    found = [
        (str(path), words)
        for place in PLACES
        for path in Path(place).rglob("*")
        if path.suffix in (".html", ".py")
        for words in OF_THE_BROWSER
        if words in path.read_text(encoding="utf-8")
    ]
    assert found == []
