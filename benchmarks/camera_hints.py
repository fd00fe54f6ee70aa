"""Measures what the hints before the snap cost a phone: `.venv/bin/python -m benchmarks.camera_hints`.

A real Chromium runs the worker that the pages run, on a photograph. Chromium itself plays a slow phone: it
holds its main thread back six times, and the finder runs there for it.
"""

import base64
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from playwright.sync_api import Page, sync_playwright

from shared.settings import PROJECT_DIR
from tests.support.pictures import before_a_wall, jpeg

STATIC = PROJECT_DIR / "shared" / "web" / "static"
ADDED = ("camera-hints", "snap-hints", "outline", "face-worker", "face-finder", "face-network")
SIZES = {"4:3": (192, 144), "16:9": (192, 108)}
LOOKS, SLOWER = 60, 6

_LOOK = """
async ({ photo, size: [width, height], looks, inWorker }) => {
  const bytes = Uint8Array.from(atob(photo), (sign) => sign.charCodeAt(0));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const picture = { width, height, data };
  const took = [];
  if (inWorker) {
    const worker = new Worker("/face-worker.js", { type: "module" });
    const heard = () => new Promise((hear) => { worker.onmessage = hear; });
    for (await heard(); took.length < looks; ) {
      worker.postMessage(picture);
      took.push((await heard()).data.ms);
    }
    worker.terminate();
    return took;
  }
  const { FaceFinder } = await import("/face-finder.js");
  const finder = new FaceFinder(await (await fetch("/face-finder.bin")).arrayBuffer());
  while (took.length < looks) {
    took.push(finder.look(picture).ms);
    await new Promise((rest) => setTimeout(rest, 20));
  }
  return took;
}
"""


def main() -> None:
    """Measure and print; in brackets the quickest look, and the slowest of the first five."""
    photo = base64.b64encode(jpeg(before_a_wall("obama2.jpg", scale=0.7, at=(0.5, 0.46)))).decode()
    sizes = [(STATIC / f"{name}.js").stat().st_size for name in ADDED]
    network = (STATIC / "face-finder.bin").stat().st_size
    print(f"added to a page: {sum(sizes) / 1000:.0f} kB of scripts, {network / 1000:.0f} kB of network")
    print(f"{'ms for a look':14} {'worker':>20} {f'{SLOWER} times slower':>20}")
    with _page() as page:
        for name, size in SIZES.items():
            fast = _look(page, photo, size, in_worker=True)
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            slow = _look(page, photo, size, in_worker=False)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            print(f"{name:14} {_words(fast):>20} {_words(slow):>20}", flush=True)


def _look(page: Page, photo: str, size: tuple[int, int], *, in_worker: bool) -> list[float]:
    return list(page.evaluate(_LOOK, {"photo": photo, "size": size, "looks": LOOKS, "inWorker": in_worker}))


def _words(took: list[float]) -> str:
    first, rest = took[:5], took[5:]
    return f"{median(rest):.0f} ({min(rest):.0f}; {max(first):.0f})"


@contextmanager
def _page() -> Iterator[Page]:
    """Give an empty page beside the scripts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/icon.svg")
        yield page
        browser.close()
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    main()
