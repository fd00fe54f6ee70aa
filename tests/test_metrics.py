"""/metrics of a served site: every figure that the dashboard and the alerts ask for, and no name in it."""

import json
import re
import subprocess
import sys
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from shared.persistence.tables import OutgoingMail
from shared.settings import PROJECT_DIR
from shared.toolbox import Toolbox
from shared.vision.images import open_photo
from tests.conftest import settings_for, variables_for
from tests.support.phones import Phone, Refused
from tests.support.pictures import jpeg, person
from tests.support.school import TEACHER_EMAIL, enrol, found_school
from tests.support.servers import find_free_port, wait_until
from tests.trials.served import Browser, served

FOLDER = PROJECT_DIR / "deploy" / "prometheus"
ALERTS = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text())
QUESTIONS = [rule["expr"] for rule in ALERTS] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


@pytest.fixture(scope="module")
def scraped(migrated_sqlite, tmp_path_factory) -> SimpleNamespace:
    """What Prometheus gets after a lesson: a check-in, a refusal, a page, a letter that waits."""
    folder = tmp_path_factory.mktemp("metrics")
    database = folder / "attendance.sqlite3"
    database.write_bytes(migrated_sqlite.read_bytes())
    url, port = f"sqlite:///{database}", str(find_free_port())
    toolbox = Toolbox(settings_for(folder, url))
    school = found_school(toolbox, must_change_password=False)
    photos = [open_photo(jpeg(person(name))) for name in ("obama2.jpg", "obama3.jpg")]
    looks = [toolbox.face_matcher.read(photo).descriptor.tolist() for photo in photos * 2]
    enrol(toolbox, school.ids["meera"], looks)
    now = toolbox.now()
    with toolbox.sessions.begin() as session:
        letter = OutgoingMail(lecture_id=school.ids["lecture"], student_id=school.ids["meera"])
        letter.address, letter.status, letter.queued_at = "iyer@home.in", "present", now - timedelta(hours=1)
        letter.try_at = now + timedelta(hours=1)
        session.add(letter)
    with served("teacher", folder, url, METRICS_PORT=port) as site:
        browser = Browser(site)
        browser.sign_in(TEACHER_EMAIL, school.password)
        browser.open(f"/lectures/{school.ids['lecture']}/kiosk")
        browser.post(f"/lectures/{school.ids['lecture']}/kiosk")
        phone = Phone(browser.session, site.base)
        phone.open()
        answer = phone.check_in("15203A0042", jpeg(person("obama.jpg")), "CO6GA")
        with pytest.raises(Refused):
            phone.check_in("15203A0042", b"no photo", "CO6GA")
        environ = variables_for(folder, url, METRICS_PORT=port)
        command = [sys.executable, "-m", "launcher.metrics_server"]
        with subprocess.Popen(command, env={**environ}, cwd=PROJECT_DIR) as server:
            address = f"http://127.0.0.1:{port}/metrics"
            wait_until(lambda: _answers(address), within_s=60)
            text = requests.get(address, timeout=10).text
            server.terminate()
    toolbox.engine.dispose()
    return SimpleNamespace(text=text, outcome=answer["outcome"], port=port)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.RequestException:
        time.sleep(0.2)
        return False


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_a_check_in_is_counted_with_its_stages_and_zone(scraped):
    found = samples(scraped.text)
    assert ({"outcome": scraped.outcome}, 1.0) in found["attendance_check_ins_total"]
    stages = {labels["stage"]: count for labels, count in found["attendance_check_in_stage_seconds_count"]}
    assert stages.keys() >= {"admit", "open", "describe", "spoof check", "match", "lecture", "record"}
    assert stages["admit"] == 2
    assert sum(count for _, count in found["attendance_spoof_zones_total"]) == 1
    kiosk = [labels for labels, _ in found["attendance_answer_seconds_count"] if labels["kind"] == "kiosk"]
    assert {labels["site"] for labels in kiosk} == {"classroom"}


def test_how_the_installation_is_is_told(scraped):
    found = {name: values[0][1] for name, values in samples(scraped.text).items()}
    assert found["attendance_database_up"] == 1
    assert found["attendance_letters_waiting"] == 1
    assert 3600 <= found["attendance_oldest_letter_age_seconds"] < 3900
    assert found["attendance_disk_free_bytes"] > 0
    assert "attendance_backup_age_seconds" not in found  # none was ever written


def test_nobody_is_named(scraped):
    for told in ("Meera", "Iyer", "15203A0042", "CO6GA", TEACHER_EMAIL, "iyer@home.in", "lectures/"):
        assert told not in scraped.text


# What appears only once there is one; the code that makes it is named.
LATER = {
    *("attendance_backup_age_seconds", "attendance_night_age_seconds", "attendance_worker_age_seconds"),
    *("attendance_certificate_left_seconds", "attendance_turned_away_total"),
}


def test_the_dashboard_and_the_alerts_ask_for_what_there_is(scraped):
    there = samples(scraped.text).keys() | LATER | {"up"}
    code = "".join(
        (PROJECT_DIR / name).read_text() for name in ("launcher/metrics_server.py", "shared/metrics.py")
    )
    for name in LATER:
        assert name.removeprefix("attendance_").removesuffix("_total") in code
    for question in QUESTIONS:
        asked = set(re.findall(r"attendance_\w+", question)) or {"up"}
        assert asked <= there, question


def test_each_alert_says_what_to_do_and_how_urgent_it_is():
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)


def test_off_nothing_is_counted_and_nothing_imported():
    look = "import sys, shared.web.site, teacher_site, shared.metrics as m; m.count_zone('living'); "
    look += "exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], cwd=PROJECT_DIR, check=False).returncode == 0


def test_what_there_never_was_is_alarming_too():
    """A figure that is not there is greater than nothing: an alert on its age alone stays silent."""
    for figure in ("attendance_backup_age_seconds", "attendance_worker_age_seconds"):
        assert any(f"unless on() {figure}" in rule["expr"] for rule in ALERTS), figure
