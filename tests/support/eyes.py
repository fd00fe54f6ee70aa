"""Eyes that see what a test tells them, in place of the networks, and check-ins seen by them."""

from io import BytesIO

import numpy as np
from PIL import Image
from sqlalchemy import func, select

from shared.domain.photo_verdict import PhotoVerdict
from shared.domain.second_lock import Zone, ZoneLimits
from shared.services.kiosk.check_in import check_in
from shared.vision.face_finder import DetectedFace
from shared.vision.faces import FaceReading
from shared.vision.spoof_detector import SpoofVerdict
from tests.support.school import sent
from tests.support.stand_ins import stand_in

MEERA_LOOKS = np.eye(128, dtype=np.float32)[0]
RAVI_LOOKS = np.eye(128, dtype=np.float32)[1]
NEW_LOOKS = np.eye(128, dtype=np.float32)[2]
FACE = DetectedFace(
    100, 100, 300, 300, ((150, 160), (250, 160), (200, 220), (160, 260), (240, 260)), score=0.9
)


def spoof_verdict(*, is_live):
    """What the spoof check says of what is clearly living, or clearly a picture."""
    zone, score = (Zone.LIVING, 0.1) if is_live else (Zone.ATTACK, 0.9)
    return SpoofVerdict(zone, score, ZoneLimits(0.5, 0.8), seen_score=score)


class Eyes:
    """Sees what it is told, and counts how often it was asked."""

    def __init__(self, descriptor=MEERA_LOOKS, *, verdict=PhotoVerdict.GOOD, is_live=True, failure=None):
        self.descriptor, self.verdict, self.is_live, self.failure = descriptor, verdict, is_live, failure
        self.asked = 0

    def describe_fast(self, _rgb):
        self.asked += 1
        if self.failure:
            raise self.failure
        face = (
            FACE if self.verdict in (PhotoVerdict.GOOD, PhotoVerdict.TOO_DARK, PhotoVerdict.BLURRED) else None
        )
        return FaceReading(self.verdict, face, self.descriptor if face else None, 1.0)

    def read(self, rgb):
        return self.describe_fast(rgb)

    def judge(self, _rgb, _face):
        return spoof_verdict(is_live=self.is_live)


def give_eyes(toolbox, eyes, *, spoof_detector=None):
    stand_in(toolbox, face_matcher=eyes, spoof_detector=spoof_detector or eyes)
    return eyes


def gray_photo():
    file = BytesIO()
    Image.new("RGB", (640, 480), "gray").save(file, "JPEG")
    return file.getvalue()


def send(toolbox, school, roll_id="15203A0042", *, key="k1", class_code="CO6GA", photo=None, kiosk=None):
    kiosk = kiosk or school.kiosk
    photo = gray_photo() if photo is None else photo
    return check_in(toolbox, kiosk, sent(toolbox, kiosk, roll_id, photo, key=key, class_code=class_code))


def count(toolbox, table):
    with toolbox.reading() as session:
        return session.scalar(select(func.count()).select_from(table))
