"""The school's own word for the roll id, in the prose of pages and in sentences that are shown."""

from collections.abc import Callable

from flask import Flask
from jinja2.ext import Extension
from markupsafe import Markup

from shared.web import languages


def make_filter(word: str) -> Callable[[str], str]:
    """Return what replaces "roll id" by the school's word, capitalised where a sentence begins with it."""

    def school_words(text: str) -> str:
        text = languages.say(text)
        told = text.replace("roll id", word).replace("Roll id", word[:1].upper() + word[1:])
        return Markup(told) if isinstance(text, Markup) else told  # noqa: S704  (it was markup before)

    return school_words


def install(app: Flask, word: str) -> None:
    """Let templates speak the school's word, and `| school_words` sentences that come from elsewhere.

    A template's own text is replaced when it is compiled, so what people typed stays as they typed it.
    """
    school_words = make_filter(word)

    class SchoolWords(Extension):
        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            del name, filename
            return school_words(source)

    app.jinja_env.add_extension(SchoolWords)
    app.jinja_env.filters["school_words"] = school_words
