"""Packages of both versions read alike, and everything that contradicts the standard is a sentence."""

from datetime import date

import pytest

from shared.domain.languages import Sentence
from shared.domain.oneroster.package import Role, read_package
from tests.support.oneroster import changes_of, enrol, find, small_school, tables

TODAY = date(2026, 11, 26)


def problems(rows, **about):
    return read_package(tables(rows, **about), today=TODAY).problems


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_both_versions_say_the_same(version):
    package = read_package(tables(small_school(version), version=version), today=TODAY)
    assert package.problems == ()
    assert (package.version, package.is_whole, package.system) == (version, True, "Test SIS")
    asha = package.people["s1"]
    assert (asha.name, asha.identifier, asha.roles, asha.agents) == (
        "Asha Rao",
        "41",
        {Role.STUDENT},
        ("p1", "p2"),
    )
    assert package.people["p2"].roles == {Role.PARENT}
    assert package.people["x1"].roles == frozenset()
    assert package.classes["c7a"].is_homeroom
    assert len(package.enrollments) == 7


def test_the_name_someone_goes_by_is_the_preferred_one():
    rows = small_school("1.2")
    find(rows, "users", "s1")["preferredGivenName"] = "Ashu"
    find(rows, "users", "s1")["middleName"] = "Kiran"
    assert read_package(tables(rows, version="1.2"), today=TODAY).people["s1"].name == "Ashu Kiran Rao"


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [
        ("", "", True),
        ("2026-11-26", "", True),
        ("2026-11-27", "", False),
        ("", "2026-11-26", False),  # the first day on which it no longer holds
        ("", "2026-11-27", True),
    ],
)
def test_an_enrollment_holds_from_its_first_day_to_before_its_last(begins, ends, holds):
    rows = small_school()
    rows["enrollments"].clear()
    enrol(rows, "c7a", "s1", beginDate=begins, endDate=ends)
    assert len(read_package(tables(rows), today=TODAY).enrollments) == holds


def test_a_class_is_over_when_its_every_term_is():
    rows = small_school()
    rows["academicSessions"].append(
        rows["academicSessions"][0] | {"sourcedId": "t0", "endDate": "2026-05-31"}
    )
    find(rows, "classes", "c7a")["termSourcedIds"] = "t0,t1"
    find(rows, "classes", "c7b")["termSourcedIds"] = "t0"
    classes = read_package(tables(rows), today=TODAY).classes
    assert (classes["c7a"].is_over, classes["c7b"].is_over) == (False, True)


def test_a_package_of_changes_may_take_back():
    rows = changes_of(enrollments=[{**small_school()["enrollments"][0], "status": "tobedeleted"}])
    package = read_package(tables(rows, mode="delta"), today=TODAY)
    assert package.problems == ()
    assert not package.is_whole
    assert package.enrollments[0].is_gone


def test_what_is_no_package_says_so():
    assert read_package({}, today=TODAY).problems == (
        "manifest.csv is missing: this is not a OneRoster package.",
    )
    assert "2.0" in problems(small_school(), oneroster__version="2.0")[0]
    assert "no version" in problems(small_school(), oneroster__version="")[0]


def test_the_manifest_and_the_files_must_agree():
    assert (
        "announces"
        in problems({k: v for k, v in small_school().items() if k != "users"}, file__users="bulk")[0]
    )
    assert "absent" in problems(small_school(), file__users="absent")[0]
    assert "bulk and others delta" in problems(small_school(), file__users="delta")[0]
    assert "'some'" in problems(small_school(), file__users="some")[0]


def test_roles_are_needed_in_1_2():
    rows = small_school("1.2")
    rows["roles"].clear()
    assert problems(rows, version="1.2") == ("roles.csv is missing, without which nobody can be imported.",)


def reorder(files, file, change):
    columns = files[file][0]
    order = change(list(columns))
    files[file] = [
        [row[columns.index(name)] if name in columns else "" for name in order] for row in files[file]
    ]
    files[file][0] = order
    return files


def swapped(columns):
    at, other = columns.index("givenName"), columns.index("familyName")
    columns[at], columns[other] = columns[other], columns[at]
    return columns


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("users", swapped, "familyName is out of place"),
        ("users", lambda columns: [name for name in columns if name != "role"], "lacks the column role"),
        ("classes", lambda columns: [*columns, "title"], "the column title twice"),
    ],
)
def test_columns_are_those_of_the_standard_in_its_order(file, change, sentence):
    package = read_package(reorder(tables(small_school()), file, change), today=TODAY)
    assert sentence in package.problems[0]
    assert isinstance(package.problems[0], Sentence)  # said in each language


def test_columns_may_be_added_and_optional_ones_left_out():
    files = reorder(tables(small_school()), "users", lambda columns: ["metadata.house", *columns])
    files = reorder(
        files, "users", lambda columns: [name for name in columns if name not in ("sms", "grades")]
    )
    assert read_package(files, today=TODAY).problems == ()


@pytest.mark.parametrize(
    ("file", "sourced_id", "cells", "sentence"),
    [
        (
            "enrollments",
            "e-c7a-s1",
            {"classSourcedId": "c9"},
            "enrollments.csv, line 2: classSourcedId c9 is not in",
        ),
        ("enrollments", "e-c7a-s1", {"userSourcedId": "s9"}, "userSourcedId s9 is not in users.csv"),
        ("classes", "c7a", {"schoolSourcedId": "o9"}, "schoolSourcedId o9 is not in orgs.csv"),
        ("classes", "c7a", {"termSourcedIds": "t1,t9"}, "termSourcedIds t9 is not in academicSessions.csv"),
        ("classes", "c7a", {"classType": "club"}, "'club' is neither homeroom nor scheduled"),
        ("users", "s1", {"sourcedId": ""}, "users.csv, line 2: it has no sourcedId"),
        ("users", "s2", {"sourcedId": "s1"}, "the sourcedId s1 is there more than once"),
        ("users", "s2", {"status": "maybe"}, "'maybe' is neither active nor tobedeleted"),
        ("enrollments", "e-c7a-s1", {"endDate": "26.11.2026"}, "endDate '26.11.2026' is not a date"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(file, sourced_id, cells, sentence):
    rows = small_school()
    find(rows, file, sourced_id).update(cells)
    assert any(sentence in problem for problem in problems(rows))


def test_many_problems_are_cut_short():
    rows = small_school()
    for number in range(200):
        enrol(rows, f"c{number}", "s1")
    assert len(problems(rows)) == 50
