"""A school on the evening before its term, with a second class and one that has ended."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shared.persistence.tables import SchoolClass
from shared.toolbox import Toolbox
from tests.support.school import found_school

# A Sunday evening before the term.
NOW = datetime(2026, 11, 29, 15, tzinfo=UTC)


@pytest.fixture
def toolbox(sqlite_url, make_settings):
    hands = SimpleNamespace(now=NOW)
    toolbox = Toolbox(make_settings(sqlite_url, TIME_ZONE="Europe/Berlin"), now=lambda: hands.now)
    toolbox.__dict__["hands"] = hands
    yield toolbox
    toolbox.engine.dispose()


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    with toolbox.sessions.begin() as session:
        session.add(SchoolClass(class_code="CO6GB", name="", active=True))
        session.add(SchoolClass(class_code="CO5OLD", name="", active=False))
    return school
