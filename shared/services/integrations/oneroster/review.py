"""Says what a OneRoster package would do; nothing is changed."""

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import date

from shared.domain.class_lists.questions import Answers, Notice, Question
from shared.domain.oneroster.package import Package, read_package
from shared.domain.oneroster.roll import call_roll
from shared.reports.oneroster_zip import open_oneroster
from shared.security import purposes
from shared.security.sealed_form import seal_form
from shared.services.audit import Actor
from shared.services.integrations.oneroster.comparison import Comparison
from shared.services.integrations.oneroster.school import Action, Change, Kind, School
from shared.toolbox import Toolbox


@dataclass(frozen=True)
class Review:
    """What a package comes to. While something is wrong or open, `sealed` is "" and it can't be imported.

    `source` is how the audit trail names it, such as "OneRoster of 26 Nov 2026", `digest` the package's own.
    """

    source: str
    package: Package
    digest: str = ""
    changes: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()
    notices: tuple[Notice, ...] = ()
    problems: tuple[str, ...] = ()
    sealed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a question waits for its answer."""
        return any(question.is_open for question in self.questions)

    @property
    def tally(self) -> Counter[tuple[Kind, Action]]:
        """Return how many of each kind become what."""
        return Counter((change.kind, change.action) for change in self.changes)


def review_package(
    toolbox: Toolbox, actor: Actor, content: bytes, answers: Answers, *, sent_on: date | None = None
) -> Review:
    """Compare a package (the zip's bytes) with the school.

    `sent_on` is the day it was made, today's without one. Raise WorkbookRefused for what is no package, and
    Overloaded where no turn comes.
    """
    clock, now = toolbox.settings.clock, toolbox.now()
    today = clock.day_of(now)
    source = f"OneRoster of {sent_on or today:%d %b %Y}"
    package = read_package(open_oneroster(content), today=today)
    digest = digest_of(content)
    if package.problems:
        return Review(source, package, digest, problems=package.problems)
    with toolbox.reading() as session:
        school = School(session, country=toolbox.settings.phone_country)
        comparison = Comparison(
            school, call_roll(package, school.known(), answers), answers, is_whole=package.is_whole
        )
        comparison.compare()
    review = Review(
        source,
        package,
        digest,
        tuple(comparison.changes),
        tuple(comparison.questions),
        tuple(comparison.notices),
        tuple(comparison.problems),
    )
    if review.problems or review.is_open or not review.changes:
        return review
    content_of_form = {
        "source": source,
        "digest": digest,
        "answers": remembered(answers),
        "changes": [asdict(change) for change in review.changes],
    }
    purpose = purposes.oneroster_review(actor.account_id)
    return replace(review, sealed=seal_form(toolbox.sealer, content_of_form, purpose=purpose))


def digest_of(content: bytes) -> str:
    """Return what a package (the zip's bytes) is known by: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def remembered(answers: Answers) -> dict[str, str]:
    """Return the answers that hold for the next package too: which school, and which class counts."""
    return {key: answer for key, answer in answers.items() if key == "school" or key.startswith("class/")}
