"""What reads an uploaded file may fail, hang, crash or hoard: its process ends, ours does not notice."""

import io
import os
import tempfile
import threading
import time
from dataclasses import replace

import pytest

from shared.confined import reading
from shared.confined.limits import FILE, PHOTO
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
    assert time.monotonic() - began < FILE.wall_s + 1
    assert read("tell_length")[0]["bytes"] == 6  # the next one is read


def test_what_only_waits_ends_by_the_clock():
    began, limits = time.monotonic(), replace(FILE, wall_s=0.2)
    with pytest.raises(WorkbookRefused, match="too much"):
        reading.read_confined(f"{READERS}:sleep", b"", too_heavy=TOO_HEAVY, limits=limits)
    assert time.monotonic() - began < FILE.wall_s


def test_only_a_few_are_read_at_once_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(reading._server, "patience_s", 0.3)
    outcomes = []

    def try_it():
        try:
            read("spin")
        except (WorkbookRefused, Overloaded) as failure:
            outcomes.append(type(failure))

    threads = [threading.Thread(target=try_it) for _ in range(FILE.at_once + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(WorkbookRefused) == FILE.at_once
    assert outcomes.count(Overloaded) == 2


def test_a_server_that_was_killed_is_started_again():
    first = read("tell_length")[0]
    process = reading._server._process
    process.kill()
    process.wait()
    assert read("tell_length")[0]["bytes"] == first["bytes"]


def test_the_limits_are_the_ones_that_are_promised():
    assert (FILE.processor_s, FILE.memory_bytes, FILE.at_once) == (2, 300 * 1024**2, 2)


def test_a_photo_may_cost_more_and_waits_for_no_list(monkeypatch):
    monkeypatch.setattr(reading._server, "patience_s", 0.0)
    with reading._a_turn(PHOTO):
        with pytest.raises(Overloaded), reading._a_turn(PHOTO):
            pass
        assert read("tell_length")[0]["bytes"] == 6
    told, _ = reading.read_confined(f"{READERS}:hoard", b"", too_heavy=TOO_HEAVY, limits=PHOTO)
    assert told == 400 * 1024**2
