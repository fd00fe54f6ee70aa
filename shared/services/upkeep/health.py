"""Looks how this installation is: quickly for the start page and metrics, thoroughly for `doctor`."""

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta

from shared.domain.health import Finding, Vitals, judge
from shared.domain.languages import joined, phrase
from shared.errors import ProductError, QueueUnavailable
from shared.mail.mailer import Mailer, MailServerFailure, Message, Outcome
from shared.persistence import health, integrations, sealed_rows
from shared.persistence.database import UNREACHABLE, find_damage, known_revisions, revision_of
from shared.persistence.tables import Integration
from shared.security.certificates import read_end
from shared.security.sealing import BrokenSeal, key_number
from shared.services.upkeep.key_rotation import count_by_key, purpose_of
from shared.toolbox import Toolbox

# A free worker begins in a second; start_lost_jobs tells it again after three minutes.
_JOB_IS_LOST_AFTER = timedelta(minutes=10)
_LETTERS_LOOKED_AT = timedelta(days=7)

_NOTHING_ELSE = phrase("Nothing else can be looked at before that.")


def take_vitals(toolbox: Toolbox) -> Vitals:
    """Count what tells how this installation is. Raise one of UNREACHABLE."""
    now, folder = toolbox.now(), toolbox.settings.instance_dir
    disk = shutil.disk_usage(folder if folder.exists() else folder.parent)
    try:
        worker_at = toolbox.queue.last_beat()
    except QueueUnavailable:
        worker_at = None
    with toolbox.reading() as session:
        waiting, lost = health.queued_jobs(session, before=now - _JOB_IS_LOST_AFTER)
        letters, oldest_letter_at = health.waiting_letters(session)
        return Vitals(
            now=now,
            database_now=health.database_now(session),
            newest_entry_at=health.newest_entry(session),
            oldest_entry_at=health.oldest_entry(session),
            backup_at=health.newest_entry(session, "write backup"),
            night_at=health.newest_night(session),
            worker_at=worker_at,
            jobs_waiting=waiting,
            jobs_lost=lost,
            letters_waiting=letters,
            oldest_letter_at=oldest_letter_at,
            letters_unsent=health.unsent_letters(session, since=now - _LETTERS_LOOKED_AT),
            certificate_ends_at=read_end(folder / "tls" / "server.pem"),
            disk_free_bytes=disk.free,
            disk_bytes=disk.total,
        )


def find_red(toolbox: Toolbox) -> list[Finding]:
    """Return what is not well, of what is quick to look at. Raise one of UNREACHABLE."""
    found = judge(take_vitals(toolbox), backup_days=toolbox.settings.warn_backup_days)
    return [finding for finding in found if not finding.is_well]


def examine(
    toolbox: Toolbox,
    *,
    letter_to: str | None = None,
    also: Callable[[Toolbox], Finding | None] = lambda _toolbox: None,
) -> Iterator[Finding]:
    """Look at everything, one finding after the other; `letter_to` gets a letter that says so.

    `also` looks at what only a site knows, last.
    """
    database = _database(toolbox)
    yield database
    if not database.is_well:
        return
    tables = _tables(toolbox)
    yield tables
    if not tables.is_well:
        return
    yield _keys(toolbox)
    yield _networks(toolbox)
    yield _permissions(toolbox)
    yield from judge(take_vitals(toolbox), backup_days=toolbox.settings.warn_backup_days)
    yield _mail(toolbox, letter_to)
    if toolbox.settings.messages_url is not None:
        yield _gateway(toolbox)
    if (found := also(toolbox)) is not None:
        yield found


def _database(toolbox: Toolbox) -> Finding:
    try:
        damage = find_damage(toolbox.engine)
    except UNREACHABLE as cause:
        said = phrase(
            "The database does not answer: %(value)s. %(nothing_else)s",
            value=cause.__cause__ or cause,
            nothing_else=_NOTHING_ELSE,
        )
        return Finding("database", False, said)
    if damage:
        said = phrase(
            "The database's file is damaged (%(damage)s). Put the newest backup back "
            "(docs/administrator.md). %(nothing_else)s",
            damage=damage,
            nothing_else=_NOTHING_ELSE,
        )
        return Finding("database", False, said)
    return Finding("database", True, f"{toolbox.engine.dialect.name} answers")


def _tables(toolbox: Toolbox) -> Finding:
    found, known = revision_of(toolbox.engine), known_revisions()
    if found == known[0]:
        return Finding("tables", True, f"at {found}, the newest")
    if found is None:
        said = phrase("There are no tables yet. `make run` or `flask --app admin_site migrate` makes them.")
    elif found in known:
        said = phrase(
            "The tables are at %(found)s; `make run` or `flask --app admin_site migrate` brings them to "
            "%(known)s, up to date.",
            found=found,
            known=known[0],
        )
    else:
        said = phrase(
            "The tables are at %(found)s, of a newer version than this one. Start the newer version.",
            found=found,
        )
    return Finding("tables", False, joined([said, _NOTHING_ELSE]))


