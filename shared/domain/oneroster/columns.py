"""Names the files and columns of OneRoster that are read, as the CSV bindings of 1.1 and 1.2 give them."""

from collections.abc import Sequence

from shared.domain.languages import phrase

MANIFEST = "manifest"
# The files read, in the order in which one refers to another.
FILES = ("orgs", "academicSessions", "classes", "users", "roles", "enrollments")
_KEPT_BY_DELTA = ("sourcedId", "status", "dateLastModified")

_ORGS = (*_KEPT_BY_DELTA, "name", "type", "identifier", "parentSourcedId")
_SESSIONS = (*_KEPT_BY_DELTA, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear")
_CLASSES = (
    *(*_KEPT_BY_DELTA, "title", "grades", "courseSourcedId", "classCode", "classType", "location"),
    *("schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"),
)
_ENROLLMENTS = (
    *(*_KEPT_BY_DELTA, "classSourcedId", "schoolSourcedId", "userSourcedId"),
    *("role", "primary", "beginDate", "endDate"),
)
_PERSON = ("givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds")
_USERS = {
    "1.1": (
        *(*_KEPT_BY_DELTA, "enabledUser", "orgSourcedIds", "role", "username", "userIds"),
        *(*_PERSON, "grades", "password"),
    ),
    "1.2": (
        *(*_KEPT_BY_DELTA, "enabledUser", "username", "userIds", *_PERSON, "grades", "password"),
        *("userMasterIdentifier", "resourceSourcedIds", "preferredGivenName", "preferredMiddleName"),
        *("preferredFamilyName", "primaryOrgSourcedId", "pronouns"),
    ),
}
_ROLES = (
    *(*_KEPT_BY_DELTA, "userSourcedId", "roleType", "role", "beginDate", "endDate"),
    *("orgSourcedId", "userProfileSourcedId"),
)
_REQUIRED = {
    "orgs": ("sourcedId", "name", "type"),
    "academicSessions": ("sourcedId", "title", "type", "startDate", "endDate"),
    "classes": ("sourcedId", "title", "classType", "schoolSourcedId", "termSourcedIds"),
    "users": ("sourcedId", "enabledUser", "givenName", "familyName"),
    "roles": ("sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId"),
    "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role"),
}
_REQUIRED_IN_1_1 = {"users": ("orgSourcedIds", "role")}
VERSIONS = tuple(_USERS)


def standard_columns(file: str, version: str) -> tuple[str, ...]:
    """Return the columns of a file in the standard's order."""
    if file == "users":
        return _USERS[version]
    return {
        "orgs": _ORGS,
        "academicSessions": _SESSIONS,
        "classes": _CLASSES,
        "roles": _ROLES,
        "enrollments": _ENROLLMENTS,
    }[file]


def check_columns(file: str, headings: Sequence[str], version: str, *, is_delta: bool) -> str:
    """Return what is wrong with the columns of a file as a sentence; "" for nothing.

    Those that the standard requires must be there, and those it names must stand in its order. What it does
    not name, such as `metadata.…`, may stand anywhere.
    """
    required = [*_REQUIRED[file], *(_REQUIRED_IN_1_1.get(file, ()) if version == "1.1" else ())]
    if is_delta:
        required += ["status", "dateLastModified"]
    missing = [name for name in required if name not in headings]
    if missing:
        return phrase("%(file)s.csv lacks the column %(column)s.", file=file, column=", ".join(missing))
    twice = sorted({name for name in headings if name and headings.count(name) > 1})
    if twice:
        return phrase("%(file)s.csv has the column %(column)s twice.", file=file, column=twice[0])
    standard = standard_columns(file, version)
    named = [name for name in headings if name in standard]
    ordered = [name for name in standard if name in named]
    if named != ordered:
        stray = next(name for name, right in zip(named, ordered, strict=True) if name != right)
        return phrase(
            "%(file)s.csv has its columns in another order than OneRoster %(version)s: %(column)s is out of "
            "place.",
            file=file,
            version=version,
            column=stray,
        )
    return ""
