"""Secrets that stand in files, as containers and systemd hand them over."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import IN_FILES, read_settings
from tests.conftest import variables_for


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Every secret in a file of its own, with the line's end that editors add."""
    values = {
        **variables_for(tmp_path, "sqlite:////nowhere.sqlite3"),
        **{"REPORTS_DATABASE_URL": "mysql://reader:word@replica/attendance"},
        **{"REDIS_URL": "redis://:word@queue/0", "MAIL_USERNAME": "school", "MAIL_PASSWORD": "a word"},
        **{"MESSAGES_URL": "https://gateway.school.in/hook?key=7", "MESSAGES_SECRET": "A" * 44},
        **{"SCHOOL_SIGN_IN_CLIENT_SECRET": "the secret of the provider"},
    }
    for name in IN_FILES:
        path = tmp_path / name.lower()
        path.write_text(values.pop(name) + "\n")
        values[f"{name}_FILE"] = str(path)
    return values


def test_every_secret_may_stand_in_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    settings = read_settings(environ)
    direct = {name: (tmp_path / name.lower()).read_text().strip() for name in IN_FILES}
    plain = {name: value for name, value in environ.items() if not name.endswith("_FILE")}
    assert settings == read_settings({**plain, **direct})
    assert settings.mail_password == "a word"
    assert not (tmp_path / "settings.env").exists()  # nothing is drawn where secrets are given


@pytest.mark.parametrize("name", IN_FILES)
def test_what_cannot_be_read_is_told_by_its_name(environ: dict[str, str], tmp_path: Path, name: str) -> None:
    path = tmp_path / name.lower()
    with pytest.raises(SettingsError, match=f"Both {name} and {name}_FILE are set"):
        read_settings({**environ, name: "x"})
    path.write_text("\n")
    with pytest.raises(SettingsError, match=f"{name}_FILE: .* is empty"):
        read_settings(environ)
    path.unlink()
    with pytest.raises(SettingsError, match=f"{name}_FILE: .* cannot be read"):
        read_settings(environ)
