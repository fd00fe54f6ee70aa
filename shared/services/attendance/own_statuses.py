"""Adds, changes and retires the school's own statuses. A status is never deleted: marks stand by it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from anyascii import anyascii

from shared.domain.attendance import MarkStatus
from shared.domain.languages import LANGUAGES, phrase
from shared.domain.statuses import LONGEST_NAME, MOST_OWN, Colour, CountsAs, find_refusal
from shared.domain.typed_text import clean
from shared.errors import InvalidInput
from shared.persistence import statuses
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import OwnStatus
from shared.services import audit
from shared.services.audit import Actor
from shared.services.typed_input import checked_text, require_as_seen
from shared.toolbox import Toolbox

_LONGEST_KEY = 28  # of 32 characters, so that a number fits behind


@dataclass(frozen=True)
class StatusDetails:
    """What is typed about an own status; `letter_names` by language, "" where the name itself will do."""

    name: str
    short: str
    colour: Colour
    counts_as: CountsAs
    is_left_out: bool
    letter_names: Mapping[str, str] = field(default_factory=dict)


def add_status(toolbox: Toolbox, actor: Actor, details: StatusDetails) -> int:
    """Add an own status and give its id. Raise InvalidInput naming the field, and at MOST_OWN."""
    try:
        with toolbox.sessions.begin() as session:
            rows = statuses.list_own(session)
            if len(rows) >= MOST_OWN:
                raise InvalidInput(
                    phrase("A school has at most %(most_own)s statuses of its own.", most_own=MOST_OWN)
                )
            values = _checked(session, toolbox, details, but_key=None)
            row = OwnStatus(key=_free_key(values["name"], {each.key for each in rows}), active=True, **values)
            session.add(row)
            session.flush()
            audit.record(session, toolbox, actor, "add status", f"status {row.name}", after=values)
            return row.id
    except AlreadyThere as cause:
        raise InvalidInput(
            phrase("Somebody added a status in the same moment. Please send it again.")
        ) from cause


def change_status(
    toolbox: Toolbox,
    actor: Actor,
    status_id: int,
    details: StatusDetails,
    *,
    seen: Mapping[str, Any] | None = None,
) -> None:
    """Change an own status, in old marks too: what it counts as counts from now on everywhere.

    Raise InvalidInput naming the field, NotFound, or ChangedMeanwhile if it is not as it was `seen`.
    """
    with toolbox.sessions.begin() as session:
        row = statuses.get_own(session, status_id, lock=True)
        values = _checked(session, toolbox, details, but_key=row.key)
        before = {name: getattr(row, name) for name in values}
        require_as_seen(fields_of(row), _as_fields(values), seen=seen)
        for name, value in values.items():
            setattr(row, name, value)
        if before != values:
            subject = f"status {row.name}"
            audit.record(session, toolbox, actor, "change status", subject, before=before, after=values)


def fields_of(row: OwnStatus) -> dict[str, Any]:
    """Return what a status holds by the fields of its form."""
    return _as_fields({each.name: getattr(row, each.name) for each in fields(StatusDetails)})


def _as_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a status's columns by the fields of its form: each language's name has one of its own."""
    names = {f"name_{code}": values["letter_names"].get(code, "") for code in LANGUAGES if code != "en"}
    return {**{name: value for name, value in values.items() if name != "letter_names"}, **names}


def set_status_active(toolbox: Toolbox, actor: Actor, status_id: int, *, active: bool) -> None:
    """Offer an own status for new marks, or no longer; old marks keep it. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        row = statuses.get_own(session, status_id, lock=True)
        if row.active == active:
            return
        row.active = active
        action = "use status again" if active else "retire status"
        audit.record(session, toolbox, actor, action, f"status {row.name}")


def _checked(
    session: Session, toolbox: Toolbox, details: StatusDetails, *, but_key: str | None
) -> dict[str, Any]:
    """Return the columns' values. Retired statuses keep their names: old sheets may still say them."""
    values = asdict(details)
    values["name"], values["short"] = clean(details.name), clean(details.short)
    for name in ("name", "short"):
        checked_text(values[name], field=name, longest=LONGEST_NAME)
    values["letter_names"] = {
        language: checked_text(clean(text), field=f"name_{language}", longest=LONGEST_NAME)
        for language, text in details.letter_names.items()
        if language in LANGUAGES and clean(text)
    }
    known = statuses.load(session, toolbox.settings.late_counts_as)
    refused = find_refusal(values["name"], values["short"], [each for each in known if each.key != but_key])
    if refused is not None:
        raise InvalidInput(refused[1], field=refused[0])
    return values


def _free_key(name: str, taken: set[str]) -> str:
    """Return a key that can be read in the audit trail, and that no other status has or ever had."""
    word = re.sub(r"[^a-z0-9]+", "-", anyascii(name).lower()).strip("-")[:_LONGEST_KEY] or "status"
    others = {*taken, *MarkStatus}
    keys = (word, *(f"{word}-{number}" for number in range(2, MOST_OWN + 3)))
    return next(key for key in keys if key not in others)
