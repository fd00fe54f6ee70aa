"""A sealed file opens whole or not at all, whatever is done to its pieces."""

import io
import struct

import pytest

from shared.security.sealed_stream import BrokenFile, SealedReader, SealedWriter, UnknownKey

KEYS = {1: bytes(range(32))}
PIECE = 1 << 20


def sealed(content, keys=KEYS, kind="test"):
    file = io.BytesIO()
    writer = SealedWriter(file, keys, kind=kind)
    for start in range(0, len(content), 300_000):
        writer.write(content[start : start + 300_000])
    writer.finish()
    return file.getvalue()


def opened(content, keys=KEYS, kind="test"):
    return io.BufferedReader(SealedReader(io.BytesIO(content), keys, kind=kind)).read()


def taken_apart(content):
    """The first line, and every piece with its length."""
    end = content.index(b"\n") + 1
    first_line, rest, pieces = content[:end], content[end:], []
    while rest:
        (length,) = struct.unpack_from(">I", rest)
        pieces.append(rest[: 4 + length])
        rest = rest[4 + length :]
    return first_line, pieces


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7])
def test_what_was_sealed_opens_byte_for_byte(size):
    content = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    assert opened(sealed(content[:size])) == content[:size]


@pytest.mark.parametrize(
    "harm",
    [
        lambda pieces: pieces[:-1],
        lambda pieces: pieces[:1],
        lambda pieces: [],
        lambda pieces: [pieces[1], pieces[0], *pieces[2:]],
        lambda pieces: [pieces[0], *pieces],
        lambda pieces: [*pieces, pieces[-1]],
        lambda pieces: pieces[1:],
        lambda pieces: [*pieces[:-2], pieces[-1]],
    ],
)
def test_pieces_that_are_missing_moved_or_doubled_do_not_open(harm):
    first_line, pieces = taken_apart(sealed(bytes(3 * PIECE + 7)))
    assert len(pieces) == 4
    with pytest.raises(BrokenFile):
        opened(first_line + b"".join(harm(pieces)))


def test_a_piece_of_another_file_does_not_open():
    first_line, pieces = taken_apart(sealed(bytes(3 * PIECE)))
    _other, others = taken_apart(sealed(bytes(3 * PIECE)))
    with pytest.raises(BrokenFile):
        opened(first_line + b"".join([pieces[0], others[1], *pieces[2:]]))


def test_a_changed_first_line_opens_nothing():
    content = sealed(b"something")
    with pytest.raises(BrokenFile):
        opened(content.replace(b'"key": 1', b'"key":  1', 1))
    with pytest.raises(BrokenFile):
        opened(content, kind="another kind")
    with pytest.raises(UnknownKey):
        opened(content, {2: bytes(32)})
    with pytest.raises(BrokenFile):
        opened(content, {1: bytes(32)})


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"[1]\n", b'{"kind": "test"}\n', b"x" * 5000])
def test_what_is_no_sealed_file_is_told(content):
    with pytest.raises(BrokenFile):
        opened(content)


def test_the_same_content_sealed_twice_is_not_the_same_bytes():
    """Each file has a salt and so a key of its own: under one key two files would have the same nonces."""
    _first, (one,) = taken_apart(sealed(bytes(1000)))
    _second, (other,) = taken_apart(sealed(bytes(1000)))
    assert one[4:1004] != other[4:1004]
