"""Seals every stored photo, descriptor and face model anew under the newest of FACE_KEYS."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.persistence import sealed_rows
from shared.persistence.sealed_rows import SealedColumn
from shared.security import purposes
from shared.security.sealing import BrokenSeal, key_number
from shared.services import audit
from shared.services.audit import Actor
from shared.toolbox import Toolbox

# How the purpose of each sealed column is made, and of which value of its row; a test holds that none lacks.
PURPOSES: Mapping[str, tuple[Callable[[int], str], str]] = {
    "admin.sealed_totp_secret": (purposes.totp_secret, "id"),
    "enrolment_photo.sealed_photo": (purposes.enrolment_photo, "student_id"),
    "enrolment_photo.sealed_descriptor": (purposes.photo_descriptor, "student_id"),
    "face_flag.sealed_descriptor": (purposes.face_flag, "id"),
    "face_model.sealed_model": (purposes.face_model, "student_id"),
    "model_offer.sealed_descriptor": (purposes.model_offer, "id"),
    "photo_question.sealed_photo": (purposes.photo_question, "id"),
    "photo_question.sealed_thumbnail": (purposes.photo_question_thumbnail, "id"),
    "to_confirm.sealed_picture": (purposes.waiting_picture, "id"),
    "to_confirm.sealed_descriptor": (purposes.waiting_descriptor, "id"),
    "spoof_picture.sealed_picture": (purposes.spoof_picture, "id"),
    "spoof_version.sealed_heads": (purposes.spoof_version, "id"),
    "spoof_mistake.sealed_picture": (purposes.spoof_mistake, "version_id"),
}

OnValues = Callable[[int, int], None]
"""Told the values just done and the values of all."""


def purpose_of(column: SealedColumn, row: Mapping[str, Any]) -> str:
    """Return what a row's value was sealed for."""
    make, of = PURPOSES[column.name]
    return make(row[of])


def rotate_keys(
    toolbox: Toolbox, actor: Actor, *, on_values: OnValues = lambda _done, _all: None
) -> dict[int, int]:
    """Seal anew what older keys sealed, value by value, and count what each key still seals afterwards.

    People go on working: a value that somebody else wrote meanwhile is left as they wrote it. Begun again
    after an interruption, it goes on where it was. A value that does not open stays as it is and is counted
    under its old key, so that nobody is told to throw that key away.
    """
    newest = max(toolbox.settings.face_keys)
    with toolbox.reading() as session:
        total = sum(sealed_rows.count(session, column) for column in sealed_rows.list_columns())
    for column in sealed_rows.list_columns():
        last = 0
        while True:
            with toolbox.reading() as session:
                rows = sealed_rows.next_rows(session, column, after=last)
            if not rows:
                break
            for row in rows:
                _seal_anew(toolbox, column, row, newest)
            last = rows[-1]["id"]
            on_values(len(rows), total)
    left = count_by_key(toolbox)
    after = {str(number): count for number, count in left.items()}
    with toolbox.sessions.begin() as session:
        audit.record(session, toolbox, actor, "rotate keys", f"key {newest}", after=after)
    return left


def count_by_key(toolbox: Toolbox) -> dict[int, int]:
    """Return how many stored values each key's number seals."""
    counts: Counter[int] = Counter()
    with toolbox.reading() as session:
        for column in sealed_rows.list_columns():
            for head, count in sealed_rows.count_by_head(session, column):
                counts[key_number(head)] += count
    return dict(counts)


def _seal_anew(toolbox: Toolbox, column: SealedColumn, row: Mapping[str, Any], newest: int) -> None:
    sealed, purpose = row["sealed"], purpose_of(column, row)
    if key_number(sealed) == newest:
        return
    try:
        plain = toolbox.sealer.open(sealed, purpose=purpose)
    except BrokenSeal:
        return
    with toolbox.sessions.begin() as session:
        sealed_rows.replace(
            session, column, row["id"], was=sealed, becomes=toolbox.sealer.seal(plain, purpose=purpose)
        )


def advice(keys: Mapping[int, bytes], left: Mapping[int, int]) -> str:
    """Say which keys may go, now that `left` counts what each seals; none that a value still needs."""
    newest = max(keys)
    needed = sorted(number for number in left if number != newest)
    if needed:
        return (
            f"Keep {_named(needed)}: values still need it. Run this command again; what stays does not open."
        )
    older = sorted(number for number in keys if number != newest)
    if not older:
        return (
            f"Only key {newest} is there. To change it, put a new one behind it in FACE_KEYS, and start anew."
        )
    return (
        f"No value needs {_named(older)} any more. Remove from FACE_KEYS what no backup is sealed with, once "
        f"every site and worker has been started with key {newest}."
    )


def _named(numbers: Sequence[int]) -> str:
    return f"key{'s' if len(numbers) > 1 else ''} {' and '.join(map(str, numbers))}"
