"""When a face at the kiosk may be a classmate's as well, so that the teacher has to say whose it is.

Measured on 155 people of LFW, cross-fitted as models/README.md tells, in made-up classes of 60 with five
photos enrolled: of 12,288 right check-ins these rules send 0.07 % to the teacher, of the 23 wrong ones that
would pass, all. November 2026.
"""

from collections.abc import Collection, Mapping

from shared.domain.face_model import MATCH_THRESHOLD

# Two students of one class are look-alikes from this score of their templates on: 2 % of the students of
# unrelated people have one, 3 of 10,000 pairs.
NEAR_MATCH_SCORE = 0.96
# A check-in nearer than this to fitting a look-alike as well goes to the teacher: 0.05 % of right ones.
NEAR_MATCH_MARGIN = 0.02
# The same for any other student of the lecture whom the face would pass for: 0.02 %.
RIVAL_MARGIN = 0.005

# Two refused photos from this score on show one face: 1 in 10,000 wrong pairs, nine right pairs of ten.
SAME_FACE_THRESHOLD = 0.947


def find_near_match(
    score: float, others: Mapping[int, float], *, near_matches: Collection[int]
) -> int | None:
    """Name the other student who fits a face about as well as the typed one does; None if nobody does.

    `score` is the typed student's, `others` are those of the lecture's other enrolled students by id.
    """

    def is_near_match(student_id: int) -> bool:
        ahead = score - others[student_id]
        if student_id in near_matches and ahead < NEAR_MATCH_MARGIN:
            return True
        return others[student_id] >= MATCH_THRESHOLD and ahead < RIVAL_MARGIN

    return max(filter(is_near_match, others), key=others.__getitem__, default=None)


def list_near_matches(others: Mapping[int, float]) -> list[int]:
    """The students whom a face would pass for, the likest first."""
    return sorted(
        (each for each in others if others[each] >= MATCH_THRESHOLD), key=lambda each: -others[each]
    )
