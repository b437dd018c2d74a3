"""Bootstrap over papers or recipes: intervals, and paired comparisons of two methods.

What is resampled is always a function of sums over papers (or recipes). So a resample is a vector
of counts, how often each was drawn, and all resamples are one matrix product; nothing is scored
again. Two methods resampled with the same seed over the same papers see the same draws: that makes
their comparison a paired one.
"""

import numpy as np

N_RESAMPLES = 2000
LEVEL = 0.95
_DRAWS_AT_ONCE = 4_000_000  # 32 MB


def resampled_sums(values: np.ndarray, seed: int, n_resamples: int = N_RESAMPLES) -> np.ndarray:
    """Column sums of `values` [n_units, k] in each resample: [n_resamples, k].

    Of the identity matrix they are the draws: how often each unit is in each resample.
    """
    generator, n_units = np.random.default_rng(seed), len(values)
    shares = np.full(n_units, 1 / n_units)
    # In pieces, to bound the memory.
    piece = max(1, _DRAWS_AT_ONCE // n_units)
    sizes = [min(piece, n_resamples - start) for start in range(0, n_resamples, piece)]
    draws = (generator.multinomial(n_units, shares, size).astype(float) for size in sizes)
    return np.concatenate([drawn @ values for drawn in draws])


def interval(values: np.ndarray) -> list[float] | None:
    """The central 95 % of the resampled values, those that are not defined (NaN) left out."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = (1 - LEVEL) / 2
    return [float(value) for value in np.quantile(values, [tail, 1 - tail])]


def p_value(differences: np.ndarray) -> float | None:
    """Two-sided p-value of resampled paired differences: twice the smaller side of zero.

    One is added to each side, so that no p-value is 0: the observed sample is one of the possible
    ones (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).
    """
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        return None
    sides = [(differences <= 0).sum() + 1, (differences >= 0).sum() + 1]
    return float(min(1.0, 2 * min(sides) / (len(differences) + 1)))
