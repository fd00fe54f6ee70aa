"""One JSON object a line for everything that is logged, in the sites and in the worker.

No line holds a password, key, photo, descriptor, letter or cookie: routes are named by their endpoint, people
by their account's id, and the database's own errors come without the values of the statement.
"""

import json
import logging
import logging.config
import os
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from shared.errors import SettingsError

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered; what people are told on an error page."""


class JsonLines(logging.Formatter):
    """Time (UTC), level, logger, message, request id, what `extra={"facts": …}` says, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get() is not None:
            line["request"] = request_id.get()
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def logging_config() -> dict[str, Any]:
    """Return what `logging.config.dictConfig` and Granian are told: JSON lines on stderr.

    LOG_LEVEL comes from the environment alone: logs begin before the settings are read. Raise SettingsError.
    """
    logging.captureWarnings(True)  # a library's are lines like all others, from logger "py.warnings"
    level = level_of(os.environ)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "shared.logs.JsonLines"}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": level, "handlers": ["lines"]},
        "loggers": {
            # A phone that does not trust the certificate yet hangs up, which is worth no line.
            "_granian": {"level": "ERROR", "handlers": [], "propagate": True},
            "granian.access": {"level": "ERROR", "handlers": []},  # its lines hold addresses; ours do not
            "huey": {"propagate": False},  # its consumer writes by itself
        },
    }


def level_of(environ: Mapping[str, str]) -> str:
    """Read LOG_LEVEL. Raise SettingsError."""
    level = environ.get("LOG_LEVEL", "INFO").strip().upper()
    if level not in logging.getLevelNamesMapping():
        raise SettingsError("LOG_LEVEL must be debug, info, warning, error or critical.")
    return level


def configure() -> None:
    """Log JSON lines from now on; for a process's entry point, once."""
    logging.config.dictConfig(logging_config())
