"""The queue: Huey on SQLite in one machine, on Redis over many. A message carries one job row's id."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey, crontab
from huey.constants import EmptyData
from huey.registry import Message
from huey.serializer import Serializer
from redis import RedisError

from shared.domain.languages import phrase
from shared.errors import QueueUnavailable
from shared.settings import Settings

_BEAT = "worker-lives"

log = logging.getLogger(__name__)


class _JsonMessages(Serializer):  # type: ignore[misc]  # Huey has no types
    """Messages as JSON; Huey's own serializer pickles."""

    def _serialize(self, message: Message) -> bytes:
        return json.dumps(message._asdict()).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(**json.loads(data))


def _run_elsewhere(_job_id: int) -> None:
    raise RuntimeError("Jobs run in the worker: shared.jobs.worker.")


class JobQueue:
    """Hands job ids to the worker; the worker itself passes `run`, which does the work."""

    def __init__(self, settings: Settings, run: Callable[[int], None] = _run_elsewhere) -> None:
        self.huey = _huey(settings)

        def run_job(job_id: int) -> None:  # Huey names a task by its module: this one, at both ends
            run(job_id)

        self._task = self.huey.task()(run_job)

    def start(self, job_id: int) -> None:
        """Queue a job whose row is already committed. Raise QueueUnavailable."""
        try:
            self._task(job_id)
        except (RedisError, sqlite3.Error) as cause:
            raise QueueUnavailable(
                phrase("The worker cannot be told of this now. Please try again.")
            ) from cause

    def beat(self) -> None:
        """Say that a worker lives; the worker does so at its start and every minute."""
        try:
            self.huey.storage.put_data(_BEAT, str(time.time()).encode())
        except (RedisError, sqlite3.Error):
            log.warning("the queue cannot be reached; nobody is told that the worker lives")

    def last_beat(self) -> datetime | None:
        """Return when a worker last said that it lives; None if none ever did. Raise QueueUnavailable."""
        try:
            said = self.huey.storage.peek_data(_BEAT)
        except (RedisError, sqlite3.Error) as cause:
            raise QueueUnavailable(phrase("The queue does not answer.")) from cause
        return None if said is EmptyData else datetime.fromtimestamp(float(bytes(said)), UTC)

    def at_start(self, name: str, action: Callable[[], None]) -> None:
        """Run an action when a worker starts."""
        self.huey.on_startup(name)(action)

    def every_minute(self, name: str, action: Callable[[], None]) -> None:
        """Run an action once a minute, beginning when a worker starts."""
        self.huey.periodic_task(crontab(minute="*"), name=name)(action)


def _huey(settings: Settings) -> Huey:
    common: dict[str, Any] = {"results": False, "serializer": _JsonMessages(), "utc": True}
    if settings.redis_url:
        return RedisHuey("attendance", url=settings.redis_url, **common)
    return SqliteHuey("attendance", filename=str(settings.instance_dir / "queue.sqlite3"), **common)
