"""What the documents name is there: every link and every path of a file or folder."""

import json
import re

import pytest

from shared.settings import PROJECT_DIR

PAGES = sorted(
    page.relative_to(PROJECT_DIR)
    for page in (
        *PROJECT_DIR.glob("*.md"),
        *(PROJECT_DIR / "docs").glob("*.md"),
        PROJECT_DIR / "models/README.md",
    )
)
FOLDERS = (
    *("shared/", "admin_site/", "teacher_site/", "launcher/", "tests/", "benchmarks/", "modelling/"),
    *("models/", "deploy/", "docs/"),
)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_names_is_there(page):
    text = (PROJECT_DIR / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    paths = [path for path in re.findall(r"`([\w./-]+)`", text) if path.startswith(FOLDERS)]
    missing = [link for link in links if not (PROJECT_DIR / page).parent.joinpath(link).exists()]
    missing += [path for path in paths if not (PROJECT_DIR / path).exists()]
    assert missing == []


def rows_of(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading of the architecture page, without its head."""
    text = (PROJECT_DIR / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


@pytest.mark.parametrize("row", rows_of("Where do I find …"), ids=lambda row: row[0][:60])
def test_where_the_architecture_page_leads_stands_what_is_looked_for(row):
    named = re.findall(r"`([^`]+)`", row[1])
    files = [PROJECT_DIR / name for name in named if name.startswith(FOLDERS)]
    assert files, "the row leads nowhere"
    contents = "".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".py", ".js"))
    for name in set(named) - {str(path.relative_to(PROJECT_DIR)) for path in files}:
        if name.endswith(".py"):  # beside one that is named whole
            assert any((path.parent / name).exists() for path in files), name
        elif not name.endswith("/"):
            assert all(part in contents for part in re.findall(r"\w+", name)), name
    tests = re.findall(r"`(tests/[^`]+)`", row[2] if len(row) > 2 else "")
    assert all((PROJECT_DIR / test).exists() for test in tests)


@pytest.mark.parametrize("row", rows_of("The rooms"), ids=lambda row: row[0][:60])
def test_every_room_of_the_architecture_page_is_there(row):
    rooms = re.findall(r"`([^`]+)`", row[0])
    assert rooms
    assert all((PROJECT_DIR / room).exists() for room in rooms)


def test_the_models_page_names_every_file_with_the_hash_of_the_manifest():
    text = (PROJECT_DIR / "models" / "README.md").read_text(encoding="utf-8")
    manifest = json.loads((PROJECT_DIR / "models" / "manifest.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `([a-z_]+/[a-z_]+)` \|.*\| `([0-9a-f]{64})` \|$", text, re.MULTILINE)
    assert dict(rows) == {key: card["sha256"] for key, card in manifest.items()}


def test_every_model_has_a_card_with_its_origin_and_licence():
    text = (PROJECT_DIR / "models" / "README.md").read_text(encoding="utf-8")
    cards = {
        key: card
        for heading, card in re.findall(r"^### (`.+?)\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
        for key in re.findall(r"`([a-z_]+/[a-z_]+)`", heading)
    }
    manifest = json.loads((PROJECT_DIR / "models" / "manifest.json").read_text(encoding="utf-8"))
    assert cards.keys() == manifest.keys()
    assert [
        key for key, card in cards.items() if not ("- **Origin** " in card and "- **Licence** " in card)
    ] == []


def test_the_readme_is_short():
    assert len((PROJECT_DIR / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
