"""Words in Marathi that are no catalogue's: a test that shows them needs no translator to be done."""

import pytest

from shared.web import languages
from teacher_site import kiosk_words

MADE_UP = {
    "Roll id": "हजेरी क्रमांक",
    "Enter": "नोंदवा",
    "Leave": "बाहेर पडा",
    "Take the photo": "छायाचित्र घ्या",
    "Late, %(time)s": "उशीर, %(time)s",
    "Photo taken.": "छायाचित्र घेतले.",
    "Type your roll id, then Enter.": "क्रमांक टाइप करा, मग नोंदवा.",
    "The check-in was not sent whole. Please try again.": "नोंद पूर्ण पाठवली गेली नाही.",
    "The time of this lecture is over. Please give the phone back to the teacher.": "व्याख्यानाची वेळ संपली.",
}


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Marathi be said with these words, and everything else in English."""

    def find(words: str) -> str:
        return MADE_UP.get(words, words) if languages.language_of_page() == "mr" else words

    monkeypatch.setattr(languages, "_find", find)
    monkeypatch.setattr(
        kiosk_words, "script_words", lambda language: dict(MADE_UP) if language == "mr" else {}
    )
