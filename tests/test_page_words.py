"""One thing has one word on every page."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from admin_site import create_app as create_office
from shared.toolbox import Toolbox
from teacher_site import create_app as create_classroom

ROOT = Path(__file__).parent.parent
# What stands in a template for a person to read: no Jinja, no tag.
# What a machine is given, such as a scope, is spelled as the machine wants it.
_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<code>.*?</code>|<[^>]*>", re.DOTALL)


@pytest.mark.parametrize("create_app", [create_office, create_classroom])
def test_the_sign_in_asks_for_the_e_mail_in_our_word(create_app, sqlite_url, make_settings):
    toolbox = Toolbox(make_settings(sqlite_url))
    client = create_app(toolbox=toolbox).test_client()
    page = BeautifulSoup(client.get("/sign-in", base_url="https://localhost").text, "html.parser")
    toolbox.engine.dispose()
    assert page.select_one("label[for=email]").get_text(strip=True) == "E-mail"


def test_no_template_spells_e_mail_another_way():
    templates = [
        path for part in ("admin_site", "teacher_site", "shared") for path in (ROOT / part).rglob("*.html")
    ]
    assert len(templates) > 40
    wrong = [
        (path.name, word)
        for path in templates
        for word in re.findall(r"\be-?mails?\b", _CODE.sub(" ", path.read_text()), re.IGNORECASE)
        if not re.fullmatch(r"[Ee]-mails?", word)
    ]
    assert wrong == []
