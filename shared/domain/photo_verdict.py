"""What a photo is good for, in words a person can act on."""

from enum import StrEnum


class PhotoVerdict(StrEnum):
    """The verdict on one photo; `sentence` says it to the person in front of the camera."""

    GOOD = "good"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    ANOTHER_PERSON = "another_person"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    PhotoVerdict.GOOD: "Good photo.",
    PhotoVerdict.NO_FACE: "No face was found. Look straight at the camera.",
    PhotoVerdict.SEVERAL_FACES: "Several faces were found. Only one person may be in the picture.",
    PhotoVerdict.TOO_SMALL: "The face is too small. Come closer.",
    PhotoVerdict.TOO_DARK: "The picture is too dark. Turn towards the light.",
    PhotoVerdict.BLURRED: "The picture is blurred. Hold still.",
    PhotoVerdict.TURNED_AWAY: "The face is turned away. Look straight at the camera.",
    PhotoVerdict.ANOTHER_PERSON: "This does not look like the same person as the other photos.",
}
