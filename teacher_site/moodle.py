"""Files for Moodle: a lecture's marks and a term's sessions, once the office has turned it on."""

from flask import Blueprint, Response, request

from shared.domain.languages import phrase
from shared.errors import InvalidInput
from shared.services.integrations.moodle import MoodleFile, write_marks, write_sessions
from shared.web.forms import asked_day, require_days
from shared.web.sign_in import actor
from shared.web.site import toolbox
from teacher_site.forms import asked_number

pages = Blueprint("moodle", __name__)


@pages.get("/lectures/<int:lecture_id>/moodle.csv")
def marks(lecture_id: int) -> Response:
    return _file(write_marks(toolbox, actor(), lecture_id))


@pages.get("/sessions-for-moodle.csv")
def sessions() -> Response:
    class_id = asked_number("class_id")
    if class_id is None:
        raise InvalidInput(phrase("Choose a class first."))
    require_days(request.args, "since", "until")
    days = {name: asked_day(request.args, name).day for name in ("since", "until")}
    return _file(write_sessions(toolbox, actor(), class_id, **days))


def _file(written: MoodleFile) -> Response:
    answer = Response(written.content, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=written.name)
    return answer
