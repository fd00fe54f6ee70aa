"""What one uploaded file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Processor time and time on the clock in seconds, address space in bytes, and how many are read at once.

    What has the same `turns` waits for the same turns on one machine, whatever site or worker it was sent to.
    """

    turns: str
    processor_s: int
    wall_s: float  # on a busy machine two seconds of work take longer; then somebody has waited long enough
    memory_bytes: int
    at_once: int


# A workbook, or a part of a zip.
FILE = Limits("files", 2, 10.0, 300 * 1024 * 1024, 2)
# A photo that no camera of a page sent. A HEIC of 12 megapixels takes 0.7 s and 200 MB, of 48
# megapixels 2.4 s and 550 MB.
PHOTO = Limits("photos", 8, 40.0, 1200 * 1024 * 1024, 1)

# How long one waits for a turn; in the worker, where nobody sits before a page, longer.
PATIENCE_S = 5.0
PATIENCE_OF_WORKER_S = 120.0
