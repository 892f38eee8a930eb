from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from core.domain.bootstrap import DRAWS, bands_of, mean_block, split_mix


def test_the_generator_is_the_published_one():
    # The first numbers of seed 1234567, as the reference implementation (splitmix64.c) prints them.
    assert list(islice(split_mix(1_234_567), 3)) == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_a_block_is_as_long_as_the_cube_root():
    assert [mean_block(days) for days in (1, 7, 8, 26, 27, 60, 64, 250, 1_000)] == [
        1, 1, 2, 2, 3, 3, 4, 6, 10,
    ]  # fmt: skip


def test_days_that_are_all_alike_leave_no_doubt():
    (band,) = bands_of([[7] * 60])
    assert (band.low_won, band.high_won) == (420, 420)
    assert bands_of([]) == ()


@pytest.mark.parametrize("series", [[[]], [[1], [1, 2]]])
def test_a_series_needs_days_as_many_as_the_others(series):
    with pytest.raises(ValueError, match="days"):
        bands_of(series)


def test_the_same_seed_gives_the_same_band_and_series_are_drawn_together():
    days = [((number * 7_919) % 211) - 100 for number in range(90)]
    first, doubled = bands_of([days, [2 * won for won in days]])
    assert bands_of([days]) == (first,)
    assert (doubled.low_won, doubled.high_won) == (2 * first.low_won, 2 * first.high_won)
    assert bands_of([days], seed=1) != (first,)
    assert first.low_won < sum(days) < first.high_won


def test_one_day_can_only_be_itself():
    (band,) = bands_of([[5]])
    assert (band.low_won, band.high_won) == (5, 5)


@pytest.mark.parametrize("hangs_together", [False, True])
def test_the_band_is_as_wide_as_an_independent_bootstrap_finds_it(hangs_together):
    dice = np.random.default_rng(4)
    noise = dice.normal(0, 1_000, 260)
    days = np.convolve(noise, np.ones(4) / 2, "same") if hangs_together else noise[:256]
    days = np.rint(days[:256]).astype(int)
    (band,) = bands_of([days.tolist()])
    # Step by step as Politis and Romano write it: the next day, or with the chance p any other.
    length, chance = len(days), 1 / mean_block(len(days))
    places = dice.integers(0, length, 4 * DRAWS)
    sums = np.zeros(4 * DRAWS, dtype=int)
    for _ in range(length):
        sums += days[places]
        jumps = dice.random(4 * DRAWS) < chance
        places = np.where(jumps, dice.integers(0, length, 4 * DRAWS), (places + 1) % length)
    low, high = np.percentile(sums, (5, 95))
    width = high - low
    assert abs(band.low_won - low) < 0.08 * width
    assert abs(band.high_won - high) < 0.08 * width
