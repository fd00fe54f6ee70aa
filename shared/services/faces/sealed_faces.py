"""Seals and opens face models and descriptors, and keeps the index of all enrolled faces up to date."""

import logging
import struct
from collections.abc import Iterator, Sequence
from functools import partial

from shared.domain.face_model import CURRENT, FaceModel, Network, UnreadableFaceModel, network_of
from shared.domain.languages import phrase
from shared.errors import Conflict, PhotoRefused
from shared.persistence import faces
from shared.persistence.database import Session
from shared.persistence.tables import EnrolmentPhoto
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.toolbox import Toolbox
from shared.vision.photo_files import open_file

log = logging.getLogger(__name__)

_NO_TEMPLATE = b""


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
    """Write a descriptor of any network down, to be sealed. Raise ValueError for anything else."""
    network_of(descriptor)
    return struct.pack(f"<{len(descriptor)}f", *descriptor)


def unpack_descriptor(plain: bytes) -> tuple[float, ...]:
    """Read what `pack_descriptor` wrote."""
    return struct.unpack(f"<{len(plain) // 4}f", plain)


def seal_descriptor(toolbox: Toolbox, student_id: int, descriptor: Sequence[float]) -> bytes:
    """Seal the descriptor of an enrolment photo."""
    return toolbox.sealer.seal(pack_descriptor(descriptor), purpose=purposes.photo_descriptor(student_id))


def open_descriptor(toolbox: Toolbox, photo: EnrolmentPhoto) -> tuple[float, ...]:
    """Open the descriptor of a good photo; one that an earlier network described is described anew.

    Raise BrokenSeal, ModelUnavailable, and Conflict if no face is found in the photo any more.
    """
    sealed = photo.sealed_descriptor or b""
    descriptor = unpack_descriptor(
        toolbox.sealer.open(sealed, purpose=purposes.photo_descriptor(photo.student_id))
    )
    return descriptor if network_of(descriptor) is CURRENT else describe_photo(toolbox, photo, CURRENT)


def describe_photos(
    toolbox: Toolbox, photos: Sequence[EnrolmentPhoto], network: Network
) -> list[tuple[float, ...]]:
    """Return the descriptors of good photos by this network. Raise BrokenSeal, ModelUnavailable, Conflict."""
    if network is CURRENT:
        return [open_descriptor(toolbox, photo) for photo in photos]
    return [describe_photo(toolbox, photo, network) for photo in photos]


def describe_photo(toolbox: Toolbox, photo: EnrolmentPhoto, network: Network) -> tuple[float, ...]:
    """Describe the face in a stored photo by this network.

    Raise BrokenSeal, ModelUnavailable, and Conflict if no face is found in the photo.
    """
    try:
        rgb = open_file(
            toolbox.sealer.open(photo.sealed_photo, purpose=purposes.enrolment_photo(photo.student_id))
        )
    except PhotoRefused as refused:
        raise Conflict(
            phrase(
                "The photo %(file_name)s cannot be read any more: %(refused)s",
                file_name=photo.file_name,
                refused=refused.sentence,
            )
        ) from refused
    reading = toolbox.face_matcher.read(rgb)
    if reading.face is None or reading.descriptor is None:
        raise Conflict(
            phrase(
                "The photo %(file_name)s cannot be used any more: %(sentence)s",
                file_name=photo.file_name,
                sentence=reading.verdict.sentence,
            )
        )
    if network is CURRENT:
        return tuple(reading.descriptor.tolist())
    return tuple(toolbox.face_matcher.describe_by(network, reading.turn(rgb), reading.face).tolist())


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
