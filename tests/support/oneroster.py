"""A small school as OneRoster packages, made of columns in the standard's order: change one, and send it."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy

from shared.domain.oneroster.columns import FILES, standard_columns

Rows = dict[str, list[dict[str, str]]]

TERM = {
    "sourcedId": "t1",
    "title": "Year 26",
    "type": "schoolYear",
    "startDate": "2026-06-01",
    "endDate": "2027-05-31",
}


def small_school(version: str = "1.1") -> Rows:
    """Two homerooms 7A and 7B, a Physics class of both, three students with parents, two teachers."""
    people = [
        ("s1", "student", "Asha", "Rao", "41", "asha@pupils.example", "p1,p2"),
        ("s2", "student", "Ravi", "Patil", "042", "", "p1"),
        ("s3", "student", "Meera", "Iyer", "43", "", ""),
        ("p1", "parent", "Sunita", "Rao", "", "sunita@family.example", ""),
        ("p2", "guardian", "Anil", "Rao", "", "anil@family.example", ""),
        ("p3", "relative", "Gita", "Iyer", "", "gita@family.example", "s3"),
        ("k1", "teacher", "Kavita", "Joshi", "T1", "kavita@school.example", ""),
        ("k2", "teacher", "Om", "Naik", "T2", "om@school.example", ""),
        ("x1", "proctor", "Pat", "Proctor", "", "pat@school.example", ""),
    ]
    rows: Rows = {
        "orgs": [{"sourcedId": "o1", "name": "Hill School", "type": "school"}],
        "academicSessions": [TERM],
        "classes": [
            {"sourcedId": "c7a", "title": "Seven A", "classCode": "7A", "classType": "homeroom"},
            {"sourcedId": "c7b", "title": "Seven B", "classCode": "7B", "classType": "homeroom"},
            {"sourcedId": "phy", "title": "Physics", "classCode": "PHY", "classType": "scheduled"},
        ],
        "users": [],
        "roles": [],
        "enrollments": [],
    }
    for row in rows["classes"]:
        row |= {"schoolSourcedId": "o1", "termSourcedIds": "t1"}
    for sourced_id, role, given, family, identifier, email, agents in people:
        row = {
            "sourcedId": sourced_id,
            "enabledUser": "true",
            "username": sourced_id,
            "givenName": given,
            "familyName": family,
            "identifier": identifier,
            "email": email,
            "agentSourcedIds": agents,
        }
        if version == "1.1":
            row |= {"orgSourcedIds": "o1", "role": role}
        else:
            rows["roles"].append(
                {
                    "sourcedId": f"r-{sourced_id}",
                    "userSourcedId": sourced_id,
                    "roleType": "primary",
                    "role": role,
                    "orgSourcedId": "o1",
                }
            )
        rows["users"].append(row)
    for class_id, person, role in (
        ("c7a", "s1", "student"),
        ("c7a", "s2", "student"),
        ("c7b", "s3", "student"),
        ("phy", "s1", "student"),
        ("phy", "s3", "student"),
        ("c7a", "k1", "teacher"),
        ("phy", "k2", "teacher"),
    ):
        enrol(rows, class_id, person, role)
    return rows


def enrol(rows: Rows, class_id: str, person: str, role: str = "student", **cells: str) -> None:
    """Add an enrollment."""
    row = {"sourcedId": f"e-{class_id}-{person}", "classSourcedId": class_id, "schoolSourcedId": "o1"}
    rows["enrollments"].append(row | {"userSourcedId": person, "role": role} | cells)


def find(rows: Rows, file: str, sourced_id: str) -> dict[str, str]:
    """Return a row to change."""
    return next(row for row in rows[file] if row["sourcedId"] == sourced_id)


def changes_of(**files: Sequence[Mapping[str, str]]) -> Rows:
    """Return the rows of a delta package; each says that it is active unless it says otherwise."""
    stamp = {"status": "active", "dateLastModified": "2026-11-26T05:00:00.000Z"}
    return {file: [{**stamp, **row} for row in rows] for file, rows in files.items()}


def tables(
    rows: Rows, *, version: str = "1.1", mode: str = "bulk", **manifest: str
) -> dict[str, list[list[str]]]:
    """Return what the files hold, as the product reads them."""
    found = {}
    there = [
        file for file in FILES if rows.get(file) or (mode == "bulk" and file in rows and file != "roles")
    ]
    for file in there:
        columns = [*standard_columns(file, version)]
        columns += sorted({name for row in rows[file] for name in row} - set(columns))
        found[file] = [columns, *([row.get(name, "") for name in columns] for row in rows[file])]
    properties = {"manifest.version": "1.0", "oneroster.version": version, "source.systemName": "Test SIS"}
    properties |= {f"file.{file}": mode if file in there else "absent" for file in FILES}
    properties |= {name.replace("__", "."): value for name, value in manifest.items()}
    found["manifest"] = [["propertyName", "value"], *([name, value] for name, value in properties.items())]
    return deepcopy(found)


def pack(files: Mapping[str, Sequence[Sequence[str]]], *, folder: str = "", bom: bool = False) -> bytes:
    """Return the zip of such tables."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, lines in files.items():
            text = io.StringIO()
            csv.writer(text).writerows(lines)
            package.writestr(f"{folder}{name}.csv", ("\ufeff" if bom else "") + text.getvalue())
    return file.getvalue()
