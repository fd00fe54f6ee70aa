"""Names the files that people download."""

import re
from collections.abc import Iterable
from datetime import datetime


def lecture_title(class_codes: Iterable[str], subject: str, starts_at: datetime) -> str:
    """Return "CO6GA, CO6GB Databases 2026-11-23 09.00"; `starts_at` is by the school's clock."""
    return f"{', '.join(class_codes)} {subject} {starts_at:%Y-%m-%d %H.%M}"


def file_name(title: str, ending: str) -> str:
    """Return a title as a file's name: letters, digits and what every system takes in names."""
    return re.sub(r"[^\w .,-]+", "_", title) + ending
