"""The toolbox: a copy has its own stand-ins and shares the rest."""

from dataclasses import fields
from datetime import timedelta
from functools import cached_property

import pytest

from shared.toolbox import Toolbox


@pytest.fixture
def toolbox(sqlite_url, make_settings):
    toolbox = Toolbox(make_settings(sqlite_url))
    yield toolbox
    toolbox.engine.dispose()


def test_a_copy_has_its_own_clock_and_the_same_connections(toolbox):
    tomorrow = toolbox.now() + timedelta(days=1)
    later = toolbox.with_(now=lambda: tomorrow)
    assert later.now() == tomorrow
    assert toolbox.now() < tomorrow
    assert later.engine is toolbox.engine


def test_a_part_that_no_toolbox_has_is_refused(toolbox):
    with pytest.raises(TypeError, match="no face_matchers"):
        toolbox.with_(face_matchers=None)


def test_every_part_can_be_replaced(toolbox):
    parts = {name for name, part in vars(Toolbox).items() if isinstance(part, cached_property)}
    parts |= {field.name for field in fields(Toolbox)}
    replaced = toolbox.with_(**dict.fromkeys(parts))
    assert {name for name, part in vars(replaced).items() if part is None} == parts
