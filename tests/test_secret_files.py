"""Secrets that stand in files, as containers and systemd hand them over."""

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import IN_FILES, draw_face_key, read_settings
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


def test_a_settings_file_is_read_as_editors_and_shells_write_it(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path)}
    drawn, file = read_settings(environ), tmp_path / "settings.env"
    typed = "export SCHOOL_NAME=\"Hill 'School'\"\nMAIL_PASSWORD='a b'\nSCHOOL_CONTACT=\"\n# ROLL_ID_NAME=x\n"
    file.write_text("\ufeff" + file.read_text().replace("FACE_KEYS=", 'FACE_KEYS="').rstrip() + f'"\n{typed}')
    found = read_settings(environ)
    assert (found.school_name, found.mail_password, found.school_contact) == ("Hill 'School'", "a b", '"')
    assert (found.admin_secret_key, found.face_keys) == (drawn.admin_secret_key, drawn.face_keys)
    assert draw_face_key(tmp_path, environ) == 2
    assert set(read_settings(environ).face_keys) == {1, 2}


def test_a_settings_file_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path)}
    read_settings(environ)
    file = tmp_path / "settings.env"
    whole = file.read_bytes()
    file.write_bytes(whole + "SCHOOL_NAME=École\n".encode("latin-1"))
    with pytest.raises(SettingsError, match="not written in UTF-8"):
        read_settings(environ)
    file.write_bytes(b"\n".join(line for line in whole.splitlines() if b"FACE_KEYS" not in line))
    with pytest.raises(SettingsError, match="holds no FACE_KEYS"):
        draw_face_key(tmp_path, environ)
