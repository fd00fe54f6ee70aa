"""What every test may ask for: databases, servers, settings and a browser with a camera."""

import base64
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import hypothesis
import pytest
from argon2 import low_level
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from shared.persistence.database import migrate
from shared.settings import Settings, read_settings
from shared.toolbox import Toolbox
from tests.support.draws import Drawn
from tests.support.servers import MailServer, MariaDB, Redis, find_program

# A shared, busy machine makes single examples slow; what an example may cost is not what we test.
hypothesis.settings.register_profile("suite", deadline=None, print_blob=True)
hypothesis.settings.load_profile("suite")

# A page that is right shows it sooner or later; on a machine with other work the usual 5 s are too few.
expect.set_options(timeout=20_000)

# Databases wait for the disk at each commit; in memory, which nothing here must outlive, there is no wait.
_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 3 * 2**30
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


# What a test needs beyond Python is told by the fixtures it asks for, or by where it stands.
_FIXTURES = {
    "servers": {"mariadb", "mariadb_url", "redis_server", "from_office"},
    "browser": {"open_chromium", "_chromium", "playwright_driver"},
}
_PLACES = {
    "servers": (
        *("tests/trials/", "tests/test_launcher.py", "tests/test_many_machines.py", "tests/test_servers.py"),
        *(
            "tests/test_web_server.py",
            "tests/test_worker.py",
            "tests/test_containers.py",
            "tests/test_metrics.py",
        ),
    ),
    "browser": ("tests/browser/",),
    "pages": ("tests/admin_site/", "tests/school_sign_in/", "tests/teacher_site/"),
    "slow": (
        *("tests/test_equal_time.py", "tests/test_demo_school.py", "tests/test_upgrade.py"),
        "tests/services/upkeep/test_backup.py",  # a fifth of the services' processor time
        *("tests/test_systemd.py", "tests/test_privileges.py::test_the_whole_product"),
        *("tests/confined/test_reading.py", "tests/reports/test_uploaded_tables.py"),
        "tests/services/faces/test_photo_archive.py",
        "tests/test_migrations.py::test_every_step",
        "tests/test_permissions.py::test_no_route_of_either_site",
    ),
    "models": ("tests/vision/", "tests/modelling/", "tests/benchmarks/", "tests/test_both_sites.py"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` leaves out."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        callspec = getattr(item, "callspec", None)
        if callspec is not None:  # a fixture that runs on both databases names the one it takes
            used |= {value for value in callspec.params.values() if isinstance(value, str)}
        for mark, fixtures in _FIXTURES.items():
            if used & fixtures:
                item.add_marker(mark)
        for mark, places in _PLACES.items():
            if item.nodeid.startswith(places):
                item.add_marker(mark)


@pytest.fixture(scope="module")
def settled_memory() -> Iterator[None]:
    """Set aside what earlier modules left, so that collecting it is no cost of this one's tests."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """This worker's MariaDB. A test that stops it starts it again."""
    server = MariaDB(tmp_path_factory.mktemp("servers") / "mariadb")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    """An empty Redis."""
    server = Redis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """An SMTP server nobody has written to."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _migrated_mariadb(mariadb: MariaDB) -> str:
    url = mariadb.create("attendance")
    migrate(url)
    return url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of an SQLite database with all tables and no row."""
    path = tmp_path / "attendance.sqlite3"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def mariadb_url(_migrated_mariadb: str, mariadb: MariaDB) -> Iterator[str]:
    """The address of a MariaDB database with all tables and no row."""
    yield _migrated_mariadb
    mariadb.empty("attendance")


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Runs the test twice: on SQLite and on MariaDB, both with all tables and no row."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "mariadb"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Runs the test twice: on an SQLite and a MariaDB database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.sqlite3'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.create("bare")


def settings_for(instance_dir: Path, database_url: str, **variables: str) -> Settings:
    """Settings as an installation would have them; `MAIL_PORT="25"` and the like replace or add one."""
    return read_settings(variables_for(instance_dir, database_url, **variables))


def variables_for(instance_dir: Path, database_url: str, **variables: str) -> dict[str, str]:
    """The same as environment variables, for programs that the tests start."""
    return {
        "DATABASE_URL": database_url,
        "INSTANCE_DIR": str(instance_dir),
        "ADMIN_SECRET_KEY": "the office's secret of the tests " * 2,
        "TEACHER_SECRET_KEY": "the classroom's secret of the tests " * 2,
        "PASSWORD_SALT": "the salt of the tests, for nothing else",
        "FACE_KEYS": "1:" + base64.b64encode(bytes(range(32))).decode(),
        "TIME_ZONE": "Asia/Kolkata",
        **variables,
    }


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings over a folder of the test's own: `make_settings(database_url, MAIL_PORT="25")`."""
    instance_dir = tmp_path / "instance"
    instance_dir.mkdir(exist_ok=True)
    return partial(settings_for, instance_dir)


@pytest.fixture
def toolbox(database_url: str, make_settings: Callable[..., Settings]) -> Iterator[Toolbox]:
    """A toolbox over an empty database; the test runs on SQLite and on MariaDB."""
    # Nobody is asked to turn the head by chance.
    toolbox = Toolbox(make_settings(database_url)).with_(draws=Drawn())
    yield toolbox
    toolbox.engine.dispose()


_verify_once = cache(low_level.verify_secret)


@pytest.fixture
def quick_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password once found right is not tried on the same hash again, which takes 0.1 s on purpose."""
    monkeypatch.setattr(low_level, "verify_secret", _verify_once)


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Templates are compiled once, not for each test's own app."""
    compiled = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = {"bytecode_cache": compiled}


@pytest.fixture(scope="module")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def _chromium(playwright_driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable]:
    """Finds the module's Chromium for what a camera shows; it takes more than a second to start one."""
    browsers: dict[bytes, Browser] = {}
    folder = tmp_path_factory.mktemp("cameras")

    def find(shown: bytes) -> Browser:
        if shown not in browsers or not browsers[shown].is_connected():
            flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
            if os.getuid() == 0:
                flags.append("--no-sandbox")
            if shown:
                video = folder / f"camera-{len(browsers)}.mjpeg"
                video.write_bytes(shown)
                flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
                flags.append(f"--use-file-for-fake-video-capture={video}")
            program = find_program("chromium", package="chromium")
            browsers[shown] = playwright_driver.chromium.launch(executable_path=program, args=flags)
        return browsers[shown]

    yield find
    for browser in browsers.values():
        browser.close()


@pytest.fixture
def open_chromium(_chromium: Callable) -> Iterator[Callable[..., Browser]]:
    """Gives a Chromium: `open_chromium(camera=[jpeg, …])`, whose camera shows the JPEGs in a loop.

    Tests of a module share it, but no window: those of a test, with all they stored, end with it.
    """
    used: list[Browser] = []

    def open_one(camera: list[bytes] | None = None) -> Browser:
        used.append(_chromium(b"".join(camera or ())))
        return used[-1]

    yield open_one
    for context in [context for browser in used for context in browser.contexts]:
        context.close()
