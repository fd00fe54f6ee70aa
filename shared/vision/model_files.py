"""Opens a trained file of `models/` only if it is exactly the one its manifest names."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.languages import phrase
from shared.errors import ModelUnavailable

MODELS_DIR = Path(__file__).resolve().parents[2] / "models"


@dataclass(frozen=True)
class ModelFile:
    """A verified file: its bytes, its SHA-256 and the rest of its manifest entry."""

    content: bytes
    sha256: str
    card: dict[str, Any]


def check_all(models_dir: Path = MODELS_DIR) -> int:
    """Open every file of the manifest; return how many. Raise ModelUnavailable as `open_model_file` does."""
    try:
        names = list(json.loads((models_dir / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as cause:
        raise ModelUnavailable(
            phrase("The camera check is not available: the manifest is missing.")
        ) from cause
    for name in names:
        open_model_file(name, models_dir=models_dir)
    return len(names)


def open_model_file(name: str, *, models_dir: Path = MODELS_DIR) -> ModelFile:
    """Read the file that the manifest lists under `name`, a key such as "faces/recogniser".

    Raise ModelUnavailable if the manifest or the file is missing, unreadable, or its
    SHA-256 differs from the manifest's.
    """
    try:
        manifest = json.loads((models_dir / "manifest.json").read_text(encoding="utf-8"))
        card = manifest[name]
        content = (models_dir / card["file"]).read_bytes()
        expected = card["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ModelUnavailable(
            phrase("The camera check is not available: a model file is missing.")
        ) from cause
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ModelUnavailable(phrase("The camera check is not available: a model file was altered."))
    return ModelFile(content=content, sha256=found, card=card)
