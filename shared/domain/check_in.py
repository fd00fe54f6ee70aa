"""What one photo at the kiosk proves."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.head_turn import TurnVerdict
from shared.domain.languages import phrase
from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone


class CheckInOutcome(StrEnum):
    """The one answer a student gets. Only PRESENT makes a mark."""

    PRESENT = "present"
    ALREADY_MARKED = "already_marked"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    COME_CLOSER = "come_closer"
    TOO_DARK = "too_dark"
    PICTURE_SEEN = "picture_seen"
    NO_MATCH = "no_match"
    NOT_IN_CLASS = "not_in_class"
    CHOOSE_CLASS = "choose_class"
    NOT_ENROLLED = "not_enrolled"
    LECTURE_CLOSED = "lecture_closed"
    UNAVAILABLE = "unavailable"
    ASKED_TEACHER = "asked_teacher"
    TOO_LATE = "too_late"
    SLOWED = "slowed"
    TURN_HEAD = "turn_head"
    TURN_AGAIN = "turn_again"
    TURN_FAILED = "turn_failed"
    IS_IT_YOU = "is_it_you"
    NOT_IDENTIFIED = "not_identified"

    @property
    def headline(self) -> str:
        """Big words for the screen."""
        return _WORDS[self][0]

    @property
    def sentence(self) -> str:
        """What the student may do now."""
        return _WORDS[self][1]


_WORDS = {
    CheckInOutcome.PRESENT: (phrase("Present"), phrase("You are marked. Please pass the phone on.")),
    CheckInOutcome.ALREADY_MARKED: (
        phrase("Already marked"),
        phrase("Nothing more to do. Please pass the phone on."),
    ),
    CheckInOutcome.NO_FACE: (
        phrase("No face seen"),
        phrase("Look straight at the camera, your face in the outline."),
    ),
    CheckInOutcome.SEVERAL_FACES: (
        phrase("Several faces"),
        phrase("Only you, please. Ask your friends to step back."),
    ),
    CheckInOutcome.COME_CLOSER: (phrase("Come closer"), phrase("Your face should fill the outline.")),
    CheckInOutcome.TOO_DARK: (phrase("Too dark"), phrase("Turn towards the light and try again.")),
    CheckInOutcome.PICTURE_SEEN: (
        phrase("A phone or picture was seen"),
        phrase("Show your own face, with no phone, photo or screen in view, and try again."),
    ),
    CheckInOutcome.NO_MATCH: (
        phrase("Not recognised"),
        phrase("Check the roll id, look straight at the camera and try again."),
    ),
    CheckInOutcome.NOT_IN_CLASS: (
        phrase("Not in this class"),
        phrase("This roll id is not in this class. Please check it."),
    ),
    CheckInOutcome.CHOOSE_CLASS: (
        phrase("Which class?"),
        phrase("More than one class here has this roll id. Choose yours."),
    ),
    CheckInOutcome.NOT_ENROLLED: (
        phrase("No face enrolled yet"),
        phrase("The teacher will mark you by hand."),
    ),
    CheckInOutcome.LECTURE_CLOSED: (
        phrase("The lecture is closed"),
        phrase("Please give the phone back to the teacher."),
    ),
    CheckInOutcome.UNAVAILABLE: (
        phrase("The camera check is not available"),
        phrase("Nobody can be marked by face right now. The teacher will mark you by hand."),
    ),
    CheckInOutcome.ASKED_TEACHER: (
        phrase("The teacher will look at it"),
        phrase("Please pass the phone on."),
    ),
    CheckInOutcome.TOO_LATE: (phrase("That took too long"), phrase("Please take the photo again.")),
    CheckInOutcome.SLOWED: (
        phrase("Please wait a little"),
        phrase("There were too many tries for this roll id."),
    ),
    CheckInOutcome.TURN_HEAD: (
        phrase("Turn your head a little"),
        phrase("Follow the arrow, or call the teacher."),
    ),
    CheckInOutcome.TURN_AGAIN: (
        phrase("Once more, please"),
        phrase("Follow the arrow, or call the teacher."),
    ),
    CheckInOutcome.TURN_FAILED: (
        phrase("The turn was not seen"),
        phrase("Please call the teacher, or begin again."),
    ),
    CheckInOutcome.IS_IT_YOU: (phrase("Is it you?"), phrase("Only Yes marks you.")),
    CheckInOutcome.NOT_IDENTIFIED: (
        phrase("Please type your roll id"),
        phrase("Your photo is taken already."),
    ),
}

# What a student may have tried in vain; after so many of these the teacher can be called.
REFUSALS = (
    CheckInOutcome.NO_FACE,
    CheckInOutcome.SEVERAL_FACES,
    CheckInOutcome.COME_CLOSER,
    CheckInOutcome.TOO_DARK,
    CheckInOutcome.PICTURE_SEEN,
    CheckInOutcome.NO_MATCH,
    CheckInOutcome.NOT_ENROLLED,
    CheckInOutcome.UNAVAILABLE,
    CheckInOutcome.TURN_FAILED,
)
REFUSALS_BEFORE_CALLING = 3
# What says nothing of anybody's face: until one was seen, every roll id gets these alike.
BEFORE_A_FACE = (
    CheckInOutcome.NO_FACE,
    CheckInOutcome.SEVERAL_FACES,
    CheckInOutcome.COME_CLOSER,
    CheckInOutcome.TOO_DARK,
    CheckInOutcome.UNAVAILABLE,
)
# What somebody may have tried with a face that is not the roll id's; these are slowed and shown.
SUSPICIOUS = (CheckInOutcome.PICTURE_SEEN, CheckInOutcome.NO_MATCH, CheckInOutcome.TURN_FAILED)
# Answers that wait for a film of the head. Who cannot turn it calls the teacher at once, however often.
ASKED_TO_TURN = (CheckInOutcome.TURN_HEAD, CheckInOutcome.TURN_AGAIN)
# What slows a roll id: a film that failed counts too, or one would send first films alone.
SLOWS = (*SUSPICIOUS, CheckInOutcome.TURN_AGAIN)
# After one of these as the last answer the roll id's next face is asked to turn, whoever shows it: a doubt
# that was left does not go away by trying until nobody is asked.
# A roll id that waits is not told what was seen, but it was one of these.
LEAVES_A_DOUBT = (*SUSPICIOUS, *ASKED_TO_TURN, CheckInOutcome.SLOWED)
# What says something of a face. A photo of a wall or a call in between takes no doubt away.
OF_A_FACE = (*LEAVES_A_DOUBT, CheckInOutcome.PRESENT, CheckInOutcome.IS_IT_YOU)
# No further try can help these.
_CALL_AT_ONCE = (CheckInOutcome.NOT_ENROLLED, CheckInOutcome.UNAVAILABLE, CheckInOutcome.TURN_FAILED)


# Of the verdicts on a photo, those that keep a face from being compared. A blurred or turned face is
# compared all the same: the match decides, and a right student in a hurry is not turned away for it.
_PHOTO_REFUSALS = {
    PhotoVerdict.NO_FACE: CheckInOutcome.NO_FACE,
    PhotoVerdict.SEVERAL_FACES: CheckInOutcome.SEVERAL_FACES,
    PhotoVerdict.TOO_SMALL: CheckInOutcome.COME_CLOSER,
    PhotoVerdict.TOO_DARK: CheckInOutcome.TOO_DARK,
}


class ConfirmReason(StrEnum):
    """Why a check-in waits for the teacher instead of being marked or refused for good."""

    CALLED_THE_TEACHER = "called_the_teacher"
    LOOKS_LIKE_A_CLASSMATE = "looks_like_a_classmate"

    @property
    def words(self) -> str:
        """What the teacher reads about it."""
        return _REASONS[self]


_REASONS = {
    ConfirmReason.CALLED_THE_TEACHER: phrase("Called the teacher"),
    ConfirmReason.LOOKS_LIKE_A_CLASSMATE: phrase("Looks like a classmate as well"),
}


def may_call_teacher(last: CheckInOutcome | None, *, refusals: int, has_asked: bool) -> bool:
    """Tell whether a student may call the teacher after the outcome `last`.

    `refusals` are those at this lecture since the teacher was asked last, if ever (`has_asked`).
    """
    if last in ASKED_TO_TURN or (last in _CALL_AT_ONCE and not has_asked):
        return True
    return last in REFUSALS and refusals >= REFUSALS_BEFORE_CALLING


def may_call_before_a_face(latest: Sequence[CheckInOutcome]) -> bool:
    """Tell the same for a phone's latest answers to one typed roll id, the newest first.

    Only their number since the last call counts, so that it says nothing of whose the roll id is.
    """
    counted = latest[:REFUSALS_BEFORE_CALLING]
    has_asked = CheckInOutcome.ASKED_TEACHER in counted
    if counted[0] in _CALL_AT_ONCE:
        return not has_asked
    return len(counted) == REFUSALS_BEFORE_CALLING and not has_asked


def doubtfulness(last: CheckInOutcome | None, score: float | None) -> tuple[bool, float]:
    """Return the key that sorts waiting check-ins, the greatest the most doubtful.

    A picture that was seen before a face, then the less alike; what was not compared counts as unlike.
    """
    return last is CheckInOutcome.PICTURE_SEEN, -score if score is not None else 1.0


@dataclass(frozen=True)
class Evidence:
    """What was found out about one photo. None means "not found out", and never counts as good.

    `zone` is the spoof check's word; `score` the matcher's, and `threshold` what it must reach; `turn` what a
    film of the head showed.
    """

    verdict: PhotoVerdict | None = None
    zone: Zone | None = None
    score: float | None = None
    threshold: float | None = None
    turn: TurnVerdict | None = None


def refuse_photo(verdict: PhotoVerdict) -> CheckInOutcome | None:
    """Return what keeps the faces of a photo from being compared with anybody's; None if nothing does."""
    return _PHOTO_REFUSALS.get(verdict)


