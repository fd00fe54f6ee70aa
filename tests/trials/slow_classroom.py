"""The classroom with eyes that take their time, for the trial of more check-ins than it can answer."""

import time
from types import SimpleNamespace

import numpy as np
from flask import Flask

from shared.domain.photo_verdict import PhotoVerdict
from shared.settings import read_settings
from shared.toolbox import Toolbox
from shared.vision.face_finder import DetectedFace
from shared.vision.faces import FaceReading
from teacher_site import create_app as create_classroom
from tests.support.eyes import spoof_verdict

LOOK_S = 0.5
FACES = np.eye(128, dtype=np.float32)
# A photo's gray says whose face it shows, in steps that a JPEG keeps apart.
GRAY_STEP = 8


def _glance(rgb: np.ndarray) -> FaceReading:
    time.sleep(LOOK_S)
    whose = FACES[round(float(rgb.mean()) / GRAY_STEP)]
    return FaceReading(PhotoVerdict.GOOD, DetectedFace(100, 100, 300, 300, (), score=0.9), whose, 1.0)


def create_app() -> Flask:
    """Every photo is looked at for half a second."""
    matcher = SimpleNamespace(describe_fast=_glance, warm_up=lambda _at_once=1: None)
    check = SimpleNamespace(
        judge=lambda _rgb, _face: spoof_verdict(is_live=True), warm_up=lambda _at_once=1: None
    )
    toolbox = Toolbox(read_settings()).with_(face_matcher=matcher, spoof_detector=check)
    return create_classroom(toolbox=toolbox)
