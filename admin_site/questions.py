"""What the pages that ask before they import have in common; their markup is in admin/questions.html."""

from flask import request

from shared.domain.class_lists.questions import Answers

_ANSWER = "answer:"
# What was sent travels in the page until its questions are answered; a form holds a megabyte, answers too.
LARGEST_CARRIED = 900_000


def given_answers() -> Answers:
    """Return what was answered on the page that was sent, by the questions' keys."""
    return {
        name.removeprefix(_ANSWER): value.strip()
        for name, value in request.form.items()
        if name.startswith(_ANSWER) and value.strip()
    }
