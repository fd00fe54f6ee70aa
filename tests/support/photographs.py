"""Real photographs for the tests, fetched once from two public packages and never kept in the repository.

    python -m tests.support.photographs

`face_recognition`'s source package holds three independent photos of one person (and two crops of the
first), and one of another; scikit-image's wheel holds a portrait of a third.
"""

import fcntl
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CACHE_DIR = Path(__file__).resolve().parents[1] / ".cache" / "photographs"

_FACES = ("face_recognition==1.3.0", "--no-binary=:all:", "face_recognition-1.3.0/tests/test_images/")
_PORTRAIT = ("scikit-image==0.26.0", "--only-binary=:all:", "skimage/data/")

# Each picture's package and SHA-256; wheels differ between machines, the picture in them does not.
_PICTURES = {
    "obama.jpg": (_FACES, "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6"),
    "obama2.jpg": (_FACES, "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6"),
    "obama3.jpg": (_FACES, "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3"),
    "obama_partial_face.jpg": (_FACES, "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117"),
    "obama_partial_face2.jpg": (_FACES, "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028"),
    "biden.jpg": (_FACES, "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c"),
    "astronaut.png": (_PORTRAIT, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
}
NAMES = tuple(_PICTURES)


def photograph(name: str) -> Path:
    """The path of one of NAMES, fetched with its companions if it is not there yet.

    Any number of processes may ask at once. Raises KeyError for another name,
    subprocess.CalledProcessError if the package index does not answer, ValueError if a picture
    is not the one we know.
    """
    package = _PICTURES[name][0]
    path = CACHE_DIR / name
    if not path.exists():
        CACHE_DIR.mkdir(parents=True, exist_ok=True)
        with (CACHE_DIR / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _fetch(package)
    return path


def _fetch(package: tuple[str, str, str]) -> None:
    requirement, kind, folder = package
    with tempfile.TemporaryDirectory(dir=CACHE_DIR) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, "--dest", scratch]
        subprocess.run([*command, requirement], check=True)
        (archive,) = Path(scratch).iterdir()
        for name, (source, sha256) in _PICTURES.items():
            if source == package:
                content = _member(archive, folder + name)
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise ValueError(f"{name} of {requirement} is not the picture we know")
                whole = Path(scratch) / name
                whole.write_bytes(content)
                whole.rename(CACHE_DIR / name)


def _member(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as sdist:
        member = sdist.extractfile(name)
        if member is None:
            raise ValueError(f"{name} is not a file")
        return member.read()


if __name__ == "__main__":
    for each in NAMES:
        photograph(each)
