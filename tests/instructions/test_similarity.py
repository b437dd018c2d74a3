"""The similarity filter: equal to rouge_score, exact at the threshold, exact in what it records."""

import json
import random
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import similarity_filter
from hypothesis import given
from hypothesis import strategies as st

from masterkey.instructions.rouge import KeptTexts, tokens

ROOT = Path(__file__).resolve().parents[2]
# Few different words, so that texts share many; some need the tokenizer's care.
WORDS = st.sampled_from(
    "the a of film films Film heat PbI2 0.5 spin-coated Jsc % – İ K é _ don't".split()
)
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)
LONG_TEXTS = st.lists(WORDS, min_size=40, max_size=200).map(" ".join)


@cache
def scorer():
    from rouge_score import rouge_scorer  # takes seconds, of each worker that collects

    return rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)


def published(a: str, b: str) -> float:
    return scorer().score(a, b)["rougeL"].fmeasure


def ours(a: str, b: str) -> float:
    return KeptTexts([b]).scores(a).item()


def invented(n: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [similarity_filter.invented_instruction(draw) for _ in range(n)]


@given(st.text() | TEXTS)
def test_tokens_are_those_of_rouge_score(text):
    assert tokens(text) == scorer()._tokenizer.tokenize(text)


@given(TEXTS | st.text(), TEXTS | st.text())
def test_score_equals_rouge_score_on_random_pairs(a, b):
    assert ours(a, b) == published(a, b)


@pytest.mark.slow
@given(LONG_TEXTS, LONG_TEXTS | TEXTS)
def test_score_equals_rouge_score_beyond_64_tokens(a, b):
    assert ours(a, b) == ours(b, a) == published(a, b)


@pytest.mark.parametrize("n_tokens", [63, 64, 65])
def test_texts_as_long_as_a_machine_word_compare_right(n_tokens):
    words = [f"w{n}" for n in range(n_tokens)]
    text = " ".join(words)
    for other in (text, " ".join(reversed(words)), " ".join(words[1:]), " ".join(words * 2)):
        assert ours(other, text) == published(other, text)


def test_score_equals_rouge_score_on_seed_tasks_and_invented_instructions():
    lines = (ROOT / "data" / "seed_tasks.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["instruction"] for line in lines] + invented(100)
    kept = KeptTexts(texts)
    for text in texts[::7]:
        assert kept.scores(text).tolist() == [published(text, other) for other in texts]


def test_score_equals_rouge_score_on_sentences_of_papers(shared_data):
    rows = json.loads((shared_data / "sii360.json").read_text(encoding="utf-8"))
    sentences = [sentence for row in rows[:40] for sentence in row["input"].split(". ")]
    pairs = list(pairwise(random.Random(0).sample(sentences, 300)))
    assert [ours(a, b) for a, b in pairs] == [published(a, b) for a, b in pairs]


@given(st.lists(TEXTS, max_size=25), TEXTS)
def test_check_records_what_all_scores_say(texts, new):
    scores = [published(new, text) for text in texts]
    found = KeptTexts(texts).check(new, threshold=1.0)
    if max(scores, default=0.0) == 1.0:
        assert found.similar_to == texts[scores.index(1.0)]
        return
    assert found.similar_to is None
    assert found.mean == (float(np.mean(scores)) if scores else 0.0)
    ranked = sorted(range(len(texts)), key=lambda number: (-scores[number], number))[:10]
    assert list(found.nearest.items()) == list({texts[n]: scores[n] for n in ranked}.items())


@given(st.lists(TEXTS, max_size=8), TEXTS, st.integers(1, 20).map(lambda n: n / 20))
def test_a_text_is_too_similar_from_the_threshold_on_exactly(texts, new, threshold):
    def exact(text: str) -> Fraction:
        m, n = len(tokens(new)), len(tokens(text))
        # The package gives L as recall · m; both are small, so rounding undoes the division.
        common = round(scorer().score(new, text)["rougeL"].recall * m)
        return Fraction(2 * common, m + n) if common else Fraction(0)

    scores = [exact(text) for text in texts]
    found = KeptTexts(texts).check(new, threshold)
    if max(scores, default=Fraction(0)) >= Fraction(str(threshold)):
        assert found.similar_to == texts[scores.index(max(scores))]
    else:
        assert found.similar_to is None


def test_a_score_of_exactly_the_threshold_is_too_similar():
    kept = KeptTexts(["a b c d e f g x y z"])
    assert kept.check("a b c d e f g 1 2 3").similar_to  # 7 of 10 words: 0.7
    assert not kept.check("a b c d e f 0 1 2 3").similar_to


def test_a_text_without_words_is_similar_to_nothing():
    kept = KeptTexts(["", "词语", "a film"])
    for text in ("", "词语"):
        found = kept.check(text)
        assert (found.similar_to, found.mean, set(found.nearest.values())) == (None, 0.0, {0.0})


def test_texts_kept_later_are_compared_with_too():
    kept = KeptTexts()
    for text in invented(300):
        assert kept.check(text).similar_to != text
        kept.add(text)
        assert kept.check(text).similar_to is not None
    assert len(kept) == 300


@pytest.mark.slow
def test_the_benchmark_measures_both_ways_on_equal_scores(tmp_path, capsys):
    path = tmp_path / "result.json"
    similarity_filter.main(
        similarity_filter.Arguments(sizes=[20], n_new=5, n_new_published=1, output_path=str(path))
    )
    result = json.loads(path.read_text())["results"][0]
    assert result["ours"]["n_new"] == 5
    assert 0 < result["ours"]["median_ms"] <= result["ours"]["p99_ms"]
    assert result["published"]["n_new"] == 1
    assert "20 kept, published" in capsys.readouterr().out
