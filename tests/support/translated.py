"""What the catalogues say, for tests that look for it on a page."""

from shared.translations import extraction


def said(words: str, language: str = "mr") -> str:
    """Return the translation of a page's or a script's words."""
    for catalogue in extraction.METHODS:
        message = extraction.read(language, catalogue).get(words)
        if message is not None and message.string:
            return str(message.string)
    raise LookupError(words)
