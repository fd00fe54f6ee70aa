"""The version stands in one place; the pages, the command and the changelog show the same."""

import re
import subprocess
import sys

from shared.settings import PROJECT_DIR, VERSION


def test_the_command_prints_the_version_and_starts_nothing() -> None:
    command = [sys.executable, "-m", "launcher", "--version"]
    printed = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=True)
    assert printed.stdout == f"{VERSION}\n"


def test_the_changelogs_newest_release_is_this_version() -> None:
    changelog = (PROJECT_DIR / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\d.+?)\]", changelog, re.MULTILINE)[0] == VERSION
