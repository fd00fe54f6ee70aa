"""The page of trials names a test for each, and each of them is there and runs."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "trials.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!---|Trial )(.+?) \| (.+) \|$", PAGE, re.MULTILINE)


def functions_that_run(path: Path) -> dict[str, ast.FunctionDef]:
    """The tests of a file that run whatever the machine: those that are not skipped."""
    functions = {
        node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }
    return {
        name: node
        for name, node in functions.items()
        if not re.search(r"\.(skip|skipif|xfail)\b", ast.unparse(node))
    }


def test_every_trial_names_tests_that_exist_and_run():
    assert len(ROWS) > 60
    for trial, named in ROWS:
        tests = re.findall(r"`([\w/]+\.py)::(test_\w+)`", named)
        assert tests, f"{trial!r} names no test"
        for file, name in tests:
            assert name in functions_that_run(TESTS / file), (
                f"{trial!r} names {file}::{name}, which is not there"
            )


def test_no_row_is_left_unread():
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(lines) - PAGE.count("| Trial | Test |") == len(ROWS)
