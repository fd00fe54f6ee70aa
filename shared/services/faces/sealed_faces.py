"""Seals and opens face models and descriptors, and keeps the index of all enrolled faces up to date."""

import logging
import struct
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from shared.domain.face_model import DESCRIPTOR_LENGTH, TEMPLATE_BYTES, FaceModel, UnreadableFaceModel
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import EnrolmentPhoto
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.toolbox import Toolbox

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

_DESCRIPTOR = struct.Struct(f"<{DESCRIPTOR_LENGTH}f")
_NO_TEMPLATE = bytes(TEMPLATE_BYTES)


def seal_model(toolbox: Toolbox, student_id: int, model: FaceModel) -> bytes:
    """Seal a face model for its student's row."""
    return toolbox.sealer.seal(model.to_bytes(), purpose=purposes.face_model(student_id))


def open_model(toolbox: Toolbox, student_id: int, sealed: bytes) -> FaceModel | None:
    """Open a stored face model; None if it was altered or is of another version."""
    try:
        return FaceModel.from_bytes(toolbox.sealer.open(sealed, purpose=purposes.face_model(student_id)))
    except (BrokenSeal, UnreadableFaceModel):
        return None


def pack_descriptor(descriptor: Sequence[float]) -> bytes:
    """Write 129 numbers down, to be sealed."""
    return _DESCRIPTOR.pack(*descriptor)


def unpack_descriptor(plain: bytes) -> tuple[float, ...]:
    """Read what `pack_descriptor` wrote."""
    return _DESCRIPTOR.unpack(plain)


def seal_descriptor(toolbox: Toolbox, student_id: int, descriptor: "np.ndarray") -> bytes:
    """Seal the 129 numbers of an enrolment photo."""
    return toolbox.sealer.seal(
        pack_descriptor(descriptor.tolist()), purpose=purposes.photo_descriptor(student_id)
    )


def open_descriptor(toolbox: Toolbox, photo: EnrolmentPhoto) -> tuple[float, ...]:
    """Open the 129 numbers of a good photo. Raises BrokenSeal."""
    sealed = photo.sealed_descriptor or b""
    return unpack_descriptor(toolbox.sealer.open(sealed, purpose=purposes.photo_descriptor(photo.student_id)))


def refresh_index(toolbox: Toolbox, session: Session) -> None:
    """Let the index of every enrolled face catch up with what this session sees.

    Only models that changed since are opened. One that cannot be opened is left out, and logged.
    """
    version, removed_at = faces.find_version(session)
    toolbox.face_index.refresh(
        version,
        removed_at,
        changed_since=partial(_open_templates, toolbox, session),
        list_enrolled=partial(faces.list_enrolled, session),
    )


def _open_templates(toolbox: Toolbox, session: Session, version: int) -> Iterator[tuple[int, bytes]]:
    for student_id, sealed in faces.models_since(session, version):
        try:
            content = toolbox.sealer.open(sealed, purpose=purposes.face_model(student_id))
            yield student_id, FaceModel.template_bytes(content)
        except (BrokenSeal, UnreadableFaceModel) as failure:
            log.error("face model of student %s: %s", student_id, type(failure).__name__)
            yield student_id, _NO_TEMPLATE
