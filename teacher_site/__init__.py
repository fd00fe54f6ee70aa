"""The classroom: lectures, the kiosk, attendance."""

from flask import Flask

from shared.domain.attendance import LectureState, lecture_state
from shared.persistence.tables import Lecture, Teacher
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web import status_words
from shared.web.languages import lazy_gettext
from shared.web.site import SiteDescription, build_site, prepare
from teacher_site import (
    attendance,
    commands,
    covers,
    families,
    family_mail,
    kiosk,
    lectures,
    live,
    moodle,
    plan,
    sheets,
    term_sheet,
    totals,
)

PAGES = (
    *(lectures, attendance, covers, families, family_mail, kiosk, live, moodle, plan, sheets),
    *(term_sheet, totals),
)


_STATES = {
    LectureState.SCHEDULED: lazy_gettext("scheduled"),
    LectureState.OPEN: lazy_gettext("open"),
    LectureState.ENDED: lazy_gettext("ended"),
    LectureState.CLOSED: lazy_gettext("closed"),
}


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """Build the teacher site; without arguments from the environment."""
    settings, toolbox = prepare(settings, toolbox)
    description = SiteDescription(
        name="classroom",
        title=lazy_gettext("Attendance"),
        address=settings.teacher_site_url,
        secret_key=settings.teacher_secret_key,
        account=Teacher,
        navigation=(
            ("lectures.today", lazy_gettext("Today")),
            ("lectures.show_list", lazy_gettext("Lectures")),
            ("plan.show", lazy_gettext("My plan")),
            ("attendance.report", lazy_gettext("Report")),
            ("totals.show", lazy_gettext("Totals")),
        ),
        home="lectures.today",
        open_endpoints=kiosk.OPEN_TO_THE_PASS | plan.OPEN | families.OPEN,
    )
    app = build_site(
        description,
        import_name=__name__,
        settings=settings,
        toolbox=toolbox,
        pages=[page.pages for page in PAGES],
        commands=commands.commands,
        gate=kiosk.keep_to_the_kiosk,
    )

    status_words.install(app)
    app.jinja_env.filters["state_name"] = _STATES.__getitem__

    @app.template_filter("state")
    def state(lecture: Lecture) -> LectureState:
        return lecture_state(
            now=toolbox.now(),
            starts_at=lecture.starts_at,
            ends_at=lecture.faces_until,
            closed_at=lecture.closed_at,
        )

    return app
