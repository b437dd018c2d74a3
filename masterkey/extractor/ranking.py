"""Learned probabilities of candidates, and the choice of the value with the largest expected score."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import LONG_FORM, SHORT_FORM
from masterkey.extractor.processes import ALONE, Share
from masterkey.extractor.trees import N_BAGS, Learner, Trees, probability
from masterkey.schema.values import count_matches, parse_value, reported_parts
from masterkey.scoring.published import count_field

N_FOLDS = 3
# Only values at least this likely, relative to the likeliest, may be chosen: what is expected to
# score well by covering several possibilities ("Spiro-MeOTAD | PTAA") is not an answer.
LEAST_SHARE = 0.5
N_COMPARED = 8
# F1 = 2 tp / (predicted + in the answer) rises with a part if its chance exceeds F1 / 2. About .85
# is reached.
PRICE = 0.42


def cross_fitted(
    x: np.ndarray, right: np.ndarray, fold: np.ndarray, seed: int, share: Share = ALONE
) -> tuple[np.ndarray, Trees]:
    """(P(right) of each row from trees of the other folds' rows, trees of all rows).

    The fits are shared out among processes, which all get both. Not among threads: these share the bins, and
    LightGBM 4.7.0 has crashed (docs/experiments.md).
    """
    folds = [fold == k for k in np.unique(fold)]
    fits = [(own, bag) for own in folds for bag in range(N_BAGS)]
    fits += [(None, bag) for bag in range(N_BAGS)]
    mine = fits[share.number :: share.n]
    learner = Learner(x, right, seed) if mine else None
    fitted = [
        learner.trees(bag) if own is None else learner.log_odds_of_others(~own, bag)
        for own, bag in mine
    ]
    found = [None] * len(fits)
    for number, of_one in enumerate(share.gather(fitted)):
        found[number :: share.n] = of_one
    out_of_fold = np.zeros(len(x))
    for n, own in enumerate(folds):
        out_of_fold[own] = probability(np.mean(found[n * N_BAGS : (n + 1) * N_BAGS], axis=0))
    return out_of_fold, Trees.mean(found[len(folds) * N_BAGS :])


def choose(field: str, values: Sequence[str], scores: np.ndarray) -> tuple[str, float]:
    """(the value of the largest expected gain, the probability that it is right)."""
    chances = scores / max(scores.sum(), 1.0)
    best = np.argsort(-chances, kind="stable")[:N_COMPARED]
    best, chances = best.tolist(), chances.tolist()
    able = [n for n in best if chances[n] >= LEAST_SHARE * chances[best[0]]]
    if len(able) > 1:
        gains = [sum([chances[m] * gain(field, values[m], values[n]) for m in best]) for n in able]
        chosen = able[gains.index(max(gains))]
    else:
        chosen = able[0]
    return values[chosen], chances[chosen]


@lru_cache(maxsize=1 << 17)
def gain(field: str, answer: str, prediction: str) -> float:
    """What a prediction adds to both tracks' F1 where the answer is this: hits less their price.

    A long form counts with the short form that follows from it.
    """
    if field == LONG_FORM:
        short = gain(SHORT_FORM, short_form(answer), short_form(prediction))
        return short + _own_gain(field, answer, prediction)
    return _own_gain(field, answer, prediction)


def _own_gain(field: str, answer: str, prediction: str) -> float:
    try:
        counts = count_field(field, answer, prediction)
        paper = counts.tp - PRICE * counts.n_predicted
    except ValueError:  # as published: such a value cannot be compared
        paper = 0.0
    right, claimed = parse_value(field, answer), parse_value(field, prediction)
    sound = count_matches(field, right, claimed) - PRICE * len(reported_parts(claimed))
    return paper + sound
