"""The forms that take a password: wrong tries make the next one wait, and our words say what is wrong."""

from typing import Any

from flask import current_app, request
from flask_login import current_user
from flask_security import ChangePasswordForm, LoginForm, PasswordUtil, ResetPasswordForm
from flask_security.utils import validate_redirect_url
from wtforms import Field, StringField

from shared.domain.languages import phrase
from shared.errors import TooManyTries
from shared.services.accounts import second_factor
from shared.services.audit import Actor
from shared.web.languages import gettext, lazy_gettext, say
from shared.web.rate_limit import account_budgets, rate_limited, session_budgets

# The library's sentences, as the rest of our pages speak; its names for them, with SECURITY_MSG_ before.
# They are looked up in our catalogues (sign_in.py).
SENTENCES = {
    "EMAIL_NOT_PROVIDED": (phrase("Please type your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (phrase("This is not an e-mail address."), "error"),
    "UNAUTHENTICATED": (phrase("Please sign in first."), "error"),
    "INVALID_PASSWORD": (phrase("This is not your password."), "error"),
    "PASSWORD_NOT_PROVIDED": (phrase("Please type a password."), "error"),
    "PASSWORD_INVALID_LENGTH": (phrase("Please use at least %(length)s characters."), "error"),
    "PASSWORD_TOO_SIMPLE": (
        phrase("This is too easy to guess. Please use three or four words that do not belong together."),
        "error",
    ),
    "PASSWORD_IS_THE_SAME": (
        phrase("This is the password you have already. Please choose another."),
        "error",
    ),
    "RETYPE_PASSWORD_MISMATCH": (phrase("The two passwords do not match."), "error"),
    "PASSWORD_CHANGE": (
        phrase("Your password is changed. You are signed out on your other devices."),
        "success",
    ),
    "REAUTHENTICATION_SUCCESSFUL": (phrase("Thank you. You can go on now."), "success"),
}

# Why a password is too easy, as the library that measures it says; for the catalogues.
_TOO_EASY = (
    phrase("A word by itself is easy to guess."),
    phrase("Common names and surnames are easy to guess."),
    phrase("Dates are often easy to guess."),
    phrase("Names and surnames by themselves are easy to guess."),
    phrase("Recent years are easy to guess."),
    phrase('Repeats like "aaa" are easy to guess.'),
    phrase('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    phrase('Sequences like "abc" or "6543" are easy to guess.'),
    phrase("Short keyboard patterns are easy to guess."),
    phrase("Straight rows of keys are easy to guess."),
    phrase("This is a top-10 common password."),
    phrase("This is a top-100 common password."),
    phrase("This is a very common password."),
    phrase("This is similar to a commonly used password."),
)


class PasswordRules(PasswordUtil):
    """The library's, which says what is wrong with a password in the reader's language, too."""

    def validate(self, password: str, is_register: bool, **about: Any) -> tuple[list[str] | None, str]:
        """Return what is wrong with a new password, None for nothing, and its normal form."""
        wrong, normal = super().validate(password, is_register, **about)
        return (wrong and [gettext(each) for each in wrong]), normal


class WayBack:
    """Drops an address to go on to that is not ours; the library would call the password wrong for it."""

    def validate_next(self, field: Field) -> None:
        if field.data and not validate_redirect_url(field.data):
            field.data = ""


class SignInForm(WayBack, LoginForm):
    """The library's sign-in form; wrong tries make the next one wait."""

    remember = None  # a school's computer is shared

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.email.label.text = gettext("E-mail")  # as on every other page

    def validate(self, **extra: Any) -> bool:
        try:
            return rate_limited(account_budgets(str(self.email.data or "")), lambda: self.is_right(**extra))
        except TooManyTries as wait:
            self.form_errors.append(say(wait.sentence))
            return False

    def is_right(self, **extra: Any) -> bool:
        """Tell whether what was typed opens an account."""
        return bool(super().validate(**extra))


class SignInWithCode(SignInForm):
    """The office's: the authenticator app's code stands in the same form, so nobody is half signed in."""

    code = StringField(
        lazy_gettext("Code"),
        description=lazy_gettext(
            "Only if you have set up an authenticator app; a recovery code does as well."
        ),
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


class OwnPasswordForm(ChangePasswordForm):
    """The library's form for a new password of one's own.

    An open desk must not be the place to guess the present one: it is slowed as at the sign-in.
    """

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.password.label.text = gettext("Your password now")
        self.new_password.label.text = gettext("New password")
        self.new_password_confirm.label.text = gettext("New password again")

    def validate(self, **extra: Any) -> bool:
        try:
            is_known = rate_limited(session_budgets(), self._is_password_known)
        except TooManyTries as wait:
            self.form_errors.append(say(wait.sentence))
            return False
        if is_known:
            return bool(super().validate(**extra))
        self.password.errors = [say(SENTENCES["INVALID_PASSWORD"][0])]
        return False

    def _is_password_known(self) -> bool:
        normal = current_app.extensions["security"].password_util.normalize(self.password.data or "")
        return bool(current_user.verify_and_update_password(normal))


class FirstPasswordForm(ResetPasswordForm):
    """The library's form for a password without a present one: whoever has the link may choose it."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.password.label.text = gettext("New password")
        self.password_confirm.label.text = gettext("New password again")
