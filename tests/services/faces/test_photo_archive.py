"""A zip of photos is opened without trusting it, and every name in it is read."""

import struct
import zipfile
from io import BytesIO

import pytest

from shared.errors import InvalidInput, PhotoRefused
from shared.services.faces import photo_archive
from shared.services.faces.photo_archive import open_archive, possible_names, read_entry


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
    _, (entry,) = open_archive(BytesIO(content))
    assert read in possible_names(entry)
    assert len(possible_names(entry)) == (3 if "Jos" in read and written != read.encode() else 1)


def test_what_systems_add_to_a_zip_is_passed_over():
    files = {"a/": "", "a/1.jpg": "x", "__MACOSX/a/._1.jpg": "x", "a/.DS_Store": "x", "Thumbs.db": "x"} | {
        "b/thumbs.db": "x",
        "Desktop.ini": "x",
        "a/__MACOSX/2.jpg": "x",
    }
    _, entries = open_archive(zip_of(files))
    assert [entry.filename for entry in entries] == ["a/1.jpg"]


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
        open_archive(BytesIO(content))


def test_an_empty_zip_is_refused():
    with pytest.raises(InvalidInput, match="no photos"):
        open_archive(zip_of({}))


def test_a_zip_with_a_password_is_refused():
    content = bytearray(zip_of({"a.jpg": "x"}).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(InvalidInput, match="password"):
        open_archive(BytesIO(bytes(content)))


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr(photo_archive, "MOST_FILES", 3)
    open_archive(zip_of({f"{number}.jpg": "" for number in range(3)}))
    with pytest.raises(InvalidInput, match="in parts"):
        open_archive(zip_of({f"{number}.jpg": "" for number in range(4)}))


def test_a_bomb_is_refused_by_the_size_it_unpacks_to(monkeypatch):
    monkeypatch.setattr(photo_archive, "MOST_UNPACKED_BYTES", 8_000_000)
    files = {f"{number}.jpg": b"\0" * 1_000_000 for number in range(9)}
    bomb = zip_of(files, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(InvalidInput, match="in parts"):
        open_archive(bomb)


def test_a_directory_too_long_to_read_is_refused_before_it_is_read():
    many = zip_of({f"{number:04}{'x' * 200}.jpg": "" for number in range(6000)})
    with pytest.raises(InvalidInput, match="in parts"):
        open_archive(many)


def test_a_large_zip_record_cannot_smuggle_a_longer_directory_in():
    plain = zip_of({"a.jpg": "x"}).getvalue()
    end = plain.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**33, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    with pytest.raises(InvalidInput, match="in parts"):
        open_archive(BytesIO(plain[:end] + record + locator + plain[end:]))


def test_a_file_over_five_megabytes_is_refused_alone():
    archive, (large, small) = open_archive(zip_of({"1.jpg": b"\0" * 5_000_001, "2.jpg": b"x"}))
    with pytest.raises(PhotoRefused, match="5 MB"):
        read_entry(archive, large)
    assert read_entry(archive, small) == b"x"


def test_a_damaged_file_is_refused_alone():
    content = zip_of({"1.jpg": b"first photo", "2.jpg": b"second"}).getvalue()
    archive, (damaged, whole) = open_archive(BytesIO(content.replace(b"first photo", b"other photo")))
    with pytest.raises(PhotoRefused, match="damaged"):
        read_entry(archive, damaged)
    assert read_entry(archive, whole) == b"second"


def test_a_file_that_lies_about_its_size_is_not_unpacked_beyond_it():
    content = bytearray(zip_of({"1.jpg": b"\0" * 50_000_000}, compression=zipfile.ZIP_DEFLATED).getvalue())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    archive, (liar,) = open_archive(BytesIO(bytes(content)))
    with pytest.raises(PhotoRefused):
        read_entry(archive, liar)
