"""The office: registers classes, teachers and students, and enrols faces."""

from flask import Flask

from admin_site import (
    admins,
    audit_trail,
    class_photos,
    classes,
    commands,
    consents,
    covers,
    days_off,
    decisions,
    enrolment,
    integrations,
    maintenance,
    messages,
    oneroster_commands,
    photo_commands,
    privacy,
    readiness,
    roster,
    roster_commands,
    school_accounts,
    second_factor,
    spoof_check,
    statuses,
    students,
    teachers,
    timetable,
    weekly_grid,
    year_end,
)
from shared.persistence.tables import Admin
from shared.reports.oneroster_zip import LARGEST_PACKAGE_BYTES
from shared.services.faces import photo_archive
from shared.services.faces.enrolment import LARGEST_BATCH_BYTES
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web import status_words
from shared.web.languages import lazy_gettext
from shared.web.site import SiteDescription, build_site, prepare


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """Build the admin site; without arguments from the environment."""
    settings, toolbox = prepare(settings, toolbox)
    description = SiteDescription(
        name="office",
        title=lazy_gettext("Office"),
        address=settings.admin_site_url,
        secret_key=settings.admin_secret_key,
        account=Admin,
        navigation=(
            ("readiness.board", lazy_gettext("Readiness")),
            ("classes.show_list", lazy_gettext("Classes")),
            ("teachers.show_list", lazy_gettext("Teachers")),
            ("students.show_list", lazy_gettext("Students")),
            ("admins.show_list", lazy_gettext("Admins")),
            ("audit_trail.show", lazy_gettext("Audit trail")),
            ("spoof_check.show", lazy_gettext("Camera check")),
            ("timetable.show", lazy_gettext("School")),
        ),
        menus={
            "timetable.show": (
                ("timetable.show", lazy_gettext("Timetable")),
                ("days_off.show", lazy_gettext("Calendar and holidays")),
                ("covers.show", lazy_gettext("Cover teachers")),
                ("statuses.show_list", lazy_gettext("Statuses of a mark")),
                ("integrations.show_list", lazy_gettext("School systems")),
            )
        },
        home="readiness.board",
        large_uploads={
            "class_photos.show": photo_archive.LARGEST_ZIP_BYTES,
            "enrolment.add_photos": LARGEST_BATCH_BYTES,
            "integrations.oneroster": LARGEST_PACKAGE_BYTES,
            "spoof_check.send_archive": photo_archive.LARGEST_ZIP_BYTES,
            "spoof_check.send_pictures": photo_archive.LARGEST_ZIP_BYTES,
        },
    )
    app = build_site(
        description,
        import_name=__name__,
        settings=settings,
        toolbox=toolbox,
        pages=[
            readiness.pages,
            classes.pages,
            class_photos.pages,
            consents.pages,
            decisions.pages,
            roster.pages,
            teachers.pages,
            students.pages,
            year_end.pages,
            enrolment.pages,
            privacy.pages,
            admins.pages,
            audit_trail.pages,
            second_factor.pages,
            spoof_check.pages,
            integrations.pages,
            school_accounts.pages,
            messages.pages,
            statuses.pages,
            timetable.pages,
            weekly_grid.pages,
            covers.pages,
            days_off.pages,
        ],
        commands=(
            *commands.commands,
            *photo_commands.commands,
            *roster_commands.commands,
            *maintenance.commands,
            *oneroster_commands.commands,
        ),
    )
    status_words.install(app)
    return app
