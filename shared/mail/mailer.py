"""Brings letters to the school's mail server: Flask-Mail with time-outs, encryption and plain answers.

Flask-Mail and Flask-Babel live in an application's context, and the worker has no site. The application made
here is only that context: it has no page, no route and no secret.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formataddr
from enum import Enum
from typing import Any

from flask import Flask
from flask_babel import Babel, force_locale
from flask_mail import Connection, Mail, Message

from shared.domain.languages import phrase
from shared.settings import Settings
from shared.translations import TRANSLATIONS_DIR

__all__ = [
    "EmailResult",
    "MailConnection",
    "MailServerFailure",
    "Mailer",
    "Message",
    "Outcome",
    "on_one_line",
]

# For each answer of the server. Scanning a letter for viruses before the last "250" may take ten seconds.
SMTP_TIMEOUT_S = 30

IMPLICIT_TLS_PORT = 465  # RFC 8314

_IN_DOUBT = phrase("The connection broke before the mail server said yes or no.")


class Outcome(Enum):
    """SENT: the server took it. LATER: it did not, and may soon. REFUSED: never. IN_DOUBT: nobody knows."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True)
class EmailResult:
    """What became of one letter; `reason` is a sentence wherever it was not sent.

    `concerns_all`: every other one that waits would fare the same now.
    """

    outcome: Outcome
    reason: str = ""
    concerns_all: bool = False


class MailServerFailure(Exception):
    """The mail server takes no letter at all now; the sentence says why, `outcome` whether it may later."""

    def __init__(self, sentence: str, outcome: Outcome) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.outcome = outcome


class _AnswerLost(Exception):
    """The letter went out, and the connection broke before the server said whether it took it."""


class _DoubtfulEnd:
    """Tells a connection that broke inside a letter from one that broke before it."""

    def data(self, msg: Any) -> Any:
        try:
            return super().data(msg)  # type: ignore[misc]
        except smtplib.SMTPResponseException:
            raise
        except OSError as cause:
            raise _AnswerLost from cause


class _Smtp(_DoubtfulEnd, smtplib.SMTP):
    pass


class _SmtpOverTls(_DoubtfulEnd, smtplib.SMTP_SSL):
    pass


class MailConnection(Connection):
    """One connection to the mail server, for many letters; `Mailer.connect` opens and closes it."""

    def configure_host(self) -> smtplib.SMTP:
        """Open a connection with a time-out and a checked certificate; Flask-Mail's own has neither."""
        server, port = self.mail.server, self.mail.port
        host: smtplib.SMTP
        if self.mail.use_ssl:
            context = ssl.create_default_context()
            host = _SmtpOverTls(server, port, timeout=SMTP_TIMEOUT_S, context=context)
        else:
            host = _Smtp(server, port, timeout=SMTP_TIMEOUT_S)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username:
                host.login(self.mail.username, self.mail.password or "")
        except BaseException:
            host.close()
            raise
        return host

    @property
    def is_open(self) -> bool:
        """False once the server hung up or fell silent; then no letter can follow on this connection."""
        return self.host is not None and self.host.sock is not None

    def deliver(self, message: Message) -> EmailResult:
        """Send one letter to its one recipient; says what became of it and never raises for the network."""
        try:
            self.send(message)
        except _AnswerLost:
            self._hang_up()
            return EmailResult(Outcome.IN_DOUBT, _IN_DOUBT)
        except smtplib.SMTPRecipientsRefused as refused:
            return _judge(*next(iter(refused.recipients.values())))
        except smtplib.SMTPResponseException as refused:
            return _judge(refused.smtp_code, refused.smtp_error)
        except OSError:
            self._hang_up()
            return EmailResult(Outcome.LATER, phrase("The mail server stopped answering."))
        return EmailResult(Outcome.SENT)

    def _hang_up(self) -> None:
        if self.host is not None:
            self.host.close()

    def __exit__(self, *_: object) -> None:
        if self.host is not None and self.is_open:
            with suppress(OSError):
                self.host.quit()
        self._hang_up()


