"""Who is asked to turn the head, and what each film of it leads to."""

import itertools

import pytest

from shared.domain.head_turn import Side, TurnVerdict
from shared.domain.second_lock import AskedTurn, Strictness, TurnCause, Zone, ZoneLimits, cause_of_turn

FAILURES = [verdict for verdict in TurnVerdict if verdict is not TurnVerdict.TURNED]


@pytest.mark.parametrize(
    ("zone", "screen_seen", "after_refusal", "drawn", "cause"),
    [
        (Zone.LIVING, False, False, False, None),
        (Zone.LIVING, False, False, True, TurnCause.AT_RANDOM),
        (Zone.LIVING, False, True, False, TurnCause.AFTER_REFUSAL),
        (Zone.LIVING, False, True, True, TurnCause.AFTER_REFUSAL),
        (Zone.DOUBTFUL, False, False, False, TurnCause.DOUBTFUL),
        (Zone.DOUBTFUL, True, False, False, TurnCause.SCREEN_SEEN),
    ],
)
def test_who_is_asked(zone, screen_seen, after_refusal, drawn, cause):
    found = cause_of_turn(zone, screen_seen=screen_seen, after_refusal=after_refusal, drawn_at_random=drawn)
    assert found is cause


def test_only_the_clearly_living_are_never_asked():
    for zone, *rest in itertools.product(Zone, *[[True, False]] * 3):
        words = dict(zip(("screen_seen", "after_refusal", "drawn_at_random"), rest, strict=True))
        assert cause_of_turn(zone, **words) is not None or zone is Zone.LIVING


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("cause", [cause for cause in TurnCause if cause is not TurnCause.SCREEN_SEEN])
def test_one_turn_is_enough_without_a_screen(cause, side):
    asked = AskedTurn.first(cause, side)
    assert asked.has_passed(TurnVerdict.TURNED)
    assert asked.after(TurnVerdict.TURNED) is None


@pytest.mark.parametrize("side", Side)
def test_where_a_screen_was_seen_both_sides_are_asked(side):
    asked = AskedTurn.first(TurnCause.SCREEN_SEEN, side)
    assert not asked.has_passed(TurnVerdict.TURNED)
    second = asked.after(TurnVerdict.TURNED)
    assert second is not None
    assert second.side is side.other
    assert second.has_passed(TurnVerdict.TURNED)


@pytest.mark.parametrize("verdict", FAILURES)
@pytest.mark.parametrize("cause", TurnCause)
def test_one_film_may_fail_and_the_next_is_to_the_same_side(cause, verdict):
    asked = AskedTurn.first(cause, Side.LEFT)
    again = asked.after(verdict)
    assert again is not None
    assert (again.side, again.steps_left) == (asked.side, asked.steps_left)
    assert again.after(verdict) is None
    assert not asked.has_passed(verdict)
    assert not again.has_passed(verdict)


@pytest.mark.parametrize("cause", TurnCause)
def test_no_row_of_films_is_longer_than_two_steps_and_a_second_try(cause):
    for verdicts in itertools.product([TurnVerdict.TURNED, TurnVerdict.NOT_TURNED], repeat=6):
        asked, films = AskedTurn.first(cause, Side.RIGHT), 0
        for verdict in verdicts:
            films += 1
            following = asked.after(verdict)
            if following is None:
                break
            asked = following
        assert films <= 3


def test_the_stricter_the_more_are_asked_at_random():
    assert [strictness.one_in for strictness in Strictness] == [None, 20, 5]


@pytest.mark.parametrize(
    ("score", "zone"),
    [
        (0.0, Zone.LIVING),
        (0.29, Zone.LIVING),
        (0.3, Zone.DOUBTFUL),
        (0.79, Zone.DOUBTFUL),
        (0.8, Zone.ATTACK),
        (1.0, Zone.ATTACK),
        (float("nan"), Zone.ATTACK),
    ],
)
def test_a_score_lies_in_one_of_three_zones(score: float, zone: Zone) -> None:
    assert ZoneLimits(living_below=0.3, attack_from=0.8).zone_of(score) is zone


@pytest.mark.parametrize(
    ("living", "attack", "each", "together"),
    [(0.5, 0.5, 0.5, 0.5), (0.2, 0.8, 2 / 3, 1 / 3), (1 / 17, 0.5, 1 / 3, 1 / 9)],
)
def test_a_film_is_judged_between_the_limits_and_as_a_whole_more_strictly(living, attack, each, together):
    limits = ZoneLimits(living, attack).of_film
    assert (limits.each, limits.together) == pytest.approx((each, together))
