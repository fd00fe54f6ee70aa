"""Trains the spoof check's last layer on the pictures that wait, in the background."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.domain.languages import phrase
from shared.domain.second_lock import Strictness, ZoneLimits
from shared.errors import Conflict, PhotoRefused
from shared.persistence import jobs, spoof
from shared.persistence.jobs import JobKind
from shared.persistence.tables import SpoofMistake, SpoofPicture
from shared.security import purposes
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.audit import Actor
from shared.services.spoof_check.evaluation import LIVE, Judged, summarise
from shared.services.spoof_check.versions import keep_version
from shared.toolbox import Toolbox
from shared.vision.images import open_photo, shrink_photo

SUBJECT = 0  # of the job: the school has one spoof check
CUT_OFF = phrase("The training was cut off in the middle. The pictures are still there; please start again.")
WORST = 6  # mistakes of each sort that are shown
MISTAKE_BYTES = 50_000  # of a small copy, at most

# What the office reads of each step of strictness, on sources kept out: of the living how many pass at once,
# are asked to turn the head and are refused, of the attacks how many pass at once.
RATES_OF_A_STEP = ("live_at_once", "live_asked", "bpcer", "apcer")

_WORKER = Actor(site="worker", email="worker")


@dataclass(frozen=True)
class Seen:
    """One picture as training takes it: its file, what it shows, its source, and what `SpoofTrainer.look`
    made of it."""

    path: Path
    label: str
    source: str
    sample: Any


@dataclass(frozen=True)
class Trained:
    """A last layer as an .npz, its card, and its answers on sources kept out, by the pictures' places."""

    heads: bytes
    card: dict[str, Any]
    answers: dict[int, Judged]


def train_on(
    toolbox: Toolbox, seen: Sequence[Seen], *, on_progress: Callable[[int, int], None] = lambda done, of: None
) -> Trained:
    """Train on pictures, from the version in use. The card holds, before and after, the figures that
    `summarise` gives, on sources kept out.

    Raise ModelUnavailable, and InvalidInput unless live photos and attacks come from two sources each.
    """
    active = toolbox.spoof_detector.heads
    candidate = toolbox.spoof_trainer.train([one.sample for one in seen], active, on_progress=on_progress)
    before, after = {}, {}
    for judged in candidate.kept_out:
        one = seen[judged.place]
        before[judged.place] = Judged(one.path, one.label, one.source, judged.before)
        after[judged.place] = Judged(one.path, one.label, one.source, judged.after)
    card = {
        "before": _figures(before, active),
        "after": _figures(after, candidate.heads),
        "pictures": len(seen),
        "trained_at": toolbox.now().isoformat(timespec="seconds"),
    }
    return Trained(candidate.heads.to_bytes(), card, after)


def _figures(answers: dict[int, Judged], heads: Any) -> dict[str, Any]:
    """Return the figures of a last layer's answers: at its threshold, and of each step of strictness."""
    judged = list(answers.values())
    figures = summarise(judged, ZoneLimits(heads.threshold, heads.threshold))
    del figures["sources"]  # names of people
    figures["steps"] = {}
    for step in Strictness:
        of_step = summarise(judged, heads.limits(step))
        figures["steps"][step] = {rate: of_step[rate] for rate in RATES_OF_A_STEP}
    return figures


def start_training(toolbox: Toolbox, actor: Actor) -> int:
    """Queue a training on the pictures that wait, and give the job's id. Raise Conflict if one is under way,
    or if live pictures or attacks are missing."""
    with toolbox.sessions.begin() as session:
        earlier = jobs.find_latest(session, JobKind.TRAIN_SPOOF_CHECK, SUBJECT)
        if jobs.is_running(earlier, now=toolbox.now()):
            raise Conflict(phrase("A training is under way already."))
        counts = {one.label: one.pictures for one in spoof.count_pictures(session)}
        if LIVE not in counts or len(counts) < 2:
            raise Conflict(phrase("Please send pictures of living people and of attacks first."))
        if earlier is not None and earlier.finished_at is None:
            jobs.finish(session, earlier.id, state="failed", sentence=CUT_OFF, now=toolbox.now())
        job = jobs.add(
            session, JobKind.TRAIN_SPOOF_CHECK, SUBJECT, total=sum(counts.values()), now=toolbox.now()
        )
        audit.record(session, toolbox, actor, "train spoof check", "", after=counts)
    toolbox.queue.start(job.id)
    return job.id