class Mailer:
    """Writes and sends letters, with the school's name as their sender."""

    def __init__(self, settings: Settings) -> None:
        self._is_set_up = settings.mail_server is not None
        self._app = Flask(__name__)
        self._app.config.update(
            MAIL_SERVER=settings.mail_server,
            MAIL_PORT=settings.mail_port,
            MAIL_USERNAME=settings.mail_username,
            MAIL_PASSWORD=settings.mail_password,
            MAIL_USE_TLS=settings.mail_use_tls and settings.mail_port != IMPLICIT_TLS_PORT,
            MAIL_USE_SSL=settings.mail_use_tls and settings.mail_port == IMPLICIT_TLS_PORT,
            MAIL_DEFAULT_SENDER=formataddr((on_one_line(settings.school_name), settings.mail_sender)),
            BABEL_DEFAULT_TIMEZONE=settings.time_zone,
            BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS_DIR),
        )
        self._mail = Mail()
        self._mail.init_app(self._app)
        Babel(self._app)
        self.school_name = settings.school_name
        self.school_contact = settings.school_contact
        self.domain = settings.mail_sender.rpartition("@")[2]

    @contextmanager
    def writing_in(self, language: str) -> Iterator[None]:
        """Yield the context a letter is written in; English where there is no catalogue for the language."""
        has_catalogue = language.isalpha() and (TRANSLATIONS_DIR / language).is_dir()
        with self._app.app_context(), force_locale(language if has_catalogue else "en"):
            yield

    def render(self, template: str, **values: object) -> str:
        """Fill in a template of `shared/mail/templates`; call it inside `writing_in`."""
        return self._app.jinja_env.get_template(template).render(school_name=self.school_name, **values)

    @contextmanager
    def connect(self) -> Iterator[MailConnection]:
        """Open one connection for many letters. Raise MailServerFailure."""
        if not self._is_set_up:
            raise MailServerFailure(phrase("No mail server is set up (MAIL_SERVER)."), Outcome.REFUSED)
        with self._app.app_context():
            connection = MailConnection(self._app.extensions["mail"])
            try:
                connection.__enter__()
            except OSError as cause:
                raise _explain(cause) from cause
            try:
                yield connection
            finally:
                connection.__exit__()


def on_one_line(text: str) -> str:
    """Bring a text to one line: what stands in a header can begin no other header."""
    return " ".join(text.split())


def _judge(code: int, words: bytes | str) -> EmailResult:
    """Tell by RFC 5321 what a code means: 5yz never works, 4yz may later; so may a server that makes no sense
    now."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    outcome = Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER
    return EmailResult(
        outcome,
        phrase(
            "The mail server said: %(code)s %(on_one_line)s", code=code, on_one_line=on_one_line(said)[:200]
        ),
    )


def _explain(cause: OSError) -> MailServerFailure:
    """Return why no connection came about. What only the settings can mend is not tried again by itself."""
    if isinstance(cause, smtplib.SMTPResponseException):
        result = _judge(cause.smtp_code, cause.smtp_error)
        return MailServerFailure(result.reason, result.outcome)
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return MailServerFailure(
            phrase("The mail server cannot do what is set up: %(cause)s", cause=cause), Outcome.REFUSED
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        sentence = phrase(
            "The mail server's certificate is not trusted: %(verify_message)s.",
            verify_message=cause.verify_message,
        )
        return MailServerFailure(sentence, Outcome.REFUSED)
    if isinstance(cause, socket.gaierror):
        return MailServerFailure(
            phrase("The mail server's name is not known on this network."), Outcome.LATER
        )
    if isinstance(cause, TimeoutError | smtplib.SMTPServerDisconnected):
        return MailServerFailure(phrase("The mail server does not answer."), Outcome.LATER)
    return MailServerFailure(phrase("The mail server cannot be reached."), Outcome.LATER)
