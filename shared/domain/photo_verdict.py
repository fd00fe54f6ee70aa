"""What a photo is good for, in words a person can act on."""

from enum import StrEnum

from shared.domain.languages import phrase


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
    PhotoVerdict.GOOD: phrase("Good photo."),
    PhotoVerdict.NO_FACE: phrase("No face was found. Look straight at the camera."),
    PhotoVerdict.SEVERAL_FACES: phrase("Several faces were found. Only one person may be in the picture."),
    PhotoVerdict.TOO_SMALL: phrase("The face is too small. Come closer."),
    PhotoVerdict.TOO_DARK: phrase("The picture is too dark. Turn towards the light."),
    PhotoVerdict.BLURRED: phrase("The picture is blurred. Hold still."),
    PhotoVerdict.TURNED_AWAY: phrase("The face is turned away. Look straight at the camera."),
    PhotoVerdict.ANOTHER_PERSON: phrase("This does not look like the same person as the other photos."),
}
