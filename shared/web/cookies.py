"""Names our cookies so that no other host, and no plain connection, can set one of them."""

from flask import Flask


def cookie_name(app: Flask, name: str) -> str:
    """Return `__Host-…`, which browsers take only with Secure, from this very host, and for all of it.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
    """
    return f"__Host-{name}" if app.config["SESSION_COOKIE_SECURE"] else name
