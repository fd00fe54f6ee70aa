"""Tells the rows below a table that are no people: sums, signatures, who prepared it."""

from collections.abc import Sequence

from shared.domain.typed_text import fold

# What such a row begins with, in the languages of the lists; the product's own first words among them.
_BEGINNINGS = (
    "total",
    "grand total",
    "sub total",
    "subtotal",
    "sum",
    "count",
    "average",
    "strength",
    "no. of",
    "no of",
    "number of",
    "present:",
    "absent:",
    "summary",
    "signature",
    "sign",
    "signed",
    "prepared",
    "checked",
    "verified",
    "approved",
    "submitted",
    "printed",
    "generated",
    "exported",
    "note:",
    "notes:",
    "remark:",
    "remarks:",
    "teacher",
    "class teacher",
    "subject teacher",
    "course teacher",
    "faculty",
    "hod",
    "head of department",
    "principal",
    "coordinator",
    "date:",
    "place:",
    "page",
    "end of",
    "कुल",
    "योग",
    "एकूण",
    "हस्ताक्षर",
    "स्वाक्षरी",
    "सही",
    "तैयार",
    "तयार",
    "शिक्षक",
    "प्राचार्य",
    "मुख्याध्यापक",
    "summe",
    "gesamt",
    "insgesamt",
    "unterschrift",
    "erstellt",
    "somme",
    "firma",
    "suma",
    "preparado",
)
_FOLDED = tuple(fold(beginning) for beginning in _BEGINNINGS)


def is_footer(cells: Sequence[str]) -> bool:
    """Tell whether the first cell that holds anything begins as a footer does, and as no roll id or name
    would."""
    first = next((fold(cell) for cell in cells if cell.strip()), "")
    return any(
        first == each or first.startswith((f"{each} ", f"{each}:", f"{each} :", f"{each}="))
        for each in _FOLDED
    )
