"""Imports a OneRoster package that was reviewed: every change of it, or none."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.languages import phrase
from shared.domain.typed_text import normal_code
from shared.errors import Conflict, InvalidInput
from shared.persistence import faces, families, integrations
from shared.persistence.database import AlreadyThere, Session
from shared.persistence.tables import Integration, SchoolClass, Student, Teacher
from shared.security import purposes
from shared.security.passwords import first_time_password, hash_password
from shared.security.sealed_form import open_form
from shared.security.sealing import BrokenSeal
from shared.services import audit
from shared.services.accounts.lifecycle import revoke_access
from shared.services.audit import Actor
from shared.services.faces.near_matches import move_near_matches
from shared.services.integrations.oneroster.school import Action, Kind, value_of
from shared.services.people.roll_ids import free_roll_id
from shared.toolbox import Toolbox

_TABLES: dict[Kind, type[SchoolClass | Student | Teacher]] = {
    Kind.CLASS: SchoolClass,
    Kind.STUDENT: Student,
    Kind.TEACHER: Teacher,
}
_ACTION_WORDS = {
    Action.NEW: "add {}",
    Action.CHANGED: "change {}",
    Action.MOVED: "move {}",
    Action.RETURNED: "reactivate {}",
    Action.GONE: "deactivate {}",
}


def import_package(toolbox: Toolbox, actor: Actor, sealed: str) -> int:
    """Apply every change of a review, or none; return how many. What a second press finds done stays.

    Raise InvalidInput for a review that is not whole or not this account's, and Conflict when something was
    changed since.
    """
    try:
        content = open_form(toolbox.sealer, sealed, purpose=purposes.oneroster_review(actor.account_id))
    except BrokenSeal as cause:
        raise InvalidInput(phrase("The review was not sent whole. Please send the package again.")) from cause
    changes = content["changes"]
    password = ""
    if any(change["kind"] == Kind.TEACHER and change["id"] is None for change in changes):
        # Nobody ever sees it: the office gives a first-time password, or the teacher asks for a link by mail.
        password = hash_password(first_time_password(), salt=toolbox.settings.password_salt)
    try:
        with toolbox.sessions.begin() as session:
            _Import(session, toolbox, actor, content["source"], password).apply(changes)
            before = integrations.get_chosen(session, Integration.ONEROSTER)
            chosen = {
                "answers": {**before.get("answers", {}), **content["answers"]},
                "digest": content["digest"],
                "imported": content["source"],
                "waits": "",
            }
            integrations.save_choice(session, Integration.ONEROSTER, now=toolbox.now(), chosen=chosen)
    except AlreadyThere as cause:
        raise Conflict(_overtaken(phrase("Somebody"))) from cause
    return len(changes)


class _Import:
    def __init__(self, session: Session, toolbox: Toolbox, actor: Actor, source: str, password: str) -> None:
        self._session = session
        self._toolbox = toolbox
        self._actor = actor
        self._source = source
        self._password = password

    def apply(self, changes: Sequence[Mapping[str, Any]]) -> None:
        there = {kind: integrations.list_sourced_ids(self._session, table) for kind, table in _TABLES.items()}
        # A second press finds its new records there already.
        changes = [
            each
            for each in changes
            if each["id"] is not None or each["becomes"]["sourced_id"] not in there[Kind(each["kind"])]
        ]
        of_kind = {kind: [each for each in changes if each["kind"] == kind] for kind in Kind}
        for change in of_kind[Kind.CLASS]:
            self._change_class(change)
        self._session.flush()
        self._classes = {each.class_code: each for each in integrations.list_all_classes(self._session)}
        self._change_students(of_kind[Kind.STUDENT])
        teachers = {each.id: each for each in integrations.list_all_teachers(self._session)}
        for change in of_kind[Kind.TEACHER]:
            self._change_teacher(change, teachers)

    def _change_class(self, change: Mapping[str, Any]) -> None:
        if change["id"] is None:
            self._session.add(SchoolClass(**change["becomes"]))
        else:
            row = self._session.get_one(SchoolClass, change["id"])
            self._set(row, change, {name: value_of(row, name) for name in change["was"]})
        self._record(change, change["words"])

    def _change_students(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Free the roll ids that change hands before any is given, so that two students may swap theirs."""
        rows = integrations.lock_students(self._session, [each["id"] for each in changes if each["id"]])
        moving = [each for each in changes if {"class_code", "roll_id"} & set(each["was"])]
        if moving:
            faces.lock_models(self._session)
        for change in changes:
            if change["id"] is not None:
                row = rows.get(change["id"])
                if row is None:
                    raise Conflict(_overtaken(change["words"]))
                self._require_unchanged(change, {name: value_of(row, name) for name in change["was"]})
        targets = {each["id"]: self._place_of(each, rows) for each in moving}
        for change in moving:
            rows[change["id"]].roll_id = f"~{change['id']}"
        self._session.flush()
        new = [each for each in changes if each["id"] is None]
        self._free_places([*targets.values(), *(self._place_of(each, rows) for each in new)])
        for change in changes:
            if change["id"] is not None:
                self._change_student(change, rows[change["id"]], targets.get(change["id"]))
        self._add_students(new, rows)
        for change in moving:
            move_near_matches(self._session, self._toolbox, rows[change["id"]])

    def _change_student(
        self, change: Mapping[str, Any], row: Student, target: tuple[int, str] | None
    ) -> None:
        if target is not None:
            # Both before the next statement, or somebody of the old class may hold the new roll id.
            row.class_id, row.roll_id = target
        for name, value in change["becomes"].items():
            if name not in ("class_code", "roll_id"):
                setattr(row, name, value)
        families.note_changed_addresses(self._session, row.id, change["was"])
        self._record(change, row.roll_id, student_id=row.id)

    def _add_students(self, changes: Sequence[Mapping[str, Any]], rows: Mapping[int, Student]) -> None:
        added = []
        for change in changes:
            values = {name: value for name, value in change["becomes"].items() if name != "class_code"}
            added.append(Student(**values, class_id=self._place_of(change, rows)[0]))
        self._session.add_all(added)
        self._session.flush()  # the audit trail knows them by their ids
        for change, row in zip(changes, added, strict=True):
            self._record(change, row.roll_id, student_id=row.id)

    def _place_of(self, change: Mapping[str, Any], rows: Mapping[int, Student]) -> tuple[int, str]:
        """Return the class and roll id that a student gets or keeps."""
        becomes, row = change["becomes"], rows.get(change["id"])
        if "class_code" in becomes:
            school_class = self._classes.get(becomes["class_code"])
            if school_class is None:
                raise Conflict(_overtaken(phrase("Class %(class_code)s", class_code=becomes["class_code"])))
            class_id = school_class.id
        elif row is not None:
            class_id = row.class_id
        roll_id = becomes.get("roll_id") or (row.roll_id if row is not None else "")
        return class_id, roll_id

    def _free_places(self, places: Sequence[tuple[int, str]]) -> None:
        """Rename the roll ids of those who stand where somebody else comes: they keep all that is theirs."""
        wanted = {(class_id, normal_code(roll_id)) for class_id, roll_id in places}
        students = integrations.list_students(self._session, {class_id for class_id, _ in places})
        taken = defaultdict(set)
        for student in students:
            taken[student.class_id].add(student.roll_id)
        for student in students:
            if (student.class_id, normal_code(student.roll_id)) in wanted:
                of_class = taken[student.class_id]
                of_class.add(
                    free_roll_id(
                        self._session, self._toolbox, self._actor, student, of_class, source=self._source
                    )
                )

    def _change_teacher(self, change: Mapping[str, Any], teachers: Mapping[int, Teacher]) -> None:
        values = dict(change["becomes"])
        codes = values.pop("classes", None)
        if change["id"] is None:
            row = Teacher(
                **values,
                password=self._password,
                must_change_password=True,
                fs_uniquifier=secrets.token_hex(32),
                created_at=self._toolbox.now(),
            )
            self._session.add(row)
        else:
            row = teachers[change["id"]]
            self._require_unchanged(change, {name: value_of(row, name) for name in change["was"]})
            for name, value in values.items():
                setattr(row, name, value)
            if change["action"] == Action.GONE:
                row.fs_uniquifier = secrets.token_hex(32)
                revoke_access(self._session, self._toolbox, row)
        if codes is not None:
            row.classes = [self._classes[code] for code in codes if code in self._classes]
        self._record(change, row.email)

    def _set(self, row: SchoolClass, change: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        self._require_unchanged(change, now)
        for name, value in change["becomes"].items():
            setattr(row, name, value)

    @staticmethod
    def _require_unchanged(change: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Raise Conflict unless a row still is as it was reviewed, or already as it is to become."""
        if now not in (dict(change["was"]), {name: change["becomes"][name] for name in now}):
            raise Conflict(_overtaken(change["words"]))

    def _record(self, change: Mapping[str, Any], subject: str, *, student_id: int | None = None) -> None:
        audit.record(
            self._session,
            self._toolbox,
            self._actor,
            _ACTION_WORDS[Action(change["action"])].format(change["kind"]),
            subject,
            student_id=student_id,
            before=dict(change["was"]) or None,
            after={**change["becomes"], "source": self._source},
        )


def _overtaken(what: str) -> str:
    return phrase(
        "%(what)s was changed meanwhile. Nothing was saved; please send the package again.", what=what
    )
