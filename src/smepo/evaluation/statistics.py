"""Estimators of accuracy over problems, with 95 % intervals. No dependencies."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

Z95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution

Interval = tuple[float, float]


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Chance that at least one of ``k`` completions is correct, estimated without bias.

    ``1 - C(n - c, k) / C(n, k)``: Chen et al., "Evaluating Large Language Models Trained on
    Code", arXiv 2107.03374, equation 1. Needs ``k <= samples``.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 4)
    (0.25, 1.0)
    """
    if not 0 < k <= samples or not 0 <= correct <= samples:
        raise ValueError(f"pass@{k} of {correct} correct in {samples} completions has no meaning")
    return 1.0 - math.comb(samples - correct, k) / math.comb(samples, k)


def wilson(correct: int, total: int) -> Interval:
    """The 95 % score interval of a proportion (Wilson 1927), good at 0 and 1 and for few trials.

    >>> [round(x, 3) for x in wilson(0, 20)]
    [0.0, 0.161]
    """
    if total == 0:
        return (math.nan, math.nan)
    share, z2 = correct / total, Z95 * Z95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    spread = math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    half = Z95 * spread / (1 + z2 / total)
    return (max(0.0, centre - half), min(1.0, centre + half))


def bootstrap(values: Sequence[float], *, seed: int = 0, resamples: int = 2000) -> Interval:
    """The 95 % percentile interval of the mean of ``values``, one a problem (Efron 1979).

    Problems are drawn with replacement; completions of one problem stay together, because they
    are not independent. Equal values give an interval without width.
    """
    if not values:
        return (math.nan, math.nan)
    draw = random.Random(seed)
    n = len(values)
    means = sorted(math.fsum(draw.choices(values, k=n)) / n for _ in range(resamples))
    return (means[int(0.025 * resamples)], means[math.ceil(0.975 * resamples) - 1])
