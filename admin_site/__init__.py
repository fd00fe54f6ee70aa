"""The office: registers classes, teachers and students, and enrols faces."""

from flask import Flask

from admin_site import class_photos, classes, commands, enrolment, readiness, students, teachers
from shared.persistence.tables import Admin
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web.site import SiteDescription, build_site, prepare


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """Build the admin site; without arguments from the environment."""
    settings, toolbox = prepare(settings, toolbox)
    description = SiteDescription(
        name="office",
        title="Office",
        secret_key=settings.admin_secret_key,
        account=Admin,
        navigation=(
            ("readiness.board", "Readiness"),
            ("classes.show_list", "Classes"),
            ("teachers.show_list", "Teachers"),
            ("students.show_list", "Students"),
        ),
        home="readiness.board",
    )
    return build_site(
        description,
        import_name=__name__,
        settings=settings,
        toolbox=toolbox,
        pages=[
            readiness.pages,
            classes.pages,
            class_photos.pages,
            teachers.pages,
            students.pages,
            enrolment.pages,
        ],
        commands=commands.commands,
    )
