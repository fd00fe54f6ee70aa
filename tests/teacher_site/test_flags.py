"""The lecture page tells of faces that tried roll ids not their own, and of nothing else."""

from shared.domain.check_in import CheckInOutcome
from shared.persistence.tables import FaceFlag
from tests.support.school import hand_round


def flag(toolbox, school, kiosk, typed, *, resembled=None, same_as=None, outcome=CheckInOutcome.NO_MATCH):
    with toolbox.sessions.begin() as session:
        row = FaceFlag(lecture_id=school.ids["lecture"], kiosk_pass_id=kiosk.id, student_id=school.ids[typed])
        row.near_match_id = school.ids[resembled] if resembled else None
        row.same_as_id, row.outcome, row.noted_at = same_as, outcome, toolbox.now()
        session.add(row)
    return row.id


def words(page) -> str:
    return " ".join(page.get_text(" ", strip=True).split())


def test_each_face_says_whose_which_roll_ids_when_and_what_came_of_it(teacher, school, toolbox):
    kiosk = hand_round(toolbox, school)
    flag(toolbox, school, kiosk, "ravi", resembled="meera")
    flag(toolbox, school, kiosk, "ravi", resembled="meera", outcome=CheckInOutcome.ASKED_TEACHER)
    first = flag(toolbox, school, kiosk, "meera")
    flag(toolbox, school, kiosk, "ravi", same_as=first)
    page = teacher.page(f"/lectures/{school.ids['lecture']}")
    known, nobody = page.select("#flags > ul > li")
    assert words(known.summary) == "Face of Meera Iyer : 1 roll id"
    assert "The roll id of Meera Iyer is 15203A0042." in words(known)
    refused, waiting = (words(line) for line in known.select("li"))
    assert refused.startswith("roll id 15203A0043 (Ravi Patil) at ")
    assert refused.endswith("on a phone: refused")
    assert waiting.endswith("you were asked")
    assert words(nobody.summary) == "Unknown face: 2 roll ids"
    assert len(nobody.select("li")) == 2


def test_a_face_that_was_refused_for_one_roll_id_alone_is_not_told(teacher, school, toolbox):
    kiosk = hand_round(toolbox, school)
    first = flag(toolbox, school, kiosk, "ravi")
    flag(toolbox, school, kiosk, "ravi", same_as=first)
    assert teacher.page(f"/lectures/{school.ids['lecture']}").select_one("#flags") is None
