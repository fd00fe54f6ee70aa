"""Writes what was made into `models/`, each file with its entry in the manifest."""

import hashlib
import json
from pathlib import Path
from typing import Any


def write_model_file(key: str, file: str, content: bytes, card: dict[str, Any], models_dir: Path) -> None:
    """Write `content` to `models_dir`/`file` and name it, with its SHA-256 and `card`, in the manifest.

    `card` says its licence, its origin and whatever else should stand beside the file.
    """
    path = models_dir / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    manifest_path = models_dir / "manifest.json"
    manifest = json.loads(manifest_path.read_text(encoding="utf-8")) if manifest_path.exists() else {}
    manifest[key] = {"file": file, "sha256": hashlib.sha256(content).hexdigest(), **card}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    manifest_path.write_text(text + "\n", encoding="utf-8")
