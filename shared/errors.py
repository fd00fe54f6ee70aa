"""The failures a person can meet, worded for that person.

`shared.web.error_pages` turns each into its HTTP status; nothing else catches them.
"""

from collections.abc import Mapping
from typing import Any


class ProductError(Exception):
    """A failure with a sentence for the person who meets it.

    The sentence is `str(error)` in English, and `error.sentence` for pages, which say it in the reader's
    language; `status` is the HTTP status the web answers with.
    """

    status = 400

    @property
    def sentence(self) -> str:
        """What was raised, a `shared.domain.languages.Sentence` where it can be said in other languages."""
        words: str = self.args[0]
        return words


class PhotoRefused(ProductError):
    """The uploaded bytes are not a photo we can open safely."""


class WorkbookRefused(ProductError):
    """The uploaded bytes are not a workbook or table we can open safely."""


class BackupRefused(ProductError):
    """A backup cannot be written or restored; nothing was changed."""


class InvalidInput(ProductError):
    """Something typed cannot be taken; `field` names the form field it belongs to, if one."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class SchoolSignInRefused(ProductError):
    """The school's own sign-in vouches for nobody who may come in here."""

    status = 403


class ProviderAway(ProductError):
    """The school's own sign-in does not answer, or answers what nobody can use."""

    status = 503


class NotFound(ProductError):
    """What was asked for does not exist, or this person may not know of it."""

    status = 404


class UnknownDevice(ProductError):
    """The request does not carry the signature of the phone that was handed round."""

    status = 403


class Conflict(ProductError):
    """Somebody else changed the same thing first; nothing was saved."""

    status = 409


class ChangedMeanwhile(Conflict):
    """A row is not what it was when the form opened; `held` is what it holds now, by the form's fields."""

    def __init__(self, sentence: str, held: Mapping[str, Any]) -> None:
        super().__init__(sentence)
        self.held = held


class TooManyTries(ProductError):
    """Wrong tries are slowed; `retry_after` is in seconds."""

    status = 429

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class ModelUnavailable(ProductError):
    """A trained file is missing, altered or failing; the camera check fails closed."""

    status = 503


class Overloaded(ProductError):
    """More is asked at once than the machine can do; nothing was done. `retry_after` is in seconds."""

    status = 503
    retry_after = 1

    def __init__(
        self, sentence: str = "Many are checking in at this moment. Please try again in a moment."
    ) -> None:
        super().__init__(sentence)


class QueueUnavailable(ProductError):
    """The queue's storage does not answer, so the worker cannot be told of new work."""

    status = 503


class DatabaseUnusable(ProductError):
    """The database is of a newer version than this product, or its file is damaged; nothing was changed."""

    status = 503


class SettingsError(ProductError):
    """The environment does not hold what the product needs; the sentence names the variable."""

    status = 500
