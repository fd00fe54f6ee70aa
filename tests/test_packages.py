"""The table of packages in docs/architecture.md tells the truth: each is imported by the file it names.

A row is `| module | file | action |`, module and file in backticks.
"""

import ast
import re
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[1]

ASKED_FOR = [
    *("flask", "flask_bootstrap", "flask_mail", "MySQLdb", "face_recognition", "dlib", "sklearn"),
    *("numpy", "PIL", "tensorflow", "pandas", "xlsxwriter", "xlrd", "pytz"),
]
ROW = re.compile(r"^\| *`(?P<module>\w+)` *\| *`(?P<file>[\w./]+)` *\| *(?P<action>[^|]+?) *\|", re.MULTILINE)


def imported_modules(source: str) -> set[str]:
    """The top names of all modules that a source file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("module", ASKED_FOR)
def test_a_package_that_was_asked_for_is_at_work(module: str) -> None:
    page = (PROJECT_DIR / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = {row["module"]: row for row in ROW.finditer(page)}
    assert module in rows, f"the table in docs/architecture.md has no row for {module}"
    source = (PROJECT_DIR / rows[module]["file"]).read_text(encoding="utf-8")
    if module == "MySQLdb":  # SQLAlchemy imports it, by the address's name for it
        assert "mysql+mysqldb" in source
    else:
        assert module in imported_modules(source)
