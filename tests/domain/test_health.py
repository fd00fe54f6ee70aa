"""What is well and what is red, each thing at its limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.health import Vitals, judge

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WELL = Vitals(
    now=NOW,
    database_now=NOW,
    newest_entry_at=NOW - timedelta(minutes=1),
    oldest_entry_at=NOW - timedelta(days=90),
    backup_at=NOW - timedelta(hours=7),
    night_at=NOW - timedelta(hours=7),
    worker_at=NOW - timedelta(seconds=50),
    jobs_waiting=1,
    jobs_lost=0,
    letters_waiting=3,
    oldest_letter_at=NOW - timedelta(minutes=5),
    letters_unsent=2,
    certificate_ends_at=NOW + timedelta(days=300),
    disk_free_bytes=20 * 10**9,
    disk_bytes=100 * 10**9,
)
NEW = replace(WELL, oldest_entry_at=NOW - timedelta(hours=2), backup_at=None, night_at=None)


def red(vitals: Vitals, backup_days: int = 2) -> dict[str, str]:
    return {each.name: each.sentence for each in judge(vitals, backup_days=backup_days) if not each.is_well}


def test_a_cared_for_and_a_new_installation_are_well() -> None:
    assert red(WELL) == red(NEW) == {}
    assert red(replace(WELL, certificate_ends_at=None, newest_entry_at=None, oldest_entry_at=None)) == {}


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("clock", {"database_now": NOW + timedelta(minutes=3)}, "differ by 3 minutes"),
        ("clock", {"newest_entry_at": NOW + timedelta(days=400)}, "400 days behind the newest entry"),
        ("disk", {"disk_free_bytes": 2_900_000_000}, "Only 2.9 GB of 100 GB are free"),
        ("disk", {"disk_free_bytes": 400_000_000, "disk_bytes": 8 * 10**9}, "Make room"),
        ("certificate", {"certificate_ends_at": NOW + timedelta(days=13)}, "ends on 09 December 2026"),
        ("certificate", {"certificate_ends_at": NOW - timedelta(days=1)}, "ends on 25 November 2026"),
        ("worker", {"worker_at": NOW - timedelta(hours=3)}, "not been heard of for 3 hours"),
        ("worker", {"worker_at": None}, "not been heard of yet"),
        ("worker", {"jobs_lost": 4}, "4 jobs wait although the worker lives"),
        ("night", {"night_at": NOW - timedelta(days=3)}, "last done 3 days ago"),
        (
            "letters",
            {"oldest_letter_at": NOW - timedelta(hours=5)},
            "3 letters or messages to families wait, the oldest for 5",
        ),
        ("backup", {"backup_at": NOW - timedelta(days=4)}, "newest backup is 4 days old"),
        ("backup", {"backup_at": None}, "No backup was ever written"),
    ],
)
def test_one_thing_is_red_and_says_so(name: str, changes: dict[str, object], says: str) -> None:
    found = red(replace(WELL, **changes))  # type: ignore[arg-type]
    assert list(found) == [name]
    assert says in found[name]


def test_backups_that_are_made_elsewhere_are_not_asked_about() -> None:
    assert red(replace(WELL, backup_at=None), backup_days=0) == {}
