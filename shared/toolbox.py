"""The Toolbox: what services work with, built once per process and handed in."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypedDict, Unpack

from shared.domain.languages import phrase
from shared.domain.second_lock import Strictness
from shared.errors import ModelUnavailable
from shared.jobs.queue import JobQueue
from shared.mail.gateway import Gateway
from shared.mail.mailer import Mailer
from shared.persistence import spoof
from shared.persistence.database import Engine, Sessions, connect, reading_sessions, writing_sessions
from shared.security import purposes
from shared.security.draws import Draws
from shared.security.sealing import BrokenSeal, Sealer
from shared.settings import Settings
from shared.vision.face_index import FaceIndex
from shared.vision.face_matcher import FaceMatcher
from shared.vision.head_turn import HeadTurnReader
from shared.vision.load_limiter import LoadLimiter
from shared.vision.model_files import check_all
from shared.vision.spoof_detector import SpoofDetector
from shared.vision.spoof_training import SpoofTrainer


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Parts(TypedDict, total=False):
    """What `Toolbox.with_` may replace."""

    settings: Settings
    now: Callable[[], datetime]
    engine: Engine
    sessions: Sessions
    reading: Sessions
    reading_totals: Sessions
    sealer: Sealer
    queue: JobQueue
    mailer: Mailer
    gateway: Gateway
    face_matcher: FaceMatcher
    face_index: FaceIndex
    spoof_detector: SpoofDetector
    draws: Draws
    head_turn_reader: HeadTurnReader
    load_limiter: LoadLimiter
    spoof_trainer: SpoofTrainer


@dataclass(frozen=True)
class Toolbox:
    """What a service needs from outside. Parts are made on first use; a part that fails is tried again."""

    settings: Settings
    now: Callable[[], datetime] = field(default=_utc_now)

    def with_(self, **parts: Unpack[Parts]) -> "Toolbox":
        """Return a copy in which these parts are others, such as a clock that shows tomorrow.

        It shares the database's connections and every part made so far, also where that was made from
        settings that the copy has otherwise. Raise TypeError for a part that no toolbox has.
        """
        if unknown := parts.keys() - Parts.__annotations__.keys():
            raise TypeError(f"A toolbox has no {', '.join(sorted(unknown))}.")
        if "engine" not in parts:
            _ = self.engine  # made now, or the copy would open connections of its own
        made = copy.copy(self)
        vars(made).update(parts)
        return made

    @cached_property
    def engine(self) -> Engine:
        """The connection pool under every session."""
        return connect(self.settings.database_url)

    @cached_property
    def sessions(self) -> Sessions:
        """Sessions that write: one `with toolbox.sessions.begin() as session` is one transaction."""
        return writing_sessions(self.engine)

    @cached_property
    def reading(self) -> Sessions:
        """Sessions that only read."""
        return reading_sessions(self.engine)

    @cached_property
    def reading_totals(self) -> Sessions:
        """Sessions for what reads a whole term: of a replica where there is one, seconds behind at most."""
        url = self.settings.reports_database_url
        return self.reading if url is None else reading_sessions(connect(url))

    @cached_property
    def sealer(self) -> Sealer:
        """Seals photos, descriptors and face models."""
        return Sealer(self.settings.face_keys)

    @cached_property
    def queue(self) -> JobQueue:
        """Starts long work."""
        return JobQueue(self.settings)

    @cached_property
    def mailer(self) -> Mailer:
        """Writes and sends letters."""
        return Mailer(self.settings)

    @cached_property
    def gateway(self) -> Gateway:
        """Hands messages to the school's gateway."""
        return Gateway(self.settings)

    @cached_property
    def face_matcher(self) -> FaceMatcher:
        """Reads the face in a photo. Raise ModelUnavailable."""
        return FaceMatcher(models_dir=self.settings.models_dir)

    @cached_property
    def face_index(self) -> FaceIndex:
        """Every enrolled face, to look others up among; `services.faces.sealed_faces` refreshes it."""
        return FaceIndex()

    @cached_property
    def spoof_detector(self) -> SpoofDetector:
        """Tells a person from a picture of one. Raise ModelUnavailable."""
        return SpoofDetector(self.settings.models_dir, self._find_trained_spoof_heads, self._find_strictness)

    @cached_property
    def draws(self) -> Draws:
        """Chance, for what nobody may foresee."""
        return Draws()

    @cached_property
    def head_turn_reader(self) -> HeadTurnReader:
        """Follows a head that turns through the frames of a film. Raise ModelUnavailable."""
        return HeadTurnReader(models_dir=self.settings.models_dir)

    @cached_property
    def load_limiter(self) -> LoadLimiter:
        """Keeps the kiosks' photos from taking every thread and core."""
        return LoadLimiter()

    @cached_property
    def spoof_trainer(self) -> SpoofTrainer:
        """Trains the spoof check's last layer. Raise ModelUnavailable."""
        return SpoofTrainer(self.settings.models_dir)

    def check_model_files(self) -> int:
        """Compare every network with its manifest's hash; return how many. Raise ModelUnavailable."""
        return check_all(self.settings.models_dir)

    def _find_strictness(self) -> Strictness:
        """Return the school's choice."""
        with self.reading() as session:
            return spoof.get_strictness(session)

    def _find_trained_spoof_heads(self) -> bytes | None:
        """Return the last layer the school put into use; None: the shipped one. Raise ModelUnavailable."""
        with self.reading() as session:
            activation = spoof.find_activation(session)
        if activation is None or activation.version_id is None:
            return None
        version = activation.version
        if version is None:
            raise ModelUnavailable(
                phrase("The camera check is not available: the version in use is missing.")
            )
        try:
            return self.sealer.open(version.sealed_heads, purpose=purposes.spoof_version(version.id))
        except BrokenSeal as cause:
            raise ModelUnavailable(
                phrase("The camera check is not available: the version in use was altered.")
            ) from cause
