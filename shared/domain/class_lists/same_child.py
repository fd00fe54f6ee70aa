"""Tells whether a roll id of a list still means the child it meant, or perhaps another one."""

from collections.abc import Collection

from shared.domain.typed_text import fold


def may_be_another_child(was: str, becomes: str, *, known: Collection[str], listed: Collection[str]) -> bool:
    """Tell whether a list that gives a roll id another name may mean another child.

    `known` are the family's addresses so far, `listed` those of the list. Another surname under the same
    addresses is a renaming. Another given name is asked about whoever the parents are: it may be the sister,
    and Imran and Irfan are no further from each other than a name from its misspelling.
    """
    if fold(was) == fold(becomes):
        return False
    before, after = _words(was), _words(becomes)
    if not _keeps_given_name(before, after):
        return True
    families = {address.casefold() for address in known if address}
    others = {address.casefold() for address in listed if address}
    is_other_family = bool(families and others) and not families & others
    fewer, more = sorted((before, after), key=len)
    is_same_with_more = len(fewer) > 1 and all(word in more for word in fewer)
    return is_other_family and not is_same_with_more


def _words(name: str) -> list[str]:
    return fold(name).replace(".", " ").replace("-", " ").split()


def _keeps_given_name(before: list[str], after: list[str]) -> bool:
    """Tell whether the first word, or its initial, stays; or all words do, in another order."""
    if not before or not after:
        return False
    if sorted(before) == sorted(after):
        return True
    one, other = sorted((before[0], after[0]), key=len)
    return one == other or (len(one) == 1 and other.startswith(one) and before[-1] == after[-1])
