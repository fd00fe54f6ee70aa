"""The office's forms."""

from collections.abc import Iterable
from typing import Any

from flask import request
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
from shared.services.spoof_check.evaluation import LIVE
from shared.services.spoof_check.pictures import KINDS
from shared.web.forms import ChangeForm, DayField, PageForm
from shared.web.languages import lazy_gettext
from shared.web.site import reading

# What pictures for the camera check show, by the labels of the service.
KIND_WORDS = {
    LIVE: lazy_gettext("A living person before the camera"),
    "attack_phone": lazy_gettext("A face on a phone or tablet, its edge in view"),
    "attack_screen": lazy_gettext("A face on a screen that fills the picture"),
    "attack_print": lazy_gettext("A face on paper"),
    "attack_card": lazy_gettext("A face on an ID card"),
    "phones": lazy_gettext("Phones, with or without a face"),
}


class ClassForm(ChangeForm):
    """A class."""

    class_code = StringField(
        lazy_gettext("Class code"),
        [InputRequired(lazy_gettext("Please type a code."))],
        description=lazy_gettext("Short and unique, such as CO6GA."),
    )
    name = StringField(
        lazy_gettext("Name"),
        description=lazy_gettext("Optional, such as Computer Engineering, 6th semester."),
    )


class TeacherForm(ChangeForm):
    """A teacher and the classes they teach."""

    name = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Please type a name."))])
    email = EmailField(
        lazy_gettext("E-mail"),
        [InputRequired(lazy_gettext("Please type an address."))],
        description=lazy_gettext("The teacher signs in with it."),
    )
    class_ids = SelectMultipleField(
        lazy_gettext("Classes taught"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, *args: Any, also: Iterable[SchoolClass] = (), **values: Any) -> None:
        """Take `also`, the teacher's classes; a deactivated one among them stays theirs."""
        super().__init__(*args, **values)
        self.class_ids.choices = class_choices(also)


class AdminForm(PageForm):
    """A person at the office."""

    name = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Please type a name."))])
    email = EmailField(
        lazy_gettext("E-mail"),
        [InputRequired(lazy_gettext("Please type an address."))],
        description=lazy_gettext("The admin signs in with it."),
    )


class CodeForm(PageForm):
    """The first code of an authenticator app, with the secret it was set up with."""

    sealed_secret = HiddenField()
    code = StringField(
        lazy_gettext("Code the app shows"),
        [InputRequired(lazy_gettext("Please type the six digits."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10},
    )


class StudentForm(ChangeForm):
    """A student and the family's addresses."""

    name = StringField(lazy_gettext("Name"), [InputRequired(lazy_gettext("Please type a name."))])
    class_id = SelectField(lazy_gettext("Class"), coerce=int)
    roll_id = StringField(
        lazy_gettext("Roll id"),
        [InputRequired(lazy_gettext("Please type a roll id."))],
        description=lazy_gettext("Unique within the class."),
    )
    email = EmailField(lazy_gettext("Student's e-mail"), description=lazy_gettext("Optional."))
    parent1_email = EmailField(
        lazy_gettext("First parent's e-mail"),
        description=lazy_gettext("Attendance is mailed to the parents."),
    )
    parent2_email = EmailField(lazy_gettext("Second parent's e-mail"), description=lazy_gettext("Optional."))
    phones = StringField(
        lazy_gettext("Phone numbers"),
        description=lazy_gettext("Optional; several with commas between them."),
        render_kw={"inputmode": "tel"},
    )
    language = SelectField(
        lazy_gettext("Language of the letters"),
        choices=[SelectChoice(*language) for language in LANGUAGES.items()],
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
            phones=self.phones.data or "",
            language=self.language.data,
        )


class ConsentForm(PageForm):
    """A family's agreement."""

    given_by = StringField(
        lazy_gettext("Who signed"),
        [InputRequired(lazy_gettext("Please type who signed."))],
        description=lazy_gettext("Such as “Latha Iyer, mother”; an adult student may sign alone."),
        render_kw={"list": "signers"},
    )
    signed_on = DayField(lazy_gettext("Signed on"), [Optional()])
    confirmed = BooleanField(
        lazy_gettext("The family has read this notice and agrees."),
        [InputRequired(lazy_gettext("Please confirm that the family agrees."))],
    )


class ClassConsentForm(PageForm):
    """The signed forms of a class; the ticks stand beside it."""

    signed_on = DayField(lazy_gettext("Signed on"), [Optional()])
    usual = StringField(
        lazy_gettext("Who signed, where a row does not say"),
        [InputRequired(lazy_gettext("Please type who signed."))],
    )


class ClassPhotosForm(PageForm):
    """A class's zip of photos."""

    file = FileField(lazy_gettext("Zip file"), [FileRequired(lazy_gettext("Please choose a zip file."))])


class SpoofPicturesForm(PageForm):
    """Pictures of one kind from one source."""

    label = SelectField(
        lazy_gettext("What they show"), choices=[SelectChoice(label, KIND_WORDS[label]) for label in KINDS]
    )
    source = StringField(
        lazy_gettext("Who or what"),
        [InputRequired(lazy_gettext("Please type who or what the pictures show."))],
        description=lazy_gettext("The same name for the same person, alive and as a picture, such as Asha."),
    )
    pictures = MultipleFileField(
        lazy_gettext("Pictures"),
        description=lazy_gettext("JPEG or PNG, as the classroom’s phones take them."),
    )


class SpoofArchiveForm(PageForm):
    """A zip of pictures in folders."""

    file = FileField(lazy_gettext("Zip file"), [FileRequired(lazy_gettext("Please choose a zip file."))])


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
