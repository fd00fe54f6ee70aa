"""The office's forms."""

from collections.abc import Iterable
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from shared.domain.languages import LANGUAGES
from shared.persistence import people
from shared.persistence.tables import SchoolClass
from shared.services.people.registration import StudentDetails
from shared.services.spoof_check.pictures import KINDS
from shared.web.forms import DayField
from shared.web.site import reading


class ClassForm(FlaskForm):  # type: ignore[misc]
    """A class."""

    class_code = StringField(
        "Class code", [InputRequired("Please type a code.")], description="Short and unique, such as CO6GA."
    )
    name = StringField("Name", description="Optional, such as Computer Engineering, 6th semester.")


class TeacherForm(FlaskForm):  # type: ignore[misc]
    """A teacher and the classes they teach."""

    name = StringField("Name", [InputRequired("Please type a name.")])
    email = EmailField(
        "E-mail", [InputRequired("Please type an address.")], description="The teacher signs in with it."
    )
    class_ids = SelectMultipleField(
        "Classes taught", coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def __init__(self, *args: Any, also: Iterable[SchoolClass] = (), **values: Any) -> None:
        """Take `also`, the teacher's classes; a deactivated one among them stays theirs."""
        super().__init__(*args, **values)
        self.class_ids.choices = class_choices(also)


class AdminForm(FlaskForm):  # type: ignore[misc]
    """A person at the office."""

    name = StringField("Name", [InputRequired("Please type a name.")])
    email = EmailField(
        "E-mail", [InputRequired("Please type an address.")], description="The admin signs in with it."
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """The first code of an authenticator app, with the secret it was set up with."""

    sealed_secret = HiddenField()
    code = StringField(
        "Code the app shows",
        [InputRequired("Please type the six digits.")],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10},
    )


class StudentForm(FlaskForm):  # type: ignore[misc]
    """A student and the family's addresses."""

    name = StringField("Name", [InputRequired("Please type a name.")])
    class_id = SelectField("Class", coerce=int)
    roll_id = StringField(
        "Roll id", [InputRequired("Please type a roll id.")], description="Unique within the class."
    )
    email = EmailField("Student's e-mail", description="Optional.")
    parent1_email = EmailField("First parent's e-mail", description="Attendance is mailed to the parents.")
    parent2_email = EmailField("Second parent's e-mail", description="Optional.")
    language = SelectField(
        "Language of the letters", choices=[SelectChoice(*language) for language in LANGUAGES.items()]
    )

    def __init__(self, *args: Any, also: Iterable[SchoolClass] = (), **values: Any) -> None:
        """Take `also`, the student's class, where they may stay even if it is deactivated."""
        super().__init__(*args, **values)
        self.class_id.choices = class_choices(also)

    @property
    def details(self) -> StudentDetails:
        return StudentDetails(
            name=self.name.data or "",
            roll_id=self.roll_id.data or "",
            class_id=self.class_id.data,
            email=self.email.data or "",
            parent1_email=self.parent1_email.data or "",
            parent2_email=self.parent2_email.data or "",
            language=self.language.data,
        )


class ConsentForm(FlaskForm):  # type: ignore[misc]
    """A family's agreement."""

    given_by = StringField(
        "Who signed",
        [InputRequired("Please type who signed.")],
        description="Such as “Latha Iyer, mother”; an adult student may sign alone.",
        render_kw={"list": "signers"},
    )
    signed_on = DayField("Signed on", [Optional()])
    confirmed = BooleanField(
        "The family has read this notice and agrees.",
        [InputRequired("Please confirm that the family agrees.")],
    )


class ClassConsentForm(FlaskForm):  # type: ignore[misc]
    """The signed forms of a class; the ticks stand beside it."""

    signed_on = DayField("Signed on", [Optional()])
    usual = StringField("Who signed, where a row does not say", [InputRequired("Please type who signed.")])


class ClassPhotosForm(FlaskForm):  # type: ignore[misc]
    """A class's zip of photos."""

    file = FileField("Zip file", [FileRequired("Please choose a zip file.")])


class SpoofPicturesForm(FlaskForm):  # type: ignore[misc]
    """Pictures of one kind from one source."""

    label = SelectField("What they show", choices=[SelectChoice(*kind) for kind in KINDS.items()])
    source = StringField(
        "Who or what",
        [InputRequired("Please type who or what the pictures show.")],
        description="The same name for the same person, alive and as a picture, such as Asha.",
    )
    pictures = MultipleFileField("Pictures", description="JPEG or PNG, as the classroom’s phones take them.")


class SpoofArchiveForm(FlaskForm):  # type: ignore[misc]
    """A zip of pictures in folders."""

    file = FileField("Zip file", [FileRequired("Please choose a zip file.")])


def class_choices(also: Iterable[SchoolClass] = ()) -> list[SelectChoice]:
    """Return active classes to choose from, and of `also` the deactivated ones."""
    classes = [*people.list_classes(reading), *(each for each in also if not each.active)]
    return [SelectChoice(each.id, _class_words(each)) for each in classes]


def _class_words(school_class: SchoolClass) -> str:
    return (
        f"{school_class.class_code} · {school_class.name}" if school_class.name else school_class.class_code
    )


def asked_page() -> int:
    """Return the page of a list that the address asks for; 1 for anything odd."""
    return request.args.get("page", 1, type=int)
