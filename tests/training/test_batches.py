"""Steps and micro-batches: each row once, within the budget, the same rows for any arrangement."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.rows.encoding import IGNORED
from masterkey.scripting.command_line import UserError
from masterkey.training import run as training_run
from masterkey.training.batches.collators import AnswerCollator
from masterkey.training.batches.steps import PASS_COST, Arrangement, StepSampler, arrange
from masterkey.training.flags.arguments import DataArguments

row_lengths = st.lists(st.integers(1, 100), min_size=1, max_size=60)


def steps_of(lengths, arrangement, **settings):
    answers = np.asarray([max(1, length // 2) for length in lengths])
    samplers = [
        StepSampler(np.asarray(lengths), answers, arrangement, process=process, **settings)
        for process in range(arrangement.n_processes)
    ]
    return list(zip(*map(list, samplers), strict=True))


def rows_of(shares) -> list[int]:
    return sorted(row for share in shares for batch in share.micro_batches for row in batch)


@settings(max_examples=200, deadline=None)
@given(row_lengths, st.integers(1, 4), st.integers(1, 20), st.booleans(), st.sampled_from([1, 16]))
def test_every_row_is_fed_once_an_epoch_and_no_pass_exceeds_the_budget(
    lengths, n_processes, rows_per_step, packed, pad_to
):
    arrangement = Arrangement(rows_per_step, 160, packed, pad_to, n_processes)
    steps = steps_of(lengths, arrangement)
    assert sorted(row for shares in steps for row in rows_of(shares)) == list(range(len(lengths)))
    for shares in steps:
        assert len({len(share.micro_batches) for share in shares}) == 1, "processes would wait"
        for batch in (batch for share in shares for batch in share.micro_batches if batch):
            tokens = sum(lengths[row] for row in batch)
            padded = len(batch) * max(lengths[row] for row in batch)
            assert (tokens if packed else padded) <= 160


@settings(max_examples=50, deadline=None)
@given(row_lengths, st.integers(1, 20))
def test_rows_and_answer_tokens_of_a_step_hang_neither_on_packing_nor_on_processes(lengths, size):
    alone = steps_of(lengths, Arrangement(size, 100))
    shared = steps_of(lengths, Arrangement(size, 300, packed=True, n_processes=3))
    assert [rows_of(shares) for shares in alone] == [rows_of(shares) for shares in shared]
    for (one,), three in zip(alone, shared, strict=True):
        assert {share.n_answer_tokens for share in three} == {one.n_answer_tokens}
        assert sorted(three[0].lengths) == sorted(one.lengths)


def test_a_step_too_small_for_all_processes_gives_some_an_empty_pass():
    (shares,) = steps_of([5], Arrangement(8, 10, n_processes=3))
    assert sorted(share.micro_batches for share in shares) == [[[]], [[]], [[0]]]
    assert all(share.n_answer_tokens == 2 for share in shares)


def test_epochs_are_shuffled_differently_and_the_same_epoch_equally():
    sampler = StepSampler(np.full(64, 3), np.full(64, 1), Arrangement(8, 30), seed=5)
    first = [step.micro_batches for step in sampler]
    assert [step.micro_batches for step in sampler] == first
    sampler.set_epoch(1)
    assert [step.micro_batches for step in sampler] != first


def test_packed_passes_that_run_at_the_same_time_are_alike_in_size():
    lengths = np.random.default_rng(0).integers(50, 400, 128)
    arrangement = Arrangement(128, 8192, packed=True, n_processes=4)
    assert 3 < lengths.sum() / 8192 < 4  # three full batches and a part of one would hold them
    sizes = [lengths[batch].sum() for batch in arrange(list(range(128)), lengths, arrangement)]
    assert len(sizes) == 4
    assert max(sizes) < 1.01 * min(sizes)


def test_without_shuffling_rows_come_in_their_order():
    sampler = StepSampler(np.full(6, 3), np.full(6, 1), Arrangement(2, 30), shuffle=False)
    assert [rows_of([step]) for step in sampler] == [[0, 1], [2, 3], [4, 5]]


def test_padded_micro_batches_hold_rows_of_like_length():
    lengths = [10, 90, 11, 88, 12, 91]
    batches = arrange(range(6), lengths, Arrangement(6, 273))
    assert sorted(map(sorted, batches)) == [[0, 2, 4], [1, 3, 5]]


def test_long_and_short_rows_are_padded_apart_where_that_saves_more_than_a_pass_costs():
    lengths = [2000, 1900, 300, 280]
    assert arrange(range(4), lengths, Arrangement(4, 8192)) == [[0, 1], [2, 3]]
    lengths = [200, 190, 100, 90]
    assert arrange(range(4), lengths, Arrangement(4, 8192)) == [[0, 1, 2, 3]]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=7), st.integers(900, 4000))
def test_no_other_division_of_padded_rows_in_order_of_length_costs_less(lengths, budget):
    def cost(batches):
        return sum(PASS_COST + len(batch) * max(lengths[row] for row in batch) for batch in batches)

    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    batches = arrange(range(len(lengths)), lengths, Arrangement(len(lengths), budget))
    assert sorted(row for batch in batches for row in batch) == sorted(order)
    for cuts in itertools.product([True, False], repeat=len(order) - 1):
        others = [[order[0]]]
        for row, cut in zip(order[1:], cuts, strict=True):
            others.append([row]) if cut else others[-1].append(row)
        if all(len(batch) * lengths[batch[0]] <= budget for batch in others):
            assert cost(batches) <= cost(others)


def test_slots_count_padding():
    (shares,) = steps_of([10, 6], Arrangement(2, 40, pad_to=8))
    assert shares[0].n_slots == 32
    (shares,) = steps_of([10, 6], Arrangement(2, 40, packed=True, pad_to=8))
    assert shares[0].n_slots == 16


def test_a_row_above_the_budget_is_refused_with_both_numbers():
    with pytest.raises(UserError, match="--tokens_per_batch 50: the longest row has 51 tokens"):
        StepSampler(np.asarray([51, 3]), np.asarray([1, 1]), Arrangement(2, 50))


def test_evaluation_rows_above_the_budget_are_refused_before_the_first_step(monkeypatch):
    lengths = {"train.json": [50, 3], "eval.json": [51]}

    def tokenised(paths, *_):
        return SimpleNamespace(lengths=np.asarray(lengths[paths[0]]))

    monkeypatch.setattr(training_run, "tokenised_rows", tokenised)
    data = DataArguments(data_path=["train.json"], eval_data_path="eval.json")
    with pytest.raises(UserError, match="the longest row has 51 tokens"):
        training_run.training_rows(data, 50, None, None, None)
    rows = training_run.training_rows(data, 51, None, None, None)
    assert rows.keys() == {"train", "eval"}


def test_padding_is_masked_and_takes_no_part_in_the_loss(byte_tokenizer):
    short = {"input_ids": [1, 65, 66], "labels": [IGNORED, 65, 66]}
    long = {"input_ids": [1, 65, 66, 67, 68], "labels": [IGNORED, IGNORED, 66, 67, 68]}
    batch = AnswerCollator(byte_tokenizer, pad_to=4)([short, long])
    assert batch["input_ids"].shape == batch["labels"].shape == (2, 8)
    assert batch["attention_mask"].sum(1).tolist() == [3, 5]
    assert batch["labels"][0, 3:].eq(IGNORED).all()
    assert batch["input_ids"][0, :3].tolist() == short["input_ids"]
    assert batch["labels"][1, :5].tolist() == long["labels"]
