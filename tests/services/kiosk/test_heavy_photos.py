"""A photo that costs this machine much to open counts against the phone that sent it."""

from datetime import timedelta

import pytest

from shared.errors import PhotoRefused
from shared.persistence import kiosk
from shared.services.kiosk import check_in
from tests.support.eyes import MEERA_LOOKS, Eyes, give_eyes, send
from tests.support.heavy_files import heavy_photos
from tests.support.school import enrol, found_school, hand_round


@pytest.fixture
def school(toolbox):
    school = found_school(toolbox)
    enrol(toolbox, school.ids["meera"], [MEERA_LOOKS.tolist()] * 5)
    school.kiosk = hand_round(toolbox, school)
    give_eyes(toolbox, Eyes())
    return school


def failures(toolbox, school) -> int:
    with toolbox.reading() as session:
        return len(kiosk.failures_of_phone(session, school.kiosk.id, toolbox.now() - timedelta(minutes=5)))


@pytest.mark.parametrize(("limit_s", "counted"), [(check_in.HEAVY_PHOTO_S, 0), (0.0, 1)])
def test_a_photo_that_was_heavy_to_open_is_a_failure_of_its_phone(
    toolbox, school, monkeypatch, limit_s, counted
):
    monkeypatch.setattr(check_in, "HEAVY_PHOTO_S", limit_s)
    assert send(toolbox, school).outcome == "present"
    assert failures(toolbox, school) == counted


def test_it_counts_although_the_photo_is_refused(toolbox, school, monkeypatch):
    monkeypatch.setattr(check_in, "HEAVY_PHOTO_S", 0.0)
    with pytest.raises(PhotoRefused):
        send(toolbox, school, photo=heavy_photos()["1,000 scans"])
    assert failures(toolbox, school) == 1
