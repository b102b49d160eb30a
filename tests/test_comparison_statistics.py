"""Intervals over seeds and problems, and first times, against values that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from smepo.comparison.statistics import _t, area, first_reach, interval, paired, reach


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (30, 2.04227)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert _t(0.975, freedom) == pytest.approx(quantile, rel=1e-4)


@pytest.mark.parametrize(("seeds", "between"), [(3, 0.0), (3, 0.04), (5, 0.04)])
def test_intervals_cover_the_truth(seeds: int, between: float) -> None:
    """Crossed chance of seeds and problems; 200 draws, so 95 % is 190 give or take 9."""
    draw = np.random.default_rng(7)
    covered = 0
    for n in range(200):
        rate = draw.beta(2, 2, size=120)[None] * 0.6 + 0.2 + draw.normal(0, between, (seeds, 1))
        table = draw.binomial(4, np.clip(rate, 0, 1)) / 4
        found = interval(table, seed=n, resamples=400)
        covered += found.low <= 0.5 <= found.high
    assert covered >= 178


def test_a_plain_bootstrap_over_three_seeds_would_not_cover() -> None:
    """What the two corrections are for: seeds differ much, and there are three."""
    draw = np.random.default_rng(7)
    plain = widened = 0
    for n in range(200):
        table = np.clip(0.5 + draw.normal(0, 0.1, (3, 1)) + draw.normal(0, 0.1, (3, 40)), 0, 1)
        found = interval(table, seed=n, resamples=400)
        widened += found.low <= 0.5 <= found.high
        means = [table[draw.integers(0, 3, 3)].mean() for _ in range(400)]
        low, high = np.quantile(means, [0.025, 0.975])
        plain += low <= 0.5 <= high
    assert widened >= 178
    assert plain <= 170


def test_pairing_removes_what_seeds_and_problems_share() -> None:
    draw = np.random.default_rng(3)
    shared = draw.random((1, 300)) + draw.normal(0, 0.3, (4, 1))
    better = shared + 0.05 + draw.normal(0, 0.02, (4, 300))
    found = paired(better, shared)
    assert found.sign == 1
    assert found.value == pytest.approx(0.05, abs=0.005)
    assert found.high - found.low < 0.02
    swapped = paired(shared, better)
    assert swapped.sign == -1
    assert swapped.value == pytest.approx(-found.value)


def test_what_does_not_vary_has_wilsons_interval_or_none() -> None:
    nothing = interval(np.zeros((3, 20)))
    assert (nothing.low, round(nothing.high, 3)) == (0.0, 0.161)
    same = paired(np.ones((3, 20)), np.ones((3, 20)))
    assert same.value == 0.0
    assert math.isnan(same.low)
    assert same.sign == 0


def test_problems_with_nothing_judged_are_left_out() -> None:
    table = np.array([[1.0, 0.0, np.nan], [1.0, np.nan, 0.0]])
    assert interval(table).value == pytest.approx(0.5)


def test_accuracies_have_intervals_within_bounds() -> None:
    table = np.zeros((2, 40))
    table[0, :2] = 1
    assert interval(table).low == 0.0


def test_first_time_is_read_off_straight_lines() -> None:
    curve, steps = np.array([0.0, 0.2, 0.1, 0.4]), [0, 10, 20, 30]
    assert first_reach(curve, steps, 0.1) == pytest.approx(5)
    assert first_reach(curve, steps, 0.25) == pytest.approx(25)
    assert first_reach(curve, steps, 0.0) == 0
    assert first_reach(curve, steps, 0.5) is None


def test_area_is_the_mean_height() -> None:
    curves = np.array([[[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]])
    np.testing.assert_allclose(area(curves, [0, 10, 40]), [[0.875, 0.625]])


def test_ratio_of_times_with_its_interval() -> None:
    draw = np.random.default_rng(0)
    steps = [0, 10, 20, 30, 40]

    def runs(rates: list[float]) -> np.ndarray:
        return draw.binomial(4, np.array(rates)[None, :, None], size=(5, 5, 300)) / 4

    slow, fast = runs([0.1, 0.15, 0.2, 0.25, 0.3]), runs([0.1, 0.3, 0.4, 0.4, 0.4])
    found = reach(fast, slow, steps, steps, resamples=300)
    assert found.baseline == 40
    assert found.ratio.low < 4 < found.ratio.high
    assert found.reached == 1.0
    back = reach(slow, fast, steps, steps, resamples=300)
    assert back.at is None
    assert back.ratio.value == 0.0
