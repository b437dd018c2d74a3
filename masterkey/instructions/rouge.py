"""ROUGE-L similarity of a new instruction to all instructions kept so far, exact and fast.

The score is that of the package `rouge_score` (without stemming), bit for bit: with the longest
common subsequence L of two token lists of m and n tokens, precision L/n and recall L/m, F = 2PR/(P+R).

L comes from the bit-parallel algorithm of Hyyrö (AWOCA 2004), for all kept texts at once: one 64-bit
word per kept text is the algorithm's state, and an index from each word to the places where the
kept texts have it tells which states a word of the new text changes. So the cost is that of the
shared words alone.

Whether a text is too similar is decided in integers, so a score of exactly the threshold counts as
similar, as the self-instruct paper states it ("less than 0.7"); floats would decide such cases by
rounding.
"""

import re
from array import array
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

N_NEAREST = 10
STATE_BITS = 64
_BETWEEN_TOKENS = re.compile(r"[^a-z0-9]+")


def tokens(text: str) -> list[str]:
    """`rouge_score`'s tokens: lower case, cut at everything but a–z and 0–9."""
    return [token for token in _BETWEEN_TOKENS.split(text.lower()) if token]


@dataclass(frozen=True)
class Check:
    """`similar_to`: the kept text that is too similar (the first of the most similar), or None.

    Where nothing is: `nearest`, the scores of the most similar kept texts, highest first, and
    `mean`, the average over all kept texts (0.0 where none is kept).
    """

    similar_to: str | None
    nearest: dict[str, float]
    mean: float


class KeptTexts:
    """The texts kept so far, with what `check` needs to compare a new one with all of them."""

    def __init__(self, texts=()):
        self.texts: list[str] = []
        self._lengths = array("i")  # in tokens
        # word → the texts that have it, and for each a bit at every place where it stands
        self._places: dict[str, tuple[array, array]] = {}
        # The few texts of more than 64 tokens: text number → word → bits, as Python integers.
        self._long: dict[int, dict[str, int]] = {}
        for text in texts:
            self.add(text)

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, text: str) -> None:
        """Keep `text`, whatever it is similar to."""
        number, words = len(self.texts), tokens(text)
        bits: dict[str, int] = {}
        for place, word in enumerate(words):
            bits[word] = bits.get(word, 0) | 1 << place
        if len(words) > STATE_BITS:
            self._long[number] = bits
        else:
            for word, places in bits.items():
                numbers, masks = self._places.setdefault(word, (array("i"), array("Q")))
                numbers.append(number)
                masks.append(places)
        self._lengths.append(len(words))
        self.texts.append(text)

    def check(self, text: str, threshold: float = 0.7) -> Check:
        """Compare `text` with every kept text; nothing is kept by this.

        A kept text whose score is `threshold` (above 0, up to 1) or more is too similar.
        """
        words = tokens(text)
        common = self._common_subsequences(words)
        similar = self._most_similar(common, len(words), Fraction(str(threshold)))
        if similar is not None:
            return Check(self.texts[similar], {}, 0.0)
        scores = self._scores(common, len(words))
        return Check(None, self._nearest(scores), float(scores.mean()) if len(scores) else 0.0)

    def scores(self, text: str) -> np.ndarray:
        """ROUGE-L F-measure of `text` with each kept text, (number of kept texts,) float64."""
        words = tokens(text)
        return self._scores(self._common_subsequences(words), len(words))

    def _common_subsequences(self, words: list[str]) -> np.ndarray:
        """(kept texts,) length of the longest common subsequence with each of them."""
        # A zero bit at a place says that the longest common subsequence grows there.
        states = np.full(len(self.texts), 2**STATE_BITS - 1, dtype=np.uint64)
        for word in words:
            if word in self._places:
                numbers, masks = self._places[word]
                numbers = np.frombuffer(numbers, dtype=np.intc)
                before = states[numbers]
                matching = before & np.frombuffer(masks, dtype=np.uint64)
                states[numbers] = (before + matching) | (before - matching)
        common = STATE_BITS - np.bitwise_count(states).astype(np.int64)
        for number, bits in self._long.items():
            common[number] = _common_subsequence(words, bits, self._lengths[number])
        return common

    def _most_similar(self, common: np.ndarray, m: int, threshold: Fraction) -> int | None:
        """Of the kept texts with F ≥ threshold the first with the highest F; None where none has.

        F = 2L/(m+n), and n ≥ L, so F ≥ t needs L ≥ tm/(2-t): only few have to be looked at.
        """
        top, bottom = threshold.numerator, threshold.denominator
        least = max(1, -(-top * m // (2 * bottom - top)))
        candidates = np.flatnonzero(common >= least)
        similar = [
            (Fraction(2 * int(common[k]), m + self._lengths[k]), -int(k))
            for k in candidates
            if 2 * int(common[k]) * bottom >= top * (m + self._lengths[k])
        ]
        return -max(similar)[1] if similar else None

    def _scores(self, common: np.ndarray, m: int) -> np.ndarray:
        # F depends on L and n alone, and the table of all pairs is small.
        lengths = np.frombuffer(self._lengths, dtype=np.intc) if self.texts else common
        longest = int(lengths.max(initial=0))
        return _f_measures(m, longest).ravel().take(common * (longest + 1) + lengths)

    def _nearest(self, scores: np.ndarray) -> dict[str, float]:
        """The highest scores, highest first; of equal ones the text kept first comes first."""
        n = min(N_NEAREST, len(scores))
        least = np.partition(scores, -n)[-n] if n else 0.0
        above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
        chosen = np.concatenate([above, equal[: n - len(above)]])
        ranked = chosen[np.lexsort((chosen, -scores[chosen]))]
        return {self.texts[number]: float(scores[number]) for number in ranked}


def _common_subsequence(words: list[str], bits: dict[str, int], length: int) -> int:
    """As `KeptTexts._common_subsequences`, for one text of any length."""
    everywhere = (1 << length) - 1
    state = everywhere
    for word in words:
        matching = state & bits.get(word, 0)
        state = ((state + matching) | (state - matching)) & everywhere
    return length - state.bit_count()


def _f_measures(m: int, longest: int) -> np.ndarray:
    """(m+1, longest+1) F-measure for each L and n; the same steps as in `rouge_score`, so its bits.

    L = 0 gives 0, and so do m = 0 and n = 0.
    """
    common, n = np.arange(m + 1.0)[:, None], np.arange(longest + 1.0)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = common / n, common / m
        f = 2 * precision * recall / (precision + recall)
    f[0] = 0.0
    return f
