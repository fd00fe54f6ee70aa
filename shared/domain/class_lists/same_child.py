"""Tells whether a roll id of a list still means the child it meant, or perhaps another one."""

from collections.abc import Collection

from shared.domain.typed_text import fold


def may_be_another_child(was: str, becomes: str, *, known: Collection[str], listed: Collection[str]) -> bool:
    """Tell whether a list that gives a roll id another name may mean another child.

    `known` are the family's addresses so far, `listed` those of the list. Another surname is a renaming under
    one of the same addresses alone: next year's child may have the given name, too. Another given name is
    asked about whoever the parents are: it may be the sister, and Imran and Irfan are no further from each
    other than a name from its misspelling.
    """
    if fold(was) == fold(becomes):
        return False
    before, after = _words(was), _words(becomes)
    if not _keeps_given_name(before, after):
        return True
    families = {address.casefold() for address in known if address}
    others = {address.casefold() for address in listed if address}
    if families & others:
        return False
    is_other_family = bool(families and others)
    fewer, more = sorted((before, after), key=len)
    if all(word in more for word in fewer):
        return is_other_family and len(fewer) == 1
    return is_other_family or len(fewer) < len(more) or not all(map(_may_be_initial, before, after))


def _words(name: str) -> list[str]:
    return fold(name).replace(".", " ").replace("-", " ").split()


def _keeps_given_name(before: list[str], after: list[str]) -> bool:
    """Tell whether the first word, or its initial, stays; or all words do, in another order."""
    if not before or not after:
        return False
    if sorted(before) == sorted(after) or before[0] == after[0]:
        return True
    return _may_be_initial(before[0], after[0]) and before[-1] == after[-1]


def _may_be_initial(word: str, other: str) -> bool:
    """Tell whether two words are the same, or one is the other's initial."""
    short, long = sorted((word, other), key=len)
    return short == long or (len(short) == 1 and long.startswith(short))
