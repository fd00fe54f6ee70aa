"""`make scale`: two sites behind nginx over one database and queue; each serves and is counted."""

from benchmarks.scale import COUNTERS, _counters, own_memory_mb, processor_s, run, university


def test_two_sites_share_the_kiosks_and_every_answer_is_right(tmp_path):
    with university(tmp_path, 2) as school:
        before = _counters(school.database)
        taken, outcomes = run(school, 1.5)
        counted = {name: value - before[name] for name, value in _counters(school.database).items()}
        logs = [machine.log.read_text() for machine in school.machines]
        memory = own_memory_mb(school.machines[0].process.pid)
        used = [processor_s(machine.process.pid) for machine in school.machines]
    assert set(outcomes) <= {"present", "overloaded"}
    assert len(taken) == sum(outcomes.values()) >= len(school.kiosks)
    assert all('"route": "kiosk.send"' in log for log in logs)  # both were asked
    assert counted.keys() == set(COUNTERS)
    assert counted["Com_commit"] >= outcomes["present"]
    assert min(used) > 0
    assert 100 < memory < 1000
