"""Reads the folder that the information system exports into: every night, or when the office asks."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path

from shared.domain.class_lists.questions import Answers
from shared.domain.languages import joined, pack, phrase
from shared.errors import ProductError, WorkbookRefused
from shared.persistence import integrations
from shared.persistence.tables import Integration
from shared.reports.oneroster_zip import LARGEST_PACKAGE_BYTES
from shared.services.audit import Actor
from shared.services.integrations.oneroster.importing import import_package
from shared.services.integrations.oneroster.review import Review, digest_of, review_package
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)


def find_newest(folder: Path) -> Path | None:
    """Return the zip that was written last; None if the folder holds none or is not there."""
    try:
        packages = [path for path in folder.iterdir() if path.suffix.lower() == ".zip" and path.is_file()]
        return max(packages, key=lambda path: path.stat().st_mtime, default=None)
    except OSError:
        return None


def review_newest(toolbox: Toolbox, actor: Actor, answers: Answers) -> Review | None:
    """Review the newest package of the folder; None if there is none.

    Raise WorkbookRefused for what is no package, and Overloaded where no turn comes.
    """
    folder = toolbox.settings.oneroster_dir
    path = find_newest(folder) if folder else None
    if path is None:
        return None
    return review_package(toolbox, actor, _read(path), answers, sent_on=_made_on(toolbox, path))


def read_folder(toolbox: Toolbox) -> None:
    """Import the newest package if OneRoster is on and the package is new, whole and asks nothing.

    What keeps it from being imported is written down for the office; the next night tries again.
    """
    with toolbox.reading() as session:
        choice = integrations.find_choice(session, Integration.ONEROSTER)
        chosen = dict(choice.chosen) if choice is not None and choice.is_on else None
    folder = toolbox.settings.oneroster_dir
    path = find_newest(folder) if folder else None
    if chosen is None or path is None:
        return
    made_on = _made_on(toolbox, path)
    actor = Actor(site="worker", email=f"OneRoster of {made_on:%d %b %Y}")
    try:
        content = _read(path)
        if digest_of(content) == chosen.get("digest"):
            return
        review = review_package(toolbox, actor, content, chosen.get("answers", {}), sent_on=made_on)
        waits = why_it_waits(review)
        if not waits and review.sealed:
            import_package(toolbox, actor, review.sealed)
    except ProductError as failure:
        waits = failure.sentence
        log.warning("the OneRoster package was not imported: %s", failure)
    with toolbox.sessions.begin() as session:
        state = {"waits": pack(waits), "package": path.name}
        integrations.save_choice(session, Integration.ONEROSTER, now=toolbox.now(), chosen=state)


def _read(path: Path) -> bytes:
    """Return a package's bytes; of one that is too large, enough to be refused as such.

    Raise WorkbookRefused where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_PACKAGE_BYTES + 1)
    except OSError as cause:
        log.warning("the OneRoster package is not readable: %s", cause)
        raise WorkbookRefused(
            phrase(
                "The package in the folder could not be read. Ask whoever looks after this server whether "
                "this program may read it."
            )
        ) from cause


def why_it_waits(review: Review) -> str:
    """Return why a package can't be imported unseen, as a sentence; "" if it can."""
    if review.problems:
        first, *others = review.problems
        return joined([first, phrase("And %(count)s more.", count=len(others))]) if others else first
    count = sum(question.is_open for question in review.questions)
    if count:
        return (
            phrase("One question is open.")
            if count == 1
            else phrase("%(count)s questions are open.", count=count)
        )
    return ""


def _made_on(toolbox: Toolbox, path: Path) -> date:
    return toolbox.settings.clock.day_of(datetime.fromtimestamp(path.stat().st_mtime, UTC))
