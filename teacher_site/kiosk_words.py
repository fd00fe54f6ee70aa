"""The kiosk's own words in every language: a student may read another one than the student before."""

from flask import request

from shared.domain.languages import LANGUAGES, phrase
from shared.web.languages import say, script_words, speaking
from shared.web.site import toolbox

HEADER = "X-Kiosk-Language"

# By what the template and the scripts call them.
_TEXTS = {
    "again": phrase("Again"),
    "ask": phrase("Type your roll id, then Enter."),
    "call": phrase("Call the teacher"),
    "camera": phrase("The camera"),
    "enter": phrase("Enter"),
    "give_up": phrase("Give up"),
    "is_it_you": phrase("Is it you?"),
    "language": phrase("Language"),
    "leave": phrase("Leave"),
    "not_me": phrase("Not me"),
    "other_roll_id": phrase("Type another roll id"),
    "photo": phrase("Your photo"),
    "roll_id": phrase("Roll id"),
    "take": phrase("Take the photo"),
    "take_again": phrase("Take the photo again"),
    "try_again": phrase("Try again"),
    "turn": phrase("Turn your head"),
    "type_instead": phrase("Type the roll id instead"),
    "type_roll_id": phrase("Please type your roll id. Your photo is taken already."),
    "which_class": phrase("Which class?"),
    "yes": phrase("Yes"),
}


def asked_language() -> str:
    """Return what a kiosk is answered in: what this turn's student chose, else the school's.

    Neither the teacher's account nor this browser's cookie says: the phone is a student's now.
    """
    chosen = request.headers.get(HEADER, "")
    return chosen if chosen in LANGUAGES else toolbox.settings.language


def texts() -> dict[str, str]:
    """Return the page's texts in the language of this request."""
    return {key: say(words) for key, words in _TEXTS.items()}


def in_every_language() -> dict[str, dict[str, object]]:
    """Return the page's texts and what its scripts say, by the language."""
    found: dict[str, dict[str, object]] = {}
    for language in LANGUAGES:
        with speaking(language):
            found[language] = {"texts": texts(), "words": {} if language == "en" else script_words(language)}
    return found