def train_spoof_check(toolbox: Toolbox, job_id: int, _subject: int) -> str:
    """Do a queued training: keep the new version with its worst mistakes, and delete the pictures.

    Raise what `train_on` raises; the pictures stay then.
    """
    with toolbox.reading() as session:
        pictures = spoof.list_pictures(session)
    seen, used, digests = [], [], set[str]()
    results: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures):
        _tell(toolbox, job_id, number)
        try:
            seen.append(_look(toolbox, picture, digests))
            used.append(picture)
        except PhotoRefused as refused:
            results.append({"file": picture.file_name, "sentence": refused.sentence})
    with toolbox.sessions.begin() as session:
        jobs.record_file_results(session, job_id, results)
    trained = train_on(toolbox, seen, on_progress=lambda _done, _of: _tell(toolbox, job_id, len(pictures)))
    copies = [(judged, _small_copy(toolbox, used[place])) for place, judged in _worst_mistakes(trained)]
    with toolbox.sessions.begin() as session:
        version = keep_version(toolbox, session, _WORKER, trained.heads, trained.card)
        for judged, copy in copies:
            version.mistakes.append(
                SpoofMistake(
                    label=judged.label,
                    source=judged.source,
                    score=judged.score,
                    sealed_picture=toolbox.sealer.seal(copy, purpose=purposes.spoof_mistake(version.id)),
                    added_at=toolbox.now(),
                )
            )
        spoof.delete_pictures(session, [picture.id for picture in pictures])
    return phrase("A new version is trained. Look at its figures before you put it into use.")


def _tell(toolbox: Toolbox, job_id: int, done: int) -> None:
    with toolbox.sessions.begin() as session:
        jobs.advance(session, job_id, done=done, now=toolbox.now())


def _look(toolbox: Toolbox, picture: SpoofPicture, digests: set[str]) -> Seen:
    """Look at a picture that waits. Raise PhotoRefused if nothing can be learnt from it."""
    content = _open_picture(toolbox, picture)
    digest = hashlib.sha256(content).hexdigest()
    if digest in digests:  # under another name it could be on both sides of a test
        raise PhotoRefused(phrase("The same picture came before."))
    digests.add(digest)
    is_attack = picture.label != LIVE
    sample = toolbox.spoof_trainer.look(open_photo(content), is_attack=is_attack, source=picture.source)
    if sample is None:
        raise PhotoRefused(phrase("No single face was found in it."))
    return Seen(Path(picture.file_name), picture.label, picture.source, sample)


def _open_picture(toolbox: Toolbox, picture: SpoofPicture) -> bytes:
    with toolbox.reading() as session:
        sealed = spoof.find_sealed_picture(session, picture.id)
    if sealed is None:
        raise PhotoRefused(phrase("It was deleted before it could be looked at."))
    try:
        return toolbox.sealer.open(sealed, purpose=purposes.spoof_picture(picture.id))
    except BrokenSeal as cause:
        raise PhotoRefused(phrase("It was altered in the database.")) from cause


def _worst_mistakes(trained: Trained) -> list[tuple[int, Judged]]:
    """Return the attacks that look most alive and the living who look most like an attack, by their
    places."""
    threshold = trained.card["after"]["threshold"]
    scored = [(place, one, one.score) for place, one in trained.answers.items() if one.score is not None]
    passed = sorted(
        (each for each in scored if each[1].is_attack and each[2] < threshold), key=lambda e: e[2]
    )
    refused = [each for each in scored if not each[1].is_attack and each[2] >= threshold]
    refused.sort(key=lambda each: -each[2])
    return [(place, one) for place, one, _ in passed[:WORST] + refused[:WORST]]


def _small_copy(toolbox: Toolbox, picture: SpoofPicture) -> bytes:
    return shrink_photo(open_photo(_open_picture(toolbox, picture)), max_bytes=MISTAKE_BYTES)
