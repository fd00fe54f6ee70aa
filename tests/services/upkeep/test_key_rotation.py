"""A new key takes over value by value, under load and after an interruption; no key goes that is needed."""

import base64
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from admin_site import create_app
from shared.persistence.sealed_rows import list_columns, next_rows
from shared.persistence.tables import AuditEntry, FaceModelRow
from shared.security.sealing import Sealer, key_number
from shared.services.audit import Actor
from shared.services.people import consent
from shared.services.upkeep import key_rotation
from tests.support.office import QueueInHand
from tests.support.whole_school import enrol, fill_school

ADMIN = Actor(site="command", email="tests")
OLD, NEW = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def office(toolbox):
    return fill_school(toolbox)


def with_keys(toolbox, *keys):
    """The same installation told other keys, with the same stand-ins for the networks."""
    settings = replace(toolbox.settings, face_keys=dict(keys))
    return toolbox.with_(settings=settings, sealer=Sealer(settings.face_keys))


def values_of(toolbox):
    """Every sealed value, opened."""
    with toolbox.reading() as session:
        return {
            (column.name, row["id"]): toolbox.sealer.open(
                row["sealed"], purpose=key_rotation.purpose_of(column, row)
            )
            for column in list_columns()
            for row in next_rows(session, column, after=0)
        }


def test_every_sealed_column_has_its_purpose():
    assert {column.name for column in list_columns()} == key_rotation.PURPOSES.keys()


def test_after_a_rotation_the_new_key_alone_opens_everything(toolbox, office):
    before = values_of(toolbox)
    both = with_keys(toolbox, (1, OLD), (2, NEW))
    told = []
    left = key_rotation.rotate_keys(both, ADMIN, on_values=lambda done, of: told.append((done, of)))
    assert left == {2: len(before)}
    assert sum(done for done, _ in told) == told[0][1] == len(before) >= 10
    assert values_of(with_keys(toolbox, (2, NEW))) == before
    with toolbox.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.subject) == ("rotate keys", "key 2")


def test_a_second_run_seals_nothing_anew(toolbox, office):
    both = with_keys(toolbox, (1, OLD), (2, NEW))
    key_rotation.rotate_keys(both, ADMIN)
    with toolbox.reading() as session:
        before = session.scalars(select(FaceModelRow.sealed_model)).all()
        key_rotation.rotate_keys(both, ADMIN)
    with toolbox.reading() as session:
        assert session.scalars(select(FaceModelRow.sealed_model)).all() == before


def test_an_interrupted_rotation_says_what_is_left_and_goes_on(toolbox, office):
    both = with_keys(toolbox, (1, OLD), (2, NEW))

    def pull_the_plug(_done, _all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate_keys(both, ADMIN, on_values=pull_the_plug)
    left = key_rotation.count_by_key(both)
    assert left.keys() == {1, 2}
    assert "Keep key 1" in key_rotation.advice(both.settings.face_keys, left)
    assert len(values_of(both)) == sum(left.values())
    assert key_rotation.rotate_keys(both, ADMIN).keys() == {2}


def test_a_value_that_does_not_open_keeps_its_key(toolbox, office):
    with toolbox.sessions.begin() as session:
        broken = session.scalars(select(FaceModelRow.sealed_model)).first()
        row = session.scalars(select(FaceModelRow.id)).first()
        changed = broken[:-1] + bytes([broken[-1] ^ 1])
        session.execute(update(FaceModelRow).where(FaceModelRow.id == row).values(sealed_model=changed))
    both = with_keys(toolbox, (1, OLD), (2, NEW))
    left = key_rotation.rotate_keys(both, ADMIN)
    assert left[1] == 1
    assert "Keep key 1" in key_rotation.advice(both.settings.face_keys, left)


def test_when_nothing_needs_it_the_old_key_may_go_after_the_last_backup():
    keys = {1: OLD, 2: NEW}
    assert "No value needs key 1 any more." in key_rotation.advice(keys, {2: 7})
    assert "No value needs keys 1 and 2 any more." in key_rotation.advice({**keys, 3: bytes(32)}, {3: 7})
    assert "backup" in key_rotation.advice(keys, {2: 7})
    assert "Keep key 1" in key_rotation.advice(keys, {1: 1, 2: 6})
    assert "Only key 1" in key_rotation.advice({1: OLD}, {1: 7})


def test_people_enrol_and_withdraw_while_keys_rotate(toolbox, office):
    both = with_keys(toolbox, (1, OLD), (2, NEW))
    failures = []

    def work():
        try:
            for _ in range(5):
                consent.withdraw_consent(both, office.actor, office.meera)
                consent.record_consent(both, office.actor, office.meera, given_by="Latha Iyer (mother)")
                enrol(both, office, office.meera, "meera")
        except Exception as failure:  # noqa: BLE001 told by the assertion below
            failures.append(failure)

    working = threading.Thread(target=work)
    working.start()
    while working.is_alive():
        key_rotation.rotate_keys(both, ADMIN)
    working.join()
    assert failures == []
    assert key_rotation.rotate_keys(both, ADMIN).keys() == {2}
    values_of(with_keys(toolbox, (2, NEW)))


def test_the_command_draws_a_key_into_the_settings_file_and_rotates(toolbox, office, monkeypatch):
    file = toolbox.settings.instance_dir / "settings.env"
    old = "FACE_KEYS=1:" + base64.b64encode(OLD).decode()
    file.write_text(f"PASSWORD_SALT=x\n{old}\nSCHOOL_NAME=Ours\n", encoding="utf-8")
    monkeypatch.delenv("FACE_KEYS", raising=False)
    answer = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["rotate-keys", "--draw"])
    assert answer.exit_code == 0, answer.output
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "PASSWORD_SALT=x"
    assert lines[1].startswith(old + ",2:")
    assert lines[2] == "SCHOOL_NAME=Ours"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Start every site and the worker again" in answer.output
    assert {key_number(row) for row in sealed(toolbox)} == {1}


def sealed(toolbox):
    with toolbox.reading() as session:
        return [row["sealed"] for column in list_columns() for row in next_rows(session, column, after=0)]


def test_no_key_is_drawn_where_the_environment_holds_them(toolbox, office, monkeypatch):
    monkeypatch.setenv("FACE_KEYS", "1:" + base64.b64encode(OLD).decode())
    answer = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["rotate-keys", "--draw"])
    assert answer.exit_code != 0
    assert "environment" in answer.output
    assert isinstance(office.queue, QueueInHand)
