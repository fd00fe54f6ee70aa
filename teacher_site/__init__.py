"""The classroom: lectures, the kiosk, attendance."""

from flask import Flask

from shared.persistence.tables import Teacher
from shared.settings import Settings
from shared.toolbox import Toolbox
from shared.web.site import SiteDescription, build_site, prepare


def create_app(settings: Settings | None = None, toolbox: Toolbox | None = None) -> Flask:
    """Build the teacher site; without arguments from the environment."""
    settings, toolbox = prepare(settings, toolbox)
    description = SiteDescription(
        name="classroom",
        title="Attendance",
        secret_key=settings.teacher_secret_key,
        account=Teacher,
        navigation=(),
        home="security.login",
    )
    return build_site(description, import_name=__name__, settings=settings, toolbox=toolbox, pages=[])
