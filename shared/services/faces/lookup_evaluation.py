"""How well roll id by face does on folders of photos, one folder a person, by the product's own rule.

People are drawn into made-up lectures; everybody else is an outsider there. FPIR: of the outsiders' tries,
how many were told a name. Look-alikes, whom the office would know of, are not sent to type.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shared.domain.error_rates import wilson_bounds
from shared.domain.identification import IDENTIFICATION_LEAD, Identification, identify
from shared.errors import InvalidInput
from shared.services.faces.evaluation import ReadPhoto, train

# The share of outsiders' tries that the cross-fitted bounds let be named.
AIMED_FPIR = 0.001
# The people are dealt into so many parts; whoever is in one is judged by the bound of the others.
PARTS = 5


@dataclass(frozen=True)
class Lookup:
    """One photo that was looked up in a lecture, and whether the best of it was the right student."""

    person: str
    found: Identification
    is_right: bool = False


@dataclass
class Lookups:
    """What was looked up: photos of members, and of people who are not in the lecture."""

    members: list[Lookup] = field(default_factory=list)
    outsiders: list[Lookup] = field(default_factory=list)


def look_up_in_lectures(
    photos: Sequence[ReadPhoto], *, size: int, enrol: int = 5, lectures: int = 60, seed: int = 0
) -> Lookups:
    """Draw `lectures` lectures of `size` people, enrol `enrol` photos of each, and look everything else up.

    Raise InvalidInput if there are not enough people for a lecture and somebody outside of it.
    """
    chance = random.Random(seed)  # noqa: S311
    by_person: dict[str, list[ReadPhoto]] = {}
    for photo in photos:
        if photo.fast is not None:
            by_person.setdefault(photo.person, []).append(photo)
    people = sorted(person for person, theirs in by_person.items() if len(theirs) > enrol)
    if len(people) <= size:
        raise InvalidInput(
            f"A lecture of {size} needs more people with {enrol + 1} photos than {len(people)}."
        )
    found = Lookups()
    for _ in range(lectures):
        drawn = chance.sample(people, len(people))
        _look_up(found, drawn[:size], drawn[size:], by_person, enrol, chance)
    return found


def _look_up(
    found: Lookups,
    members: Sequence[str],
    outsiders: Sequence[str],
    by_person: dict[str, list[ReadPhoto]],
    enrol: int,
    chance: random.Random,
) -> None:
    templates, probes, owners = [], [], []
    for person in members:
        theirs = chance.sample(by_person[person], len(by_person[person]))
        templates.append(train(theirs[:enrol]).template)
        probes += theirs[enrol:]
        owners += [len(templates) - 1] * len(theirs[enrol:])
    gallery = np.array(templates)
    for probe, owner, scores in zip(probes, owners, _score(probes, gallery), strict=True):
        seen = Lookup(probe.person, identify(dict(enumerate(scores.tolist()))), int(scores.argmax()) == owner)
        found.members.append(seen)
    strangers = [photo for person in outsiders for photo in by_person[person]]
    for probe, scores in zip(strangers, _score(strangers, gallery), strict=True):
        found.outsiders.append(Lookup(probe.person, identify(dict(enumerate(scores.tolist())))))


def _score(probes: Sequence[ReadPhoto], gallery: np.ndarray) -> np.ndarray:
    scores: np.ndarray = np.array([probe.careful for probe in probes]) @ gallery.T
    return scores


def summarise(lookups: Lookups, *, seed: int = 0) -> dict[str, Any]:
    """Return the figures, ready for JSON: at the product's bound, and at those other people's tries gave.

    Wilson's intervals count tries as if they were of different people, so the truth is wider.
    """
    members, outsiders = lookups.members, lookups.outsiders
    figures = _rates(members, outsiders, {}, IDENTIFICATION_LEAD)
    people = sorted({each.person for each in (*members, *outsiders)})
    random.Random(seed).shuffle(people)  # noqa: S311
    part_of = {person: place % PARTS for place, person in enumerate(people)}
    bounds = {
        part: _bound([each for each in outsiders if part_of[each.person] != part]) for part in range(PARTS)
    }
    own = {person: bounds[part] for person, part in part_of.items()}
    return {
        "member_tries": len(members),
        "outsider_tries": len(outsiders),
        "right_first": sum(each.is_right for each in members) / len(members),
        "lead": IDENTIFICATION_LEAD,
        **figures,
        "cross_fitted": {"leads": sorted(bounds.values()), **_rates(members, outsiders, own, 0.0)},
    }


def _bound(outsiders: Sequence[Lookup]) -> float:
    leads = sorted((each.found.lead for each in outsiders), reverse=True)
    return max(0.0, leads[int(AIMED_FPIR * len(leads))])


def _rates(
    members: Sequence[Lookup], outsiders: Sequence[Lookup], bounds: dict[str, float], otherwise: float
) -> dict[str, Any]:
    def is_named(each: Lookup) -> bool:
        return each.found.lead >= bounds.get(each.person, otherwise)

    right = sum(is_named(each) and each.is_right for each in members)
    wrong = sum(is_named(each) and not each.is_right for each in members)
    strangers = sum(map(is_named, outsiders))
    return {
        "named": right / len(members),
        "named_bounds": wilson_bounds(right, len(members)),
        "named_wrongly": wrong / len(members),
        "fpir": strangers / len(outsiders),
        "fpir_bounds": wilson_bounds(strangers, len(outsiders)),
    }


def as_table(figures: dict[str, Any], *, size: int, enrol: int) -> str:
    """Return the figures for a person."""
    crossed = figures["cross_fitted"]
    return "\n".join(
        [
            f"lectures of {size}, {enrol} photos enrolled; {figures['member_tries']} tries of members, "
            f"{figures['outsider_tries']} of others",
            f"right student first: {figures['right_first']:.2%}",
            f"at the product's lead of {figures['lead']}:",
            *_rows(figures),
            f"cross-fitted, at leads of {crossed['leads'][0]:.2f} to {crossed['leads'][-1]:.2f}:",
            *_rows(crossed),
        ]
    )


def _rows(rates: dict[str, Any]) -> list[str]:
    return [
        f"  members named rightly: {rates['named']:.2%}, wrongly: {rates['named_wrongly']:.4%}",
        f"  others named (FPIR): {rates['fpir']:.4%}",
    ]
