"""Who may import whom, relative imports included. One direction: page, service, the worlds outside, rules."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[1]

PLAIN = (
    *("shared.domain", "shared.errors", "shared.logs", "shared.metrics"),
    *("shared.school_clock", "shared.school_provider", "shared.setting_values", "shared.settings"),
)
SITE = (
    *(*PLAIN, "shared.web", "shared.services", "shared.persistence", "shared.reports"),
    *("shared.security", "shared.toolbox"),
)
# Of seeing only how bytes become a photo: the models themselves arrive in the Toolbox.
ROOM = (
    *(*PLAIN, "shared.persistence", "shared.reports", "shared.mail", "shared.security"),
    *("shared.toolbox", "shared.vision.images", "shared.vision.photo_files", "shared.confined"),
)
# Which rooms of the services stand on which others, besides the audit trail and the checks of what is typed.
ROOMS: dict[str, tuple[str, ...]] = {
    "accounts": (),
    "attendance": (),
    "faces": (),
    "families": (),
    "family_mail": ("families",),
    "integrations": ("accounts", "faces", "people"),
    "kiosk": ("attendance", "faces"),
    "people": ("accounts", "faces"),
    "spoof_check": ("faces", "kiosk"),
    "timetable": (),
    "upkeep": ("attendance", "faces", "integrations", "kiosk", "people", "spoof_check"),
}
# What a part may import of ours besides itself. The longest name that fits a module counts.
OURS = {
    "admin_site": SITE,
    "admin_site.commands": ("shared",),  # what is measured or trained by hand
    "teacher_site": SITE,
    "teacher_site.commands": ("shared", "benchmarks"),
    "shared.web": (*SITE, "shared.translations"),
    **{
        f"shared.services.{room}": (
            *ROOM,
            *(f"shared.services.{other}" for other in ("audit", "typed_input", "typed_phones", *others)),
        )
        for room, others in ROOMS.items()
    },
    "shared.services.audit": ROOM,
    "shared.services.typed_input": PLAIN,
    "shared.services.typed_phones": PLAIN,
    "shared.services": (),
    "shared.jobs": (*PLAIN, "shared.confined", "shared.services", "shared.toolbox", "shared.persistence"),
    "shared.toolbox": (
        *PLAIN,
        "shared.persistence",
        "shared.vision",
        "shared.mail",
        "shared.security",
        "shared.jobs.queue",
    ),
    "shared.persistence": PLAIN,
    "shared.vision": (*PLAIN, "shared.confined"),
    "shared.reports": (*PLAIN, "shared.confined"),
    "shared.confined": PLAIN,
    "shared.mail": (*PLAIN, "shared.translations"),
    "shared.translations": (),
    "shared.security": PLAIN,
    "shared.domain": (),
    "shared.school_clock": ("shared.domain", "shared.errors"),
    "shared.school_provider": ("shared.domain", "shared.errors"),
    "shared.settings": (
        *("shared.domain.languages", "shared.domain.school_account", "shared.errors", "shared.school_clock"),
        *("shared.school_provider", "shared.setting_values"),
    ),
    "shared.setting_values": ("shared.domain.languages", "shared.errors"),
    "shared.errors": (),
    "shared.logs": ("shared.errors",),
    "shared.metrics": ("shared.errors",),
    "shared": (),
    "launcher": ("shared",),
    # No served program imports these two.
    "benchmarks": ("shared", "admin_site", "teacher_site", "launcher", "tests"),
    "modelling": ("shared.vision", *PLAIN),
}
# Where a foreign world may be imported; `commands.py` of a site may use them all.
WEB = ("admin_site", "teacher_site", "shared.web")
FOREIGN = {
    # Flask-Mail and Flask-Babel work only inside an application's context, and the worker has no site:
    # shared.mail makes one that is nothing but that.
    "flask": (*WEB, "shared.mail"),
    "flask_bootstrap": WEB,
    "flask_login": WEB,
    "flask_security": WEB,
    "flask_wtf": WEB,
    "flask_mail": ("shared.mail",),
    "flask_babel": ("shared.mail", "shared.web.languages"),
    "babel": ("shared.mail", "shared.translations", "shared.web.languages"),
    "wtforms": WEB,
    "authlib": ("shared.web",),
    "joserfc": ("shared.web",),
    "requests": ("shared.web",),
    "sqlalchemy": ("shared.persistence", "launcher", "benchmarks"),
    "alembic": ("shared.persistence",),
    "huey": ("shared.jobs",),
    "prometheus_client": ("shared.metrics", "launcher"),
    "dlib": ("shared.vision", "modelling", "benchmarks"),
    "ai_edge_litert": ("shared.vision", "modelling", "benchmarks"),
    "tensorflow": ("shared.vision", "modelling", "benchmarks"),
    "keras": ("shared.vision", "modelling", "benchmarks"),
    "face_recognition": ("shared.vision", "modelling", "benchmarks"),
    "pandas": ("shared.reports",),
    "xlsxwriter": ("shared.reports",),
    "charset_normalizer": ("shared.reports",),
    "defusedxml": ("shared.reports",),
    "xlrd": ("shared.reports",),
    "icalendar": ("shared.reports",),
    "holidays": ("shared.reports",),
    "recurring_ical_events": ("shared.reports",),
}
# Each costs a serving process a second or hundreds of megabytes: only the function that needs it pays.
ONLY_INSIDE_FUNCTIONS = ("tensorflow", "keras", "pandas", "sklearn")
# What the school's other systems and single downloads need; whoever uses none of them pays for none.
NEVER_AT_THE_START = (
    *ONLY_INSIDE_FUNCTIONS,
    *("authlib", "joserfc", "requests", "urllib3", "phonenumbers", "prometheus_client"),
    *("icalendar", "recurring_ical_events", "holidays", "charset_normalizer", "openpyxl", "dlib"),
)

MODULES = sorted(
    ".".join(path.relative_to(PROJECT_DIR).with_suffix("").parts).removesuffix(".__init__")
    for top in ("admin_site", "teacher_site", "shared", "launcher", "benchmarks", "modelling")
    for path in (PROJECT_DIR / top).rglob("*.py")
)


def _is_in(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def _imports(tree: ast.AST, package: str, *, in_function: bool = False) -> Iterator[tuple[str, bool]]:
    """Give every imported name in full, and whether it is imported inside a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, in_function) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = (
                ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level]) if node.level else ""
            )
            source = ".".join(part for part in (start, node.module) if part)
            yield from ((f"{source}.{alias.name}", in_function) for alias in node.names)
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports(node, package, in_function=inside)


