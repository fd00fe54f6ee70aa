"""What a status is called and how it is tinted, for the templates of both sites."""

from flask import Flask, g

from shared.domain.statuses import Statuses
from shared.persistence import statuses
from shared.web.site import reading, toolbox


def school_statuses() -> Statuses:
    """Return the school's statuses, read once in a request."""
    if "statuses" not in g:
        g.statuses = statuses.load(reading, toolbox.settings.late_counts_as)
    found: Statuses = g.statuses
    return found


def install(app: Flask) -> None:
    """Let templates ask for a status by its key, and say its name."""
    app.jinja_env.globals["school_statuses"] = school_statuses
    app.jinja_env.filters["status_name"] = lambda key: school_statuses().name_of(key)
