"""What the documents name is there: every link and every path of a file or folder."""

import re

import pytest

from shared.settings import PROJECT_DIR

PAGES = sorted(
    page.relative_to(PROJECT_DIR)
    for page in (*PROJECT_DIR.glob("*.md"), *(PROJECT_DIR / "docs").glob("*.md"))
)
FOLDERS = ("shared/", "admin_site/", "teacher_site/", "launcher/", "tests/", "benchmarks/", "modelling/")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_names_is_there(page):
    text = (PROJECT_DIR / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    paths = [path for path in re.findall(r"`([\w./-]+)`", text) if path.startswith(FOLDERS)]
    missing = [link for link in links if not (PROJECT_DIR / page).parent.joinpath(link).exists()]
    missing += [path for path in paths if not (PROJECT_DIR / path).exists()]
    assert missing == []


def test_the_readme_is_short():
    assert len((PROJECT_DIR / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
