"""What is typed at a terminal: what cannot be is a sentence and an exit status, whichever program says it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import PROJECT_DIR
from tests.conftest import variables_for

FLASK = ["-m", "flask", "--app", "admin_site"]
WORKER = ["-m", "huey.bin.huey_consumer", "shared.jobs.worker.huey"]
SERVER = ["-m", "launcher.web_server", "teacher_site:create_app"]


@pytest.mark.parametrize(
    ("command", "variables", "sentence"),
    [
        ([*FLASK, "doctor"], {"ADMIN_SECRET_KEY": ""}, "ADMIN_SECRET_KEY must be set"),
        ([*FLASK, "doctor"], {"DATABASE_URL": "nonsense"}, "DATABASE_URL must be an address"),
        ([*FLASK, "migrate"], {"DATABASE_URL": "mysql://a:b@h:abc/d"}, "DATABASE_URL must be an address"),
        ([*FLASK, "migrate"], {"DATABASE_URL": "postgresql://a:b@h/d"}, "DATABASE_URL must be an address"),
        (WORKER, {"FACE_KEYS": "7"}, "FACE_KEYS must hold numbered keys"),
        (WORKER, {"LOG_LEVEL": "verbose"}, "LOG_LEVEL must be debug"),
        ([*SERVER, "--port", "4545"], {"LOG_LEVEL": "verbose"}, "LOG_LEVEL must be debug"),
        ([*SERVER, "--port", "99999"], {}, "99999 is not a whole number from 1 to 65535"),
        ([*SERVER, "--port", "4545", "--workers", "0"], {}, "0 is not a whole number from 1 to"),
        ([*SERVER, "--port", "4545", "--certificate", "/no.pem"], {}, "/no.pem cannot be read: No such file"),
        (
            [*FLASK, "spoof", "train", ".", "--out", "/no/x.npz"],
            {},
            "/no is no folder that can be written to",
        ),
        ([*FLASK, "faces", "evaluate", ".", "--json", "/no/x.json"], {}, "/no is no folder that can be"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    tmp_path: Path, command: list[str], variables: dict[str, str], sentence: str
) -> None:
    environ = {**os.environ, **variables_for(tmp_path, f"sqlite:///{tmp_path}/a.sqlite3"), **variables}
    done = subprocess.run(
        [sys.executable, *command], cwd=PROJECT_DIR, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_card_of_a_version_is_a_sentence(tmp_path: Path) -> None:
    environ = {**os.environ, **variables_for(tmp_path, f"sqlite:///{tmp_path}/a.sqlite3")}
    heads = tmp_path / "heads.npz"
    heads.touch()
    heads.with_suffix(".json").write_text("{bad")
    command = [sys.executable, *FLASK, "spoof", "activate", str(heads)]
    done = subprocess.run(command, cwd=PROJECT_DIR, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, "heads.json is damaged" in done.stderr) == (1, True), done.stderr
