"""The tests' own servers do what the other tests rely on."""

import smtplib
from collections.abc import Callable

import pytest
import redis
from playwright.sync_api import Browser
from sqlalchemy import create_engine, inspect, text

from tests.support.servers import MailServer, MariaDB, Redis


def test_a_migrated_database_is_there_on_both_kinds(database_url: str) -> None:
    assert inspect(create_engine(database_url)).has_table("alembic_version")


def test_a_stopped_mariadb_comes_back_with_its_rows(mariadb: MariaDB) -> None:
    url = mariadb.create("kept")
    mariadb.execute("CREATE TABLE kept.lecture (id INT)")
    mariadb.execute("INSERT INTO kept.lecture VALUES (7)")
    mariadb.stop()
    mariadb.start()
    with create_engine(url).connect() as connection:
        assert connection.scalar(text("SELECT id FROM lecture")) == 7


def test_redis_answers(redis_server: Redis) -> None:
    assert redis.Redis.from_url(redis_server.url).ping()


@pytest.mark.parametrize(("reply", "kept"), [("250 kept", 1), ("550 no such user", 0)])
def test_the_mail_server_keeps_what_it_accepts(mail_server: MailServer, reply: str, kept: int) -> None:
    mail_server.answer = lambda recipients: reply
    with smtplib.SMTP("127.0.0.1", mail_server.port) as client:
        if kept:
            client.sendmail("a@school.test", ["b@home.test"], "Subject: hello\r\n\r\nhello")
        else:
            with pytest.raises(smtplib.SMTPDataError):
                client.sendmail("a@school.test", ["b@home.test"], "Subject: hello\r\n\r\nhello")
    assert len(mail_server.messages) == kept


def test_chromium_starts(open_chromium: Callable[..., Browser]) -> None:
    page = open_chromium().new_page()
    page.set_content("<h1>Hello</h1>")
    assert page.inner_text("h1") == "Hello"
