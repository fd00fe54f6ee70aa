"""What each sealed value is sealed for; one that was moved to another row or kind does not open.

The strings are part of every value that was ever sealed: none may change.
"""


def face_model(student_id: int) -> str:
    """Return the purpose of a student's stored face model."""
    return f"face-model:{student_id}"


def photo_descriptor(student_id: int) -> str:
    """Return the purpose of the descriptor of a student's photo that waits for training."""
    return f"descriptor:{student_id}"


def enrolment_photo(student_id: int) -> str:
    """Return the purpose of a student's enrolment photo."""
    return f"enrolment-photo:{student_id}"


def photo_question(question_id: int) -> str:
    """Return the purpose of a photo whose student is asked for."""
    return f"photo-question:{question_id}"


def photo_question_thumbnail(question_id: int) -> str:
    """Return the purpose of the small picture a photo's student is asked for with."""
    return f"photo-question-thumbnail:{question_id}"


def model_offer(offer_id: int) -> str:
    """Return the purpose of the descriptor of a confirmed face that is offered to a model."""
    return f"model-offer:{offer_id}"


def waiting_picture(entry_id: int) -> str:
    """Return the purpose of the picture of a check-in that waits for the teacher."""
    return f"to-confirm-picture:{entry_id}"


def waiting_descriptor(entry_id: int) -> str:
    """Return the purpose of the descriptor of a check-in that waits for the teacher."""
    return f"to-confirm-descriptor:{entry_id}"


def face_flag(flag_id: int) -> str:
    """Return the purpose of the descriptor of a face that tried somebody else's roll id."""
    return f"face-flag:{flag_id}"


def totp_secret(admin_id: int) -> str:
    """Return the purpose of an admin's stored secret of the authenticator app."""
    return f"totp:{admin_id}"


def new_totp_secret(admin_id: int) -> str:
    """Return the purpose of a secret that a page carries until its first code is right."""
    return f"authenticator:{admin_id}"


def roster_review(account_id: int | None, class_id: int) -> str:
    """Return the purpose of a reviewed class list that a page carries."""
    return f"roster-review:{account_id}:{class_id}"


def class_list(account_id: int | None, class_id: int) -> str:
    """Return the purpose of a class list that a page carries while its questions are open."""
    return f"class-list:{account_id}:{class_id}"


def sheet_review(account_id: int | None, lecture_id: int) -> str:
    """Return the purpose of a reviewed attendance sheet that a page carries."""
    return f"sheet-review:{account_id}:{lecture_id}"


def term_review(account_id: int | None, class_id: int) -> str:
    """Return the purpose of a reviewed sheet of a class's term that a page carries."""
    return f"term-review:{account_id}:{class_id}"


def spoof_picture(picture_id: int) -> str:
    """Return the purpose of a picture that waits to teach the spoof check."""
    return f"spoof-picture:{picture_id}"


def spoof_mistake(version_id: int) -> str:
    """Return the purpose of a picture that a version of the spoof check was wrong about."""
    return f"spoof-mistake:{version_id}"


def spoof_version(version_id: int) -> str:
    """Return the purpose of a version's trained layer."""
    return f"spoof-version:{version_id}"


def oneroster_review(account_id: int | None) -> str:
    """Return the purpose of the changes of a OneRoster package that somebody was shown."""
    return f"oneroster-review:{account_id}"


def oneroster_package(account_id: int | None) -> str:
    """Return the purpose of a OneRoster package that travels in a page while questions about it are open."""
    return f"oneroster-package:{account_id}"
