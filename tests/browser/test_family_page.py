"""A family's page in a real browser, over HTTPS as every school serves it."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from shared.persistence.tables import AnnouncedAbsence, FamilyQuestion, Integration
from shared.services.audit import Actor
from shared.services.families.links import make_link
from shared.services.integrations.choices import set_on
from teacher_site import create_app
from tests.browser.conftest import PHONE
from tests.support.browsing import note_complaints, served


@pytest.fixture
def address(toolbox, school):
    set_on(toolbox, Actor(site="office", email="admin@school.example"), Integration.FAMILIES, on=True)
    with served(create_app(toolbox=toolbox), scheme="https") as address:
        yield address


def test_a_family_announces_an_absence_and_asks(toolbox, school, address, open_chromium):
    link = urlsplit(make_link(toolbox, school.ids["meera"]))
    size = {"width": PHONE[0], "height": PHONE[1]}
    page = open_chromium().new_context(viewport=size, ignore_https_errors=True).new_page()
    complaints = note_complaints(page)
    page.goto(f"{address}{link.path}?{link.query}")
    expect(page.get_by_role("button", name="First day: choose from a calendar")).to_be_visible()
    day = toolbox.settings.clock.day_of(toolbox.now())
    page.get_by_label("First day", exact=True).fill(day.isoformat())
    page.get_by_label("Reason").fill("a wedding")
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_role("status")).to_have_text("Thank you. The school has your message.")
    page.get_by_label("What is wrong?").fill("She was there.")
    page.get_by_role("button", name="Send").last.click()
    expect(page).to_have_url(re.compile("done=sent"))
    assert complaints == []
    with toolbox.reading() as session:
        assert session.query(AnnouncedAbsence).one().reason == "a wedding"
        assert session.query(FamilyQuestion).one().words == "She was there."
