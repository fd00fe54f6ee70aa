"""What reads an uploaded file may fail, hang, crash or hoard: its process ends, ours does not notice."""

import io
import os
import tempfile
import threading
import time

import pytest

from shared.confined import reading
from shared.confined.limits import AT_ONCE, PROCESSOR_S, WALL_S
from shared.errors import InvalidInput, Overloaded, WorkbookRefused

READERS = "tests.support.greedy_readers"
TOO_HEAVY = WorkbookRefused("too much")


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of the test's own, as far as turns go."""
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))


def read(name, file=b"abcdef", *arguments):
    return reading.read_confined(f"{READERS}:{name}", file, *arguments, too_heavy=TOO_HEAVY)


def test_a_value_and_bytes_come_back_from_another_process():
    told, blobs = read("tell_length", b"abcdef", "आशा", "two")
    assert (told["bytes"], told["words"], blobs) == (6, ["आशा", "two"], [b"abc", b""])
    assert told["pid"] != os.getpid()


def test_a_file_is_read_from_its_beginning_wherever_it_lies():
    with tempfile.TemporaryFile() as on_disk, tempfile.SpooledTemporaryFile(max_size=100) as spooled:
        for file in (on_disk, spooled, io.BytesIO()):
            file.write(b"x" * 50)
            assert read("tell_length", file)[0]["bytes"] == 50


def test_a_refusal_comes_back_with_its_field():
    with pytest.raises(InvalidInput, match=r"Not this one\.") as refused:
        read("refuse")
    assert refused.value.field == "file"


def test_no_secret_is_in_its_environment(monkeypatch):
    monkeypatch.setenv("FACE_KEYS", "1:secret")
    assert "FACE_KEYS" not in read("tell_secrets")[0]


@pytest.mark.parametrize("name", ["spin", "hoard", "crash", "fail", "write"])
def test_what_goes_beyond_its_limits_or_fails_is_refused(name):
    began = time.monotonic()
    with pytest.raises(WorkbookRefused, match="too much"):
        read(name)
    assert time.monotonic() - began < WALL_S + 1
    assert read("tell_length")[0]["bytes"] == 6  # the next one is read


def test_what_only_waits_ends_by_the_clock(monkeypatch):
    monkeypatch.setattr(reading, "WALL_S", 0.2)
    with pytest.raises(WorkbookRefused, match="too much"):
        read("sleep")


def test_only_a_few_are_read_at_once_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(reading, "PATIENCE_S", 0.3)
    outcomes = []

    def try_it():
        try:
            read("spin")
        except (WorkbookRefused, Overloaded) as failure:
            outcomes.append(type(failure))

    threads = [threading.Thread(target=try_it) for _ in range(AT_ONCE + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(WorkbookRefused) == AT_ONCE
    assert outcomes.count(Overloaded) == 2


def test_a_server_that_was_killed_is_started_again():
    first = read("tell_length")[0]
    process = reading._server._process
    process.kill()
    process.wait()
    assert read("tell_length")[0]["bytes"] == first["bytes"]


def test_the_limits_are_the_ones_that_are_promised():
    assert (PROCESSOR_S, AT_ONCE) == (2, 2)
