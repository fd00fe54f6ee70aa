"""What the pages' scripts do while something is slow: the camera, the network."""

import socket
import threading
from contextlib import suppress

import pytest

from tests.support.scripts import run_script

# A camera that is given later: `give` gives it, `running` are the tracks that were not stopped.
_CAMERA = """(async () => {
    const asked = [], running = new Set();
    const stream = () => {
        const track = { stop: () => running.delete(track), addEventListener() {} };
        running.add(track);
        return { getTracks: () => [track], getVideoTracks: () => [track] };
    };
    const pause = () => new Promise((done) => setTimeout(done));
    const give = async (number) => { asked[number](stream()); await pause(); };
    globalThis.window = { isSecureContext: true };
    const getUserMedia = () => new Promise((done) => asked.push(done));
    Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: { getUserMedia } } });
    const video = { srcObject: null, play: async () => {} };
    const camera = new modules.Camera(video);
    %s
    return [running.size, Boolean(video.srcObject)];
})()"""


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ("camera.start(); await give(0);", [1, True]),
        ("camera.start(); await give(0); camera.stop();", [0, False]),
        ("camera.start(); camera.stop(); await give(0);", [0, False]),
        ("camera.start(); camera.start(); await give(0); await give(1);", [1, True]),
        ("camera.start(); camera.start(); await give(1); await give(0);", [1, True]),
        ("camera.start(); camera.start(); await give(0); await give(1); camera.stop();", [0, False]),
    ],
)
def test_a_camera_that_comes_late_does_not_run_on(steps, left):
    assert run_script(_CAMERA % steps) == left


@pytest.mark.parametrize("ends", ["timeoutMs: 300", "signal: AbortSignal.timeout(300)"])
def test_an_answer_that_stops_in_the_middle_is_given_up(ends):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_in_part() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                connection.settimeout(10)
                with suppress(OSError):
                    connection.recv(1)  # until the page gives up

        server = threading.Thread(target=answer_in_part, daemon=True)
        server.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        told = run_script(
            f"""Promise.race([
                modules.send(given, {{ {ends} }}).then((r) => r.json()).then(() => "read", () => "given up"),
                new Promise((done) => setTimeout(done, 5000, "waited on")),
            ])""",
            address,
        )
        server.join()
    assert told == "given up"
