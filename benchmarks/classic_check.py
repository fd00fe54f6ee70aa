"""The classic check-in, to be measured against: `face_recognition`'s defaults and a Keras Inception v3.

It runs in a process of its own, so that TensorFlow's memory is not counted as the product's.
"""

import io
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

INCEPTION_SIDE = 299  # Inception v3's own input
ENROLLED = 5
TOLERANCE = 0.6  # the library's default
START_S = 120.0  # importing TensorFlow on a busy machine
ANSWER_S = 60.0

Taken = tuple[float, float]  # milliseconds by the clock, and of the process's own processor time


@contextmanager
def classic_check() -> Iterator[Callable[[bytes], Taken]]:
    """Return what checks a JPEG the classic way and tells how long that took; all is loaded beforehand.

    Raise RuntimeError if its process fails.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that we are told when the process ends
    try:
        _receive(ours, START_S)

        def check(jpeg: bytes) -> Taken:
            ours.send_bytes(jpeg)
            clock, own = _receive(ours, ANSWER_S).split()
            return float(clock), float(own)

        yield check
    finally:
        ours.close()
        process.terminate()
        process.join()


def _receive(connection: Connection, within_s: float) -> bytes:
    try:
        if connection.poll(within_s):
            return connection.recv_bytes()
    except EOFError:
        pass
    raise RuntimeError("The classic check did not answer.")


def _serve(connection: Connection) -> None:
    """Answer each photo with how long it took, until the other side hangs up."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    with _silence():
        check = _load()
    connection.send_bytes(b"ready")
    while True:
        try:
            jpeg = connection.recv_bytes()
        except EOFError:
            return
        clock, own = time.perf_counter(), time.process_time()
        check(jpeg)
        taken = (time.perf_counter() - clock) * 1e3, (time.process_time() - own) * 1e3
        connection.send_bytes("{} {}".format(*taken).encode())


@contextmanager
def _silence() -> Iterator[None]:
    """Keep quiet what TensorFlow says to whoever imports it, past Python's own streams."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(nowhere)
        os.close(stderr)


def _load() -> Callable[[bytes], bool]:
    """Load both libraries; enrolled encodings and Inception's weights are arbitrary, which costs the same."""
    import face_recognition
    import keras
    import numpy as np
    from PIL import Image

    enrolled = list(np.random.default_rng(7).normal(0, 0.1, (ENROLLED, 128)))
    inception = keras.applications.InceptionV3(weights=None, classes=2)
    size = (INCEPTION_SIDE, INCEPTION_SIDE)

    def check(jpeg: bytes) -> bool:
        rgb = face_recognition.load_image_file(io.BytesIO(jpeg))
        locations = face_recognition.face_locations(rgb)
        encodings = face_recognition.face_encodings(rgb, locations)
        same = [face_recognition.compare_faces(enrolled, each, TOLERANCE) for each in encodings]
        frame = np.asarray(Image.fromarray(rgb).resize(size), np.float32)[np.newaxis] / 127.5 - 1
        spoof = inception.predict(frame, verbose=0)
        return bool(spoof[0, 0] > 0.5) and any(map(any, same))

    return check
