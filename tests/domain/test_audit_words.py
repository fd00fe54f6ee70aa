"""Every entry of the audit trail reads as a sentence, and devices as people call them."""

import ast
from pathlib import Path

import pytest

from shared.domain.audit_words import _SENTENCES, action_words, audit_sentence
from shared.domain.browser_words import browser_words


@pytest.mark.parametrize(
    ("action", "subject", "sentence"),
    [
        ("record consent", "15203A0042", "Recorded the consent for 15203A0042"),
        ("add student", "15203A0042", "Added the student 15203A0042"),
        ("deactivate class", "CO6GA", "Deactivated the class CO6GA"),
        ("undo mark", "lecture 3", "Took back a mark: lecture 3"),
        ("write backup", "monday.zip", "Wrote the backup monday.zip"),
        ("carry everything", "home", "Carried the everything home"),
        ("send spoof pictures", "", "Sent pictures for the camera check"),
        ("turn on integration", "moodle", "Turned moodle on"),
        ("rejoice", "", "Rejoiced"),
    ],
)
def test_an_entry_reads_as_a_sentence(action, subject, sentence):
    assert audit_sentence(action, subject) == sentence


def test_braces_in_a_name_stay_as_they_are():
    assert audit_sentence("add class", "{0.__class__}") == "Added the class {0.__class__}"


def test_an_action_alone_can_be_chosen_from_a_list():
    assert action_words("add student") == "Added the student …"
    assert action_words("take back consent") == "Took back the consent for …, recorded by mistake"


def test_every_sentence_belongs_to_an_action_that_is_written():
    sources = [each.read_text() for each in Path("shared/services").rglob("*.py")]
    texts = {node.value for each in sources for node in ast.walk(ast.parse(each)) if _is_text(node)}
    assert {each for each in _SENTENCES if each not in texts} <= {
        "export audit trail",
        "add admin",
        "add teacher",
    }


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/27.0 Chrome/125.0", "Samsung Internet on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("a phone", None),
    ],
)
def test_a_browser_is_called_as_people_call_it(user_agent, words):
    assert browser_words(user_agent) == words
