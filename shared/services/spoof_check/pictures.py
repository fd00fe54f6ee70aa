"""Takes pictures for the spoof check to learn from, and keeps them sealed no longer than that needs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

from shared.domain.languages import phrase
from shared.errors import Conflict, InvalidInput, PhotoRefused
from shared.persistence import spoof
from shared.persistence.tables import SpoofPicture
from shared.security import purposes
from shared.services import audit
from shared.services.audit import Actor
from shared.services.faces.photo_archive import MOST_FILES, PhotoArchive
from shared.services.spoof_check.evaluation import LIVE, PHONES, label_of, refuse_unknown
from shared.services.typed_input import LONGEST_NAME
from shared.toolbox import Toolbox
from shared.vision.images import CAMERA, open_photo
from shared.vision.photo_files import Openings

# What a picture may show, for the form; a zip may hold more kinds of attacks.
KINDS = {
    LIVE: phrase("A living person before the camera"),
    "attack_phone": phrase("A face on a phone or tablet, its edge in view"),
    "attack_screen": phrase("A face on a screen that fills the picture"),
    "attack_print": phrase("A face on paper"),
    "attack_card": phrase("A face on an ID card"),
    PHONES: phrase("Phones, with or without a face"),
}
MOST_PICTURES = MOST_FILES
# Pictures that nobody trains on, and copies of mistakes that nobody decides about, go in the night after this
# time: seven days at most.
KEPT_FOR = timedelta(days=6)
MOST_DAYS = 7

# For opening what one form brings: 2,000 pictures of a phone's camera page take 40 s.
MOST_OPENING_S = 90.0


@dataclass
class Received:
    """How many pictures were kept, and why each other one was not, by its file's name."""

    kept: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def receive_pictures(
    toolbox: Toolbox, actor: Actor, *, label: str, source: str, files: Sequence[tuple[str, BinaryIO]]
) -> Received:
    """Keep pictures of one kind and one source, given as (file name, file).

    Raise InvalidInput for an unknown kind, no source or no picture, and Conflict if there are too many.
    """
    if label not in KINDS:
        raise InvalidInput(phrase("Please choose what the pictures show."), field="label")
    if not source.strip():
        raise InvalidInput(phrase("Please type who or what the pictures show."), field="source")
    if not files:
        raise InvalidInput(phrase("Please choose pictures first."), field="pictures")
    source = source.strip()[:LONGEST_NAME]
    found = ((name, label, source, partial(file.read, CAMERA.max_bytes + 1)) for name, file in files)
    return _receive(toolbox, actor, found, count=len(files))


def receive_archive(toolbox: Toolbox, actor: Actor, file: BinaryIO) -> Received:
    """Keep the pictures of a zip that holds `live/` and folders of attacks, with a folder per source in each.

    Raise InvalidInput for what is no harmless zip or has another folder, and Conflict if there are too many
    pictures.
    """
    archive = PhotoArchive(file)
    names = [entry.names[0] for entry in archive.entries]
    paths = _folders(names)
    refuse_unknown({path.parts[0] for path in paths if len(path.parts) > 1})
    labels = [_label_and_source(path) for path in paths]
    contents = archive.unpack(
        [entry for entry, (label, _) in zip(archive.entries, labels, strict=True) if label]
    )
    found = (
        (name, label, source, partial(next, contents))
        for name, (label, source) in zip(names, labels, strict=True)
    )
    return _receive(toolbox, actor, found, count=len(names))


def discard_pictures(toolbox: Toolbox, actor: Actor) -> None:
    """Delete all pictures that wait."""
    with toolbox.sessions.begin() as session:
        before = {one.label: one.pictures for one in spoof.count_pictures(session)}
        spoof.delete_pictures(session)
        audit.record(session, toolbox, actor, "discard spoof pictures", "", before=before)


def forget_old(toolbox: Toolbox) -> int:
    """Delete what has waited long enough, pictures and copies of mistakes alike; give how many."""
    with toolbox.sessions.begin() as session:
        return spoof.delete_older(session, toolbox.now() - KEPT_FOR)


def _receive(
    toolbox: Toolbox,
    actor: Actor,
    found: Iterable[tuple[str, str, str, Callable[[], bytes | PhotoRefused]]],
    *,
    count: int,
) -> Received:
    """Keep pictures given as (file name, label, source, read), each in a transaction of its own."""
    with toolbox.sessions.begin() as session:
        waiting = sum(one.pictures for one in spoof.count_pictures(session))
        if waiting + count > MOST_PICTURES:
            raise Conflict(
                phrase(
                    "With these there would be more than %(most_pictures)s pictures. Please train first.",
                    most_pictures=MOST_PICTURES,
                )
            )
        audit.record(session, toolbox, actor, "send spoof pictures", "", after={"files": count})
    received, openings = Received(), Openings(open_photo, most_s=MOST_OPENING_S)
    for name, label, source, read in found:
        try:
            if not label:
                raise PhotoRefused(phrase("It lies in no folder that says what it shows."))
            content = read()
            if isinstance(content, PhotoRefused):
                raise content
            openings.open(content)
        except PhotoRefused as refused:
            received.refused.append((name, refused.sentence))
            continue
        with toolbox.sessions.begin() as session:
            picture = SpoofPicture(
                label=label,
                source=source,
                file_name=name[-LONGEST_NAME:],
                sealed_picture=b"",
                added_at=toolbox.now(),
            )
            session.add(picture)
            session.flush()
            picture.sealed_picture = toolbox.sealer.seal(content, purpose=purposes.spoof_picture(picture.id))
        received.kept += 1
    return received


def _folders(names: Sequence[str]) -> list[PurePosixPath]:
    """Return the paths in a zip, without the folder that all lie in, if that was zipped and not its
    content."""
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    tops = {path.parts[0] for path in paths if path.parts}
    second = {label_of(path.parts[1]) for path in paths if len(path.parts) > 2}
    is_unnamed = not any(label_of(top) for top in tops)
    if len(tops) == 1 and (LIVE in second or (is_unnamed and any(second))):
        return [PurePosixPath(*path.parts[1:]) for path in paths]
    return paths


def _label_and_source(path: PurePosixPath) -> tuple[str, str]:
    """Return the kind by the first folder and the source by the second; without a second, each file is its
    own."""
    if len(path.parts) < 2:
        return "", ""
    return label_of(path.parts[0]) or "", (path.parts[1] if len(path.parts) > 2 else path.stem)[:LONGEST_NAME]
