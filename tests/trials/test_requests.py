"""Requests no page of ours would send: each is answered with a sentence, and changes nothing."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trials.conftest import Visitor, rows_of, shown_values

COMPUTED = str(713 * 911)
# Where our pages say what is wrong; what stands on a page anyway, or hidden, says nothing of it.
TOLD = ".lead:not([hidden]), .alert-danger:not([hidden]), .invalid-feedback"
HUGE_IDS = ("0", "-1", str(2**31), str(2**63), "9" * 40, "1e3", "0x1", "%00", "1%2F..%2F2", "NaN")
NASTY_TEXTS = {
    "template": "{{713*911}}{% if 1 %}",
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "attribute": "\" autofocus onfocus=alert(1) x='",
    "sql": "x'; DROP TABLE student; --",
    "sql union": "' UNION SELECT password, 1, 2 FROM admin --",
    "nul": "Asha\x00Rao",
    "header": "a@b.example\r\nBcc: everybody@b.example",
    "right to left": "Asha\u202eoaR",
    "beyond the plane": "Asha \U0001f600 \u0928\u092e",
    "path": "../../etc/passwd",
    "format": "%s%n{0.__class__}",
    "number": "-" + "9" * 30,
    "date": "99999-99-99",
}


@pytest.fixture(params=["admin", "teacher"], scope="module")
def visitor(request) -> Iterator[Visitor]:
    """Runs the test for the office and for the classroom; whoever visits is still signed in afterwards."""
    visitor: Visitor = request.getfixturevalue(request.param)
    yield visitor
    assert visitor.get("/").status_code == 200


def assert_is_an_answer(answer) -> None:
    """A page, a redirect or a refusal in a sentence; no failure of ours, and nothing typed became code."""
    assert answer.status_code < 500, (answer.request.path, answer.status_code, answer.data[:500])
    if "attachment" in answer.headers.get("Content-Disposition", ""):
        return  # a download, which a browser shows nobody as a page
    page = BeautifulSoup(answer.text, "html.parser")
    assert not page.select("[onerror], [onfocus], script:not([src])")
    assert "Traceback" not in answer.text
    assert COMPUTED not in answer.text
    if answer.status_code >= 400:
        said = " ".join(each.get_text(" ", strip=True) for each in page.select(TOLD))
        assert re.search(r"[A-Z][^.!?]{8,}[.!?]", said), (
            answer.request.path,
            answer.status_code,
            answer.text,
        )


def one_of_each_kind(names: Iterable[str]) -> Iterable[str]:
    """Of fields that differ in a number alone, as a grid's rows do, the last."""
    return {re.sub(r"\d+", "#", name): name for name in names}.values()


def test_the_walk_sees_the_pages_it_is_meant_to_try(admin, teacher):
    assert len(admin.forms()) > 8
    assert len(teacher.forms()) > 4


@pytest.mark.parametrize("kind", NASTY_TEXTS)
def test_a_nasty_text_in_every_field_is_text_or_refused(visitor, kind):
    text = NASTY_TEXTS[kind]
    forms = visitor.forms()
    for action, form in forms:
        typed = {name: text for name in shown_values(form) if name != "csrf_token"}
        assert_is_an_answer(visitor.post(action, data=typed))
        for name in one_of_each_kind(typed):
            assert_is_an_answer(visitor.post(action, data={**shown_values(form), name: text}))
    for path in visitor.walk():
        assert_is_an_answer(visitor.get(path, follow_redirects=True))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_in_any_field_is_text_or_refused(admin, text):
    for path in ("/students/new", "/teachers/new", "/classes/new"):
        form = admin.page(path).select_one("main form")
        for name in shown_values(form):
            assert_is_an_answer(admin.post(path, data={**shown_values(form), name: text}))


def test_ids_that_cannot_be_are_no_pages(visitor, school):
    before = rows_of(school.toolbox)
    for rule in visitor.app.url_map.iter_rules():
        for name in rule.arguments:
            for odd in HUGE_IDS:
                path = re.sub(rf"<([a-z]+:)?{name}>", odd, rule.rule)
                path = re.sub(r"<[^>]+>", "1", path)
                answer = visitor.post(path) if "POST" in rule.methods else visitor.get(path)
                assert_is_an_answer(answer)
                assert answer.status_code in (302, 400, 404, 405), (path, answer.status_code)
    assert rows_of(school.toolbox) == before


def bodies():
    """Bodies that are no form, by what is wrong with them."""
    part = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    multipart = "multipart/form-data; boundary=x"
    return {
        "nothing": (b"", "application/x-www-form-urlencoded"),
        "json": (b'{"name": [1, {"a": null}]}', "application/json"),
        "no boundary": (part, "multipart/form-data"),
        "a wrong boundary": (part, "multipart/form-data; boundary=y"),
        "no end": (part, multipart),
        "10,000 parts": (part * 10_000 + b"--x--\r\n", multipart),
        "10,000 fields": (b"&".join(b"f%d=1" % number for number in range(10_000)), None),
        "a megabyte of text": (b"name=" + b"x" * 1_100_000, None),
        "a field that says it is a file": (
            b'--x\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\n1\r\n--x--\r\n',
            multipart,
        ),
        "a list where one is meant": (b"name=1&name=2&class_id=1&class_id=2&roll_id=&roll_id=7", None),
        "bytes that are no text": (b"name=\xff\xfe\xc3\x28", None),
    }


@pytest.mark.parametrize("wrong", bodies())
def test_a_body_that_is_no_form_is_answered_and_changes_nothing(visitor, school, wrong):
    body, kind = bodies()[wrong]
    before = rows_of(school.toolbox)
    for action, _form in visitor.forms():
        answer = visitor.post(
            action, data=BytesIO(body), content_type=kind or "application/x-www-form-urlencoded"
        )
        assert_is_an_answer(answer)
        if answer.status_code >= 400:
            assert rows_of(school.toolbox) == before, action
        before = rows_of(school.toolbox)


def test_a_file_that_is_missing_is_asked_for(visitor, school):
    uploads = [(action, form) for action, form in visitor.forms() if form.select("input[type=file]")]
    assert uploads
    for action, form in uploads:
        answer = visitor.post(action, data=shown_values(form), content_type="multipart/form-data")
        assert_is_an_answer(answer)


@pytest.mark.parametrize(
    "name",
    [
        *("../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\boot.ini", "CON", "nul.jpg"),
        *(
            "x" * 300 + ".jpg",
            "a\u202egpj.exe",
            "\u0000.jpg",
            "con\u0300.jpg",
            " .jpg",
            "<b>x</b>.jpg",
            "a\r\nb.jpg",
        ),
    ],
)
def test_a_strange_file_name_is_only_a_name(visitor, school, name, tmp_path):
    instance = school.toolbox.settings.instance_dir
    files_before = sorted(instance.rglob("*"))
    for action, form in visitor.forms():
        uploads = form.select("input[type=file]")
        if uploads:
            files = {each["name"]: (BytesIO(b"no picture, no workbook"), name) for each in uploads}
            fields = {**shown_values(form), **files}
            answer = visitor.post(
                action, data=fields, content_type="multipart/form-data", follow_redirects=True
            )
            assert_is_an_answer(answer)
            assert "<b>x</b>" not in answer.text
    made = [path for path in sorted(instance.rglob("*")) if path not in files_before]
    # The worker's queue is made by the first job, whichever test brings it.
    assert [path for path in made if not path.name.startswith("queue.sqlite3")] == []
