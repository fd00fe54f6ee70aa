"""A zip of photos is opened without trusting it, and every name in it is read."""

import struct
import time
import zipfile
from io import BytesIO

import pytest

from shared.confined.reading import read_confined
from shared.errors import InvalidInput, PhotoRefused
from shared.services.faces import photo_archive
from shared.services.faces.photo_archive import PhotoArchive, tell_entries


def zip_of(files, *, compression=zipfile.ZIP_STORED):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("José.jpg".encode("cp1252"), "José.jpg"),
        ("José.jpg".encode("cp850"), "José.jpg"),
        ("José.jpg".encode(), "José.jpg"),
        ("आशा.jpg".encode(), "आशा.jpg"),
        (b"asha.jpg", "asha.jpg"),
    ],
)
def test_a_name_is_read_whatever_it_was_written_in(written, read):
    content = zip_of({"x" * len(written): "x"}).getvalue().replace(b"x" * len(written), written)
    (entry,) = PhotoArchive(BytesIO(content)).entries
    assert read in entry.names
    assert len(entry.names) == (3 if "Jos" in read and written != read.encode() else 1)


def test_what_systems_add_to_a_zip_is_passed_over():
    files = {"a/": "", "a/1.jpg": "x", "__MACOSX/a/._1.jpg": "x", "a/.DS_Store": "x", "Thumbs.db": "x"} | {
        "b/thumbs.db": "x",
        "Desktop.ini": "x",
        "a/__MACOSX/2.jpg": "x",
    }
    archive = PhotoArchive(zip_of(files))
    assert [entry.names for entry in archive.entries] == [("a/1.jpg",)]
    assert set(archive.passed_over) == set(files) - {"a/", "a/1.jpg"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P",
        b"hello",
        b"\xff\xd8\xff\xe0 a photo",
        zip_of({"a.jpg": "x" * 100}).getvalue()[:60],
        b"PK\x05\x06",
    ],
    ids=["empty", "one byte", "text", "photo", "cut off", "bare signature"],
)
def test_what_is_no_zip_is_refused_with_a_sentence(content):
    with pytest.raises(InvalidInput, match="not a zip"):
        PhotoArchive(BytesIO(content))


def test_an_empty_zip_is_refused():
    with pytest.raises(InvalidInput, match="no photos"):
        PhotoArchive(zip_of({}))


def test_a_zip_with_a_password_is_refused():
    content = bytearray(zip_of({"a.jpg": "x"}).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(InvalidInput, match="password"):
        PhotoArchive(BytesIO(bytes(content)))


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr(photo_archive, "MOST_FILES", 3)
    tell_entries(zip_of({f"{number}.jpg": "" for number in range(3)}))
    with pytest.raises(InvalidInput, match="in parts"):
        tell_entries(zip_of({f"{number}.jpg": "" for number in range(4)}))


def test_a_bomb_is_refused_by_the_size_it_unpacks_to(monkeypatch):
    monkeypatch.setattr(photo_archive, "MOST_UNPACKED_BYTES", 8_000_000)
    files = {f"{number}.jpg": b"\0" * 1_000_000 for number in range(9)}
    bomb = zip_of(files, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(InvalidInput, match="in parts"):
        tell_entries(bomb)


def test_a_directory_too_long_to_read_is_refused_before_it_is_read():
    many = zip_of({f"{number:04}{'x' * 200}.jpg": "" for number in range(6000)})
    with pytest.raises(InvalidInput, match="in parts"):
        PhotoArchive(many)


def test_a_large_zip_record_cannot_smuggle_a_longer_directory_in():
    plain = zip_of({"a.jpg": "x"}).getvalue()
    end = plain.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**33, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    with pytest.raises(InvalidInput, match="in parts"):
        PhotoArchive(BytesIO(plain[:end] + record + locator + plain[end:]))


def test_files_that_share_their_bytes_are_no_zip_we_open():
    content = zip_of({"1.jpg": b"a" * 1000}).getvalue()
    at, end = content.rfind(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    entry = content[at:end]
    ending = content[end : end + 8] + struct.pack("<HHLLH", 50, 50, 50 * len(entry), at, 0)
    with pytest.raises(InvalidInput, match="not a zip"):
        PhotoArchive(BytesIO(content[:at] + 50 * entry + ending))


def unpacked(file):
    """Each file's content, or the sentence that says why there is none."""
    archive = PhotoArchive(file)
    contents = archive.unpack(archive.entries)
    return [str(each) if isinstance(each, PhotoRefused) else each for each in contents]


def test_a_file_over_twenty_megabytes_is_refused_alone():
    large = zip_of({"1.jpg": b"\0" * 20_000_001, "2.jpg": b"x"}, compression=zipfile.ZIP_DEFLATED)
    assert unpacked(large) == ["The photo is larger than 20 MB. Please send a smaller one.", b"x"]


def test_a_damaged_file_is_refused_alone():
    content = zip_of({"1.jpg": b"first photo", "2.jpg": b"second"}).getvalue()
    damaged = BytesIO(content.replace(b"first photo", b"other photo"))
    assert unpacked(damaged) == ["The file is damaged.", b"second"]


def test_a_file_that_lies_about_its_size_is_not_unpacked_beyond_it():
    content = bytearray(zip_of({"1.jpg": b"\0" * 50_000_000}, compression=zipfile.ZIP_DEFLATED).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    assert unpacked(BytesIO(bytes(content))) == ["The file is damaged."]


def test_many_files_come_in_their_order_whatever_they_weigh():
    files = {f"{number}.jpg": bytes([number]) * (number % 5 * 1_000_000) for number in range(30)}
    assert unpacked(zip_of(files)) == list(files.values())


@pytest.mark.usefixtures("settled_memory")
def test_a_file_that_takes_too_much_ends_the_unpacking_and_costs_this_process_nothing(monkeypatch):
    def greedy(function, file, *positions, **how):
        if positions and 1 in positions[0]:
            return read_confined("tests.support.greedy_readers:spin", file, **how)
        return read_confined(function, file, *positions, **how)

    monkeypatch.setattr(photo_archive, "read_confined", greedy)
    monkeypatch.setattr(photo_archive, "_BATCH_BYTES", 1)
    began = time.process_time()
    contents = unpacked(zip_of({f"{number}.jpg": b"photo" for number in range(200)}))
    assert contents[0] == b"photo"
    assert len(contents) == 200
    assert {each.partition(",")[0] for each in contents[1:]} == {
        "Unpacking this zip would take too much of this machine"
    }
    assert time.process_time() - began < 0.5