def _keys(toolbox: Toolbox) -> Finding:
    """Try one value that each key sealed: a key that was mistyped has the right number and opens nothing."""
    keys = toolbox.settings.face_keys
    sealed_by = count_by_key(toolbox)
    if missing := sorted(sealed_by.keys() - keys.keys()):
        lost = sum(sealed_by[number] for number in missing)
        said = phrase(
            "FACE_KEYS lacks key %(missing)s: %(lost)s stored values do not open. Put it "
            "back from your copy.",
            missing=missing[0],
            lost=lost,
        )
        return Finding("keys", False, said)
    untried = set(sealed_by)
    with toolbox.reading() as session:
        for column in sealed_rows.list_columns():
            for row in sealed_rows.next_rows(session, column, after=0) if untried else ():
                try:
                    toolbox.sealer.open(row["sealed"], purpose=purpose_of(column, row))
                except BrokenSeal:
                    said = phrase(
                        "A value of %(name)s does not open with key %(key_number)s of FACE_KEYS: that is "
                        "another key than the one it was sealed with, or it was altered.",
                        name=column.name,
                        key_number=key_number(row["sealed"]),
                    )
                    return Finding("keys", False, said)
                untried.discard(key_number(row["sealed"]))
    return Finding(
        "keys",
        True,
        phrase("%(count)s sealed values, all with keys that are here", count=sum(sealed_by.values())),
    )


def _networks(toolbox: Toolbox) -> Finding:
    try:
        count = toolbox.check_model_files()
    except ProductError as failure:
        return Finding(
            "networks",
            False,
            phrase("%(failure)s Install this version again: its files are not whole.", failure=failure),
        )
    return Finding("networks", True, phrase("%(count)s files, each as its manifest says", count=count))


def _permissions(toolbox: Toolbox) -> Finding:
    """Check that everything of the instance folder is its owner's alone, but for what is served."""
    folder = toolbox.settings.instance_dir
    if not folder.exists():
        return Finding("permissions", True, "no instance folder")
    served = {folder / "tls", folder / "tls" / "server.pem", folder / "tls" / "authority.crt"}
    is_closed = not stat.S_IMODE(folder.stat().st_mode) & 0o077
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if (
            not path.is_symlink()
            and mode & 0o077
            and path not in served
            and (path == folder or not is_closed)
        ):
            said = phrase(
                "%(path)s can be opened by others on this machine. Close it: chmod -R go= %(folder)s",
                path=path,
                folder=folder,
            )
            return Finding("permissions", False, said)
    return Finding("permissions", True, phrase("only its owner can open %(folder)s", folder=folder))


def _mail(toolbox: Toolbox, letter_to: str | None) -> Finding:
    if toolbox.settings.mail_server is None:
        return Finding("mail", True, "no mail server is set up, so no letter is sent")
    try:
        with toolbox.mailer.connect() as connection:
            if letter_to is None:
                return Finding(
                    "mail",
                    True,
                    phrase("%(mail_server)s accepts our letters", mail_server=toolbox.settings.mail_server),
                )
            result = connection.deliver(_letter(toolbox.mailer, letter_to))
    except MailServerFailure as failure:
        said = phrase(
            "%(reason)s Look at MAIL_SERVER (%(server)s) and what goes with it.",
            reason=failure.sentence,
            server=f"{toolbox.settings.mail_server}:{toolbox.settings.mail_port}",
        )
        return Finding("mail", False, said)
    if result.outcome is Outcome.SENT:
        return Finding(
            "mail",
            True,
            phrase(
                "%(mail_server)s accepted a letter to %(letter_to)s",
                mail_server=toolbox.settings.mail_server,
                letter_to=letter_to,
            ),
        )
    return Finding(
        "mail",
        False,
        phrase(
            "The letter to %(letter_to)s was not accepted. %(reason)s",
            letter_to=letter_to,
            reason=result.reason,
        ),
    )


def _gateway(toolbox: Toolbox) -> Finding:
    """Knock at the gateway for messages to phones; nothing is sent."""
    with toolbox.reading() as session:
        if not integrations.is_on(session, Integration.MESSAGES):
            said = phrase("a gateway is set up; the office has not turned messages on")
            return Finding("messages", True, said)
    with toolbox.gateway.connect() as connection:
        result = connection.knock()
    if result.outcome is Outcome.SENT:
        return Finding(
            "messages", True, phrase("the gateway at %(host)s is there", host=toolbox.gateway.host)
        )
    said = phrase(
        "%(reason)s Look at MESSAGES_URL (%(host)s).", reason=result.reason, host=toolbox.gateway.host
    )
    return Finding("messages", False, said)


def _letter(mailer: Mailer, address: str) -> Message:
    return Message(
        subject=f"{mailer.school_name}: a letter of the attendance to itself",
        recipients=[address],
        body="This letter was sent by flask --app admin_site doctor, to see that letters arrive.\n",
    )