def find_breaches(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Name every import of `module` that the law above forbids."""
    part = max((part for part in OURS if _is_in(module, part)), key=len)
    breaches = []
    for name, in_function in _imports(ast.parse(source), module if is_package else module.rpartition(".")[0]):
        top = name.partition(".")[0]
        if top in ("shared", "admin_site", "teacher_site", "launcher", "tests", "benchmarks", "modelling"):
            allowed = any(_is_in(name, other) for other in (part, *OURS[part])) or name == "shared"
        elif _is_in(module, "shared.domain"):
            allowed = top in sys.stdlib_module_names or top == "anyascii"  # a table of letters
        elif part.endswith(".commands") or part == "benchmarks":
            allowed = True
        else:
            allowed = top not in FOREIGN or any(_is_in(module, home) for home in FOREIGN[top])
        if not allowed or (top in ONLY_INSIDE_FUNCTIONS and not in_function):
            breaches.append(f"{module} imports {name}")
    return breaches


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_it_may(module: str) -> None:
    path = PROJECT_DIR.joinpath(*module.split("."))
    is_package = path.is_dir()
    file = path / "__init__.py" if is_package else path.with_suffix(".py")
    assert find_breaches(module, file.read_text(encoding="utf-8"), is_package=is_package) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shared.domain.check_in", "import numpy"),
        ("shared.domain.check_in", "from ..services import check_in"),
        ("shared.services.kiosk.check_in", "from shared.vision.face_matcher import FaceMatcher"),
        ("shared.services.kiosk.check_in", "from shared.vision import spoof_detector"),
        ("shared.services.attendance.totals", "import sqlalchemy"),
        ("shared.services.kiosk.check_in", "from flask import request"),
        ("shared.persistence.people", "from shared.services.people import registration"),
        ("shared.vision.images", "def train():\n    from shared.persistence import tables"),
        ("shared.vision.spoof_training", "import tensorflow as tf"),
        ("shared.reports.term_totals", "import pandas"),
        ("shared.web.site", "import admin_site"),
        ("shared.services.faces.enrolment", "from shared.services.people import registration"),
        ("shared.services.attendance.marks", "from shared.services.kiosk import passes"),
        ("shared.services.kiosk.check_in", "from benchmarks import school"),
        ("shared.vision.images", "from modelling import recapture"),
        ("shared.web.site", "from shared.vision import images"),
        ("teacher_site.kiosk", "from admin_site.forms import ClassForm"),
        ("teacher_site.kiosk", "from sqlalchemy import select"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert len(find_breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "shared.domain.check_in",
            "from dataclasses import dataclass\nfrom .photo_verdict import PhotoVerdict",
        ),
        ("shared.services.kiosk.check_in", "from shared.vision.images import open_photo"),
        ("shared.vision.spoof_training", "def train():\n    import tensorflow"),
        ("shared.reports.term_totals", "def write():\n    import pandas"),
        ("teacher_site.kiosk", "from shared.services.kiosk import check_in\nfrom . import forms"),
        ("teacher_site.commands", "from shared.vision import face_matcher"),
    ],
)
def test_an_allowed_import_is_not(module: str, source: str) -> None:
    assert find_breaches(module, source) == []


def test_uploaded_tables_are_opened_in_a_process_of_their_own_only() -> None:
    for path in (*PROJECT_DIR.glob("*_site/**/*.py"), *PROJECT_DIR.glob("shared/**/*.py")):
        if path.parent.name != "reports":
            source = path.read_text(encoding="utf-8")
            assert "read_table_file" not in source, path
            assert "read_workbook" not in source, path


def test_a_site_starts_without_what_only_other_systems_need(tmp_path: Path) -> None:
    look = "import sys, admin_site, teacher_site; admin_site.create_app(); teacher_site.create_app(); "
    look += f"print(*(name for name in {NEVER_AT_THE_START!r} if name in sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", look],
        cwd=PROJECT_DIR,
        env={"PATH": "", "INSTANCE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == []
