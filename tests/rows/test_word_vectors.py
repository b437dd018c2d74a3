"""Word vectors: what NumPy makes of texts, and answers of new ones, is what scikit-learn would."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from masterkey.rows.word_vectors import NAMES, WORD_PAIRS, WordVectors

TEXTS = [
    "SnO2 was spin-coated at 3000 rpm on FTO, then MAPbI3 (1.2 M) at 4000 rpm",
    "PEDOT:PSS was spin-coated on ITO, then MAPbI3 in DMF at 4000 rpm",
    "TiO2 by spray pyrolysis on FTO; MAPbI3 in DMF and DMSO; Spiro-MeOTAD",
    "C60 was evaporated on MAPbI3, SnO2 was not",
]
NEW = [TEXTS[0], "TiO2 on FTO, MAPbI3 MAPbI3 MAPbI3 at 4000 rpm in DMF", "", "Unheard of"]


@pytest.mark.parametrize("kind", [WORD_PAIRS, NAMES])
def test_cosines_are_those_of_scikit_learn(kind):
    vectorizer = TfidfVectorizer(min_df=2, **kind)
    expected = vectorizer.fit_transform(TEXTS)
    vectors = WordVectors.fit(kind, TEXTS)
    assert vectors.words == list(vectorizer.get_feature_names_out())
    found = vectors.cosines(kind, NEW)
    assert found == pytest.approx((vectorizer.transform(NEW) @ expected.T).toarray(), abs=1e-12)
    assert found[0].argmax() == 0
    assert vectors.among_themselves() == pytest.approx((expected @ expected.T).toarray())


@pytest.mark.parametrize("kind", [WORD_PAIRS, NAMES])
@pytest.mark.parametrize("texts", [TEXTS, [*TEXTS, ""], TEXTS[:1]])
def test_arrays_are_those_of_scikit_learn_to_the_last_bit(kind, texts):
    vectorizer = TfidfVectorizer(min_df=min(2, len(texts)), **kind)
    expected = vectorizer.fit_transform(texts)
    vectors = WordVectors.fit(kind, texts)
    pairs = [(vectors.weights, vectorizer.idf_)]
    pairs += [(getattr(vectors, own), getattr(expected, own)) for own in ("data", "indices", "indptr")]  # fmt: skip
    for own, theirs in pairs:
        assert own.dtype == theirs.dtype
        assert own.tobytes() == theirs.tobytes()


def test_texts_without_common_words_resemble_nothing():
    vectors = WordVectors.fit(WORD_PAIRS, ["one", "two"])
    vectors.check()
    assert not vectors.cosines(WORD_PAIRS, ["one", ""]).any()
    assert vectors.among_themselves().shape == (2, 2)


@pytest.mark.parametrize(
    "broken",
    [
        {"weights": np.ones(1)},
        {"indptr": np.array([0, 2])},
        {"indptr": np.array([0, 3, 2, 1])},
        {"indices": np.array([0, 1, 9])},
        {"data": np.ones((3, 1))},
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(broken):
    sound = {
        "words": ["a", "b"],
        "weights": np.ones(2),
        "data": np.ones(3),
        "indices": np.array([0, 1, 0]),
        "indptr": np.array([0, 2, 3]),
    }
    WordVectors(**sound).check()
    with pytest.raises(ValueError, match=r"do not|lies outside"):
        WordVectors(**sound | broken).check()
