"""The night's work: what is older than the school's settings allow is deleted, and written down how much."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from shared.errors import ModelUnavailable
from shared.persistence import retention
from shared.services import audit
from shared.services.attendance import flagged_faces
from shared.services.audit import Actor
from shared.services.faces import renewal
from shared.services.integrations.oneroster.folder import read_folder
from shared.services.kiosk import confirmations, passes
from shared.services.people import erasure
from shared.services.spoof_check import pictures as spoof_pictures
from shared.toolbox import Toolbox

log = logging.getLogger(__name__)

# Half past two, by the school's clock.
_NIGHT_BEGINS = timedelta(hours=2, minutes=30)
# A worker that has been at it for so long was cut off.
_LONGEST_NIGHT = timedelta(hours=2)
_WORKER = Actor(site="worker", email="worker")

KEEP_LEFTOVER_PHOTOS = timedelta(days=7)
KEEP_TRIES = timedelta(days=1)
KEEP_SIGN_INS = KEEP_JOBS = timedelta(days=30)
KEEP_DEVICES = timedelta(days=365)


def work_if_due(toolbox: Toolbox) -> None:
    """Do tonight's work if nobody has; asked every minute.

    A night on which no worker ran is made up for as soon as one does.
    """
    now = toolbox.now()
    night_of = (toolbox.settings.clock.local(now) - _NIGHT_BEGINS).date().isoformat()
    abandoned_before = now - _LONGEST_NIGHT
    with toolbox.reading() as session:
        if retention.is_night_taken(session, night_of, abandoned_before=abandoned_before):
            return
    if not retention.claim_night(toolbox.sessions, night_of, now=now, abandoned_before=abandoned_before):
        return
    counts = {what: retention.delete_old(toolbox.sessions, which) for what, which in _old(toolbox, now)}
    counts["pictures that waited"] = confirmations.forget_old(toolbox)
    counts["spoof pictures"] = spoof_pictures.forget_old(toolbox)
    counts["kiosk PINs"] = passes.forget_pins(toolbox)
    counts["lectures with nobody's faces"] = flagged_faces.forget_old(toolbox)
    _renew_faces(toolbox)
    with toolbox.sessions.begin() as session:
        audit.record(session, toolbox, _WORKER, "delete the old", f"night of {night_of}", after=counts)
        retention.finish_night(session, night_of, toolbox.now())
    erasure.settle(toolbox)
    read_folder(toolbox)


def _renew_faces(toolbox: Toolbox) -> None:
    """Train anew what an earlier network described; a night without the networks does not end the rest."""
    try:
        renewal.renew_models(toolbox, _WORKER)
    except ModelUnavailable as failure:
        log.error("faces are not renewed tonight: %s", failure)


def _old(toolbox: Toolbox, now: datetime) -> Iterator[tuple[str, list[Any]]]:
    """Yield what is deleted, and the queries that find it. Lectures take their letters and check-ins
    along."""
    settings = toolbox.settings
    yield "check-ins", retention.old_check_ins(now - timedelta(days=settings.keep_check_ins_days))
    yield "letters", retention.old_letters(now - timedelta(days=settings.keep_letters_days))
    yield "lectures", retention.old_lectures(_years_before(now, settings.keep_marks_years))
    yield "planned lectures", retention.old_plans(_years_before(now, settings.keep_marks_years))
    yield "audit entries", retention.old_audit_entries(_years_before(now, settings.keep_audit_years))
    yield "sign-ins", retention.old_sign_ins(now - KEEP_SIGN_INS)
    yield "known browsers", retention.old_devices(now - KEEP_DEVICES)
    yield "kiosk tickets", retention.old_tickets(now - KEEP_TRIES)
    yield "wrong passwords", retention.old_tries(now - KEEP_TRIES)
    keep_seen = settings.keep_enrolment_photos
    yield "enrolment photos", retention.old_photos(now - KEEP_LEFTOVER_PHOTOS, keep_seen=keep_seen)
    yield "offered faces", retention.old_offers(now - timedelta(days=settings.keep_offers_days))
    yield "uploaded plans", retention.old_plan_drafts(now - KEEP_JOBS)
    yield "family links", retention.old_family_links(now)
    letters_kept = timedelta(days=settings.keep_letters_days)
    yield "families' messages", retention.old_family_messages(now - letters_kept)
    yield "jobs", retention.old_jobs(now - KEEP_JOBS)


def _years_before(now: datetime, years: int) -> datetime:
    return now - timedelta(days=365.25 * years)
