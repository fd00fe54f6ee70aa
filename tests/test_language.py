"""Every word of every page comes out of the catalogues: in a made-up language no bare English is left."""

import re
from collections.abc import Iterator

import pytest
from babel import Locale
from bs4 import BeautifulSoup, Comment
from sqlalchemy import select

from shared.domain.languages import LANGUAGES
from shared.persistence.tables import Base
from shared.toolbox import Toolbox
from shared.web import languages
from tests.conftest import settings_for
from tests.support.browsers import Browser
from tests.support.office import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.school import TEACHER_EMAIL
from tests.support.town import address, open_town, routes

# Tables whose texts people typed or files brought; a page shows these as they are.
TYPED = re.compile(
    r"name|email|code|roll_id|subject|room|title|reason|note|file|text|device|question|short|changed_by|words"
)
ATTRIBUTES = ("alt", "aria-label", "data-ask", "placeholder", "title")
# What Babel itself says in every language: dates and countries.
ENGLISH = Locale("en")
BABELS = " ".join(
    (
        *(
            name
            for names in (*ENGLISH.days["format"].values(), *ENGLISH.months["format"].values())
            for name in names.values()
        ),
        *ENGLISH.territories.values(),
    )
)
# Words that are the same in every language.
ALIKE = {
    *("CSV", "Excel", "FET", "Google", "HTTPS", "LibreOffice", "Moodle", "OneRoster", "PIN", "QR", "URL"),
    *("Microsoft", "Workspace"),
    *("UTC", "xlsx", "xls", "csv", "ics", "zip", "jpg", "https", "localhost", "MB", "kB", "SHA", "Werkzeug"),
    *("Workspace", "Microsoft"),
}
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+")
_SAID = re.compile(r"⟦[^⟦⟧]*⟧")
# The number of a request.
_CODE = re.compile(r"\b[0-9A-F]{4}-[0-9A-F]{4}\b")


@pytest.fixture
def made_up_language(monkeypatch) -> None:
    """Every sentence that is looked up stands in brackets, its values outside."""

    def bracketed(words: str) -> str:
        return "".join(
            part if re.fullmatch(r"%\(\w+\)[sd]|%%|<[^>]*>", part) else f"⟦{part}⟧"
            for part in re.split(r"(%\(\w+\)[sd]|%%|<[^>]*>)", words)
            if part
        )

    monkeypatch.setattr(languages, "_find", bracketed)
    monkeypatch.setattr(
        languages, "_find_counted", lambda one, many, number: bracketed(one if number == 1 else many)
    )


def typed_words(town) -> set[str]:
    """Every word that stands in a column people fill in."""
    settings = town.toolbox.settings
    words = set(
        _WORD.findall(f"{settings.school_name} {settings.time_zone} {' '.join(LANGUAGES.values())} {BABELS}")
    )
    with town.toolbox.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if column.type.python_type is str and TYPED.search(column.name):
                    for (value,) in session.execute(select(column)):
                        words.update(_WORD.findall(value or ""))
    return words


def texts_of(page: str) -> Iterator[str]:
    """Give what a page shows or tells a screen reader, but for what is marked as another language."""
    soup = BeautifulSoup(page, "html.parser")
    for unseen in soup.select("script, style, template, code, kbd, pre, body [lang]"):
        unseen.decompose()
    yield from (text for text in soup.html.find_all(string=True) if not isinstance(text, Comment))
    for tag in soup.find_all(True):
        if tag.name == "option" or tag.get("type") in ("hidden", "radio", "checkbox"):
            continue
        yield from (str(tag[name]) for name in ATTRIBUTES if tag.get(name))
        if tag.name == "input" and tag.get("value"):
            yield str(tag["value"])


def bare_english(page: str, known: set[str]) -> list[str]:
    """Return the texts of a page of which a part was not looked up."""
    found = []
    for text in texts_of(page):
        rest = re.sub(r"\S+@\S+|https?://\S+|\S+\.\w{2,4}\b", " ", _CODE.sub(" ", _SAID.sub(" ", text)))
        if any(word not in known and word not in ALIKE for word in _WORD.findall(rest)):
            found.append(" ".join(text.split()))
    return found


# Pages in a family's language, and downloads.
OTHERWISE = re.compile(r"^(families\.|shared\.(notice|is_|authority)|static|.*\.static$)")


@pytest.mark.pages
@pytest.mark.parametrize("site", ["office", "classroom"])
def test_no_page_says_anything_past_the_catalogues(made_up_language, sqlite_url, tmp_path, site):
    town = open_town(Toolbox(settings_for(tmp_path, sqlite_url)))
    browser, known = Browser(town.apps[site], site), typed_words(town)
    if site == "office":
        browser.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    else:
        browser.sign_in(TEACHER_EMAIL, town.passwords[TEACHER_EMAIL])
    bare = []
    for endpoint, method, rule in routes(town.apps[site]):
        if method != "GET" or OTHERWISE.match(endpoint):
            continue
        answer = browser.get(address(rule, town.ids))
        if answer.mimetype == "text/html" and not 300 <= answer.status_code < 400:
            bare += [f"{endpoint}: {text}" for text in bare_english(answer.text, known)]
    town.toolbox.engine.dispose()
    assert not bare, "\n".join(bare)


@pytest.mark.pages
def test_what_the_forms_library_says_by_itself_is_looked_up(made_up_language, sqlite_url, tmp_path):
    town = open_town(Toolbox(settings_for(tmp_path, sqlite_url)))
    browser, known = Browser(town.apps["office"], "office"), typed_words(town)
    browser.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    page = browser.post("/timetable", minutes="many", class_id="none", teacher_id="99", first="soon").text
    town.toolbox.engine.dispose()
    for said in ("Not a valid integer value.", "Invalid Choice: could not coerce.", "Not a valid choice."):
        assert f"⟦{said}⟧" in page
    assert [text for text in bare_english(page, known) if text not in ("many", "soon")] == []