_WITHOUT_ROLL_ID = {
    CheckInOutcome.PRESENT: CheckInOutcome.IS_IT_YOU,
    CheckInOutcome.NO_MATCH: CheckInOutcome.NOT_IDENTIFIED,
}


def without_roll_id(outcome: CheckInOutcome, *, is_certain: bool = True) -> CheckInOutcome:
    """Turn what a face is answered for its typed roll id into the answer where none was typed.

    Who would be marked is asked for a Yes to the name, if it is certain whose face it is.
    """
    if outcome is CheckInOutcome.PRESENT and not is_certain:
        return CheckInOutcome.NOT_IDENTIFIED
    return _WITHOUT_ROLL_ID.get(outcome, outcome)


def decide(evidence: Evidence) -> CheckInOutcome:
    """Turn evidence into an outcome: PRESENT only when every refusal was ruled out."""
    if evidence.verdict is None:
        return CheckInOutcome.UNAVAILABLE
    if evidence.verdict in _PHOTO_REFUSALS:
        return _PHOTO_REFUSALS[evidence.verdict]
    if evidence.zone is None:
        return CheckInOutcome.UNAVAILABLE
    if evidence.zone is Zone.ATTACK:
        return CheckInOutcome.PICTURE_SEEN
    if evidence.score is None or evidence.threshold is None:
        return CheckInOutcome.UNAVAILABLE
    # Written so that a score that is not a number is refused.
    if not evidence.score >= evidence.threshold:
        return CheckInOutcome.NO_MATCH
    return _after_match(evidence.zone, evidence.turn)


def _after_match(zone: Zone, turn: TurnVerdict | None) -> CheckInOutcome:
    """Tell whether a face that matches is marked: one that is clearly living, or whose head turned.

    A film that was sent decides, whatever the first look said.
    """
    if turn is None:
        return CheckInOutcome.PRESENT if zone is Zone.LIVING else CheckInOutcome.TURN_HEAD
    return CheckInOutcome.PRESENT if turn is TurnVerdict.TURNED else CheckInOutcome.TURN_AGAIN
