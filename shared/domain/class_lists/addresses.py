"""Reads the addresses in a cell, however many there are and whatever stands around them."""

import re
import unicodedata
from dataclasses import dataclass

from shared.domain.typed_text import clean, fold

# What people write for "nothing".
_EMPTY_MARKS = frozenset(
    (
        *(
            "n/a",
            "na",
            "n.a.",
            "n.a",
            "nil",
            "none",
            "null",
            "no",
            "nan",
            "unknown",
            "tbd",
            "x",
            "xx",
            "xxx",
            "0",
        ),
        *("not available", "not applicable", "not given", "no email", "no e-mail", "no mail"),
        *("keine", "kein", "aucun", "aucune", "ninguno", "ninguna", "नाही", "नहीं", "निरंक"),
    )
)
_ADDRESS = re.compile(r"[^\s<>,;:|\"()\[\]/\\]+@[^\s<>,;:|\"'()\[\]/\\?]+")


@dataclass(frozen=True)
class AddressReading:
    """The addresses of a cell in their order, each once; `is_odd`: something stands there that is none."""

    addresses: tuple[str, ...] = ()
    is_odd: bool = False


def is_empty_mark(text: str) -> bool:
    """Tell whether a cell says that there is nothing: N/A, nil, a dash."""
    word = fold(text)
    return not word or word in _EMPTY_MARKS or not any(sign.isalnum() for sign in word)


def read_addresses(text: str) -> AddressReading:
    """Take the addresses out of "Ravi Rao <ravi@ex.org>; mailto:mira@ex.org"."""
    plain = clean(unicodedata.normalize("NFKC", text))
    if is_empty_mark(plain):
        return AddressReading()
    plain = re.sub(r"mailto:", " ", plain, flags=re.IGNORECASE)
    found = [address.strip(".'‘’“”") for address in _ADDRESS.findall(plain)]
    once = {address.casefold(): address for address in reversed(found)}
    in_order = tuple(dict.fromkeys(once[address.casefold()] for address in found))
    # Every @ must be within an address that was found.
    is_odd = not found or plain.count("@") > sum(address.count("@") for address in found)
    return AddressReading(in_order, is_odd or any(address.count("@") > 1 for address in found))
