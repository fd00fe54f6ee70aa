"""The forms of the sign-in page: wrong tries make the next one wait."""

from typing import Any

from flask import current_app, request
from flask_security import LoginForm
from wtforms import StringField

from shared.errors import TooManyTries
from shared.services import second_factor
from shared.services.audit import Actor
from shared.web.tries import slowed_try


class SignInForm(LoginForm):
    """The library's sign-in form; wrong tries make the next one wait."""

    remember = None  # a school's computer is shared

    def validate(self, **extra: Any) -> bool:
        try:
            return slowed_try(str(self.email.data or ""), lambda: self.is_right(**extra))
        except TooManyTries as wait:
            self.form_errors.append(str(wait))
            return False

    def is_right(self, **extra: Any) -> bool:
        """Tell whether what was typed opens an account."""
        return bool(super().validate(**extra))


class SignInWithCode(SignInForm):
    """The office's: the authenticator app's code stands in the same form, so nobody is half signed in."""

    code = StringField(
        "Code",
        description="Only if you have set up an authenticator app; a recovery code does as well.",
        render_kw={"autocomplete": "one-time-code", "maxlength": 32},
    )

    def is_right(self, **extra: Any) -> bool:
        if not super().is_right(**extra):
            return False
        admin: Any = self.user
        who = Actor("office", admin.email, request.remote_addr or "", admin.id)
        if second_factor.is_right_code(current_app.extensions["toolbox"], who, self.code.data or ""):
            return True
        self.password.errors = [*self.password.errors, "wrong"]  # the page says it in its general words
        return False
