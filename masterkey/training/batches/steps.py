"""Which rows make an optimizer step, and how a process feeds them: micro-batches under a token budget.

The rows of a step depend on the seed, the epoch and the number of rows a step alone. Packing, the
token budget and the number of processes only arrange them, so that runs on one process and on many
see the same steps, and their losses can be compared.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masterkey.scripting.command_line import UserError

# A forward and backward pass more takes about as long as so many tokens more: 64 and 1,024 were
# slower on 2 CPU cores (docs/experiments.md), other devices were not measured.
PASS_COST = 256


@dataclass(frozen=True)
class Step:
    """The share of one process in an optimizer step.

    `micro_batches` holds row numbers of the data set; each is one forward and backward pass. An
    empty one is fed as a wholly masked row, so that every process makes as many passes as the
    others: sharded processes wait for each other in each pass.
    """

    micro_batches: list[list[int]]
    # Of the whole step, on all processes:
    n_answer_tokens: int  # what the loss is divided by
    lengths: list[int]  # tokens of each row
    n_slots: int  # tokens fed, padding included


@dataclass(frozen=True)
class Arrangement:
    """How the rows of a step are arranged."""

    rows_per_step: int  # on all processes
    tokens_per_batch: int  # at most, padding included, in one pass of one process
    packed: bool = False
    pad_to: int = 1  # padded rows are as long as the next multiple of this
    n_processes: int = 1


class StepSampler:
    """Steps of an epoch, in an order shuffled by seed and epoch; a `batch_sampler` of a DataLoader.

    `lengths` and `answer_lengths` are the tokens of each row and of its answer.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        answer_lengths: np.ndarray,
        arrangement: Arrangement,
        *,
        process: int = 0,
        seed: int = 0,
        shuffle: bool = True,
    ):
        refuse_small_budget(lengths, arrangement.tokens_per_batch)
        self.lengths = np.asarray(lengths)
        self.answer_lengths = np.asarray(answer_lengths)
        self.arrangement = arrangement
        self.process = process
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.arrangement.rows_per_step)

    def __iter__(self) -> Iterator[Step]:
        order = np.arange(len(self.lengths))
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        size = self.arrangement.rows_per_step
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            micro_batches = arrange(rows.tolist(), self.lengths, self.arrangement)
            yield Step(
                micro_batches[self.process :: self.arrangement.n_processes],
                n_answer_tokens=int(self.answer_lengths[rows].sum()),
                lengths=self.lengths[rows].tolist(),
                n_slots=sum(
                    _n_slots(batch, self.lengths, self.arrangement) for batch in micro_batches
                ),
            )


def refuse_small_budget(lengths, tokens_per_batch: int) -> None:
    if max(lengths) > tokens_per_batch:
        raise UserError(
            f"--tokens_per_batch {tokens_per_batch}: the longest row has {max(lengths)} tokens; "
            "raise it, or lower --model_max_length."
        )


def arrange(rows: list[int], lengths, arrangement: Arrangement) -> list[list[int]]:
    """Micro-batches of a step, a multiple of the number of processes, the largest first.

    Neighbours in the list are alike in size and run at the same time on different processes.
    """
    by_length = sorted(rows, key=lambda row: (-lengths[row], row))
    fill = _packed if arrangement.packed else _padded
    batches = fill(by_length, lengths, arrangement)
    while len(batches) % arrangement.n_processes:
        largest = max(batches, key=len)
        if len(largest) < 2:
            batches.append([])
            continue
        batches.remove(largest)
        # Every other row: both halves keep long and short rows, and so their share of the tokens.
        batches += [largest[::2], largest[1::2]]
    if arrangement.packed:
        batches = _evened(by_length, lengths, arrangement.tokens_per_batch, batches)
    return sorted(batches, key=lambda batch: -_n_slots(batch, lengths, arrangement))


def _packed(by_length: list[int], lengths, arrangement: Arrangement) -> list[list[int]]:
    from masterkey.training.batches.packing import pack_into_bins

    bins = pack_into_bins([int(lengths[row]) for row in by_length], arrangement.tokens_per_batch)
    return [[by_length[position] for position in bin] for bin in bins]


def _evened(
    by_length: list[int], lengths, budget: int, batches: list[list[int]]
) -> list[list[int]]:
    """As many batches, alike in tokens: full ones beside a half empty one would let processes wait.

    Each row, the longest first, goes to the batch with the fewest tokens (Graham's LPT rule). The
    given `batches` where one would then exceed the budget.
    """
    evened: list[list[int]] = [[] for _ in batches]
    loads = [(0, i) for i in range(len(batches))]
    for row in by_length:
        tokens, i = heapq.heappop(loads)
        evened[i].append(row)
        heapq.heappush(loads, (tokens + int(lengths[row]), i))
    return evened if max(loads)[0] <= budget else batches


def _padded(by_length: list[int], lengths, arrangement: Arrangement) -> list[list[int]]:
    """Neighbours in length together, padded to the longest, as many as the budget holds at most.

    Of all such divisions the one with the fewest tokens, where each pass counts as `PASS_COST` more.
    """
    padded = [_next_multiple(int(lengths[row]), arrangement.pad_to) for row in by_length]
    # cheapest[i]: (cost of the rows from i on, where the first batch of them ends)
    cheapest: list[tuple[int, int]] = [(0, 0)] * (len(by_length) + 1)
    for i in reversed(range(len(by_length))):
        most = max(1, arrangement.tokens_per_batch // padded[i])
        cheapest[i] = min(
            (PASS_COST + (end - i) * padded[i] + cheapest[end][0], -end)
            for end in range(i + 1, min(i + most, len(by_length)) + 1)
        )
        cheapest[i] = (cheapest[i][0], -cheapest[i][1])
    batches, start = [], 0
    while start < len(by_length):
        end = cheapest[start][1]
        batches.append(by_length[start:end])
        start = end
    return batches


def _n_slots(batch: list[int], lengths, arrangement: Arrangement) -> int:
    """Tokens of a micro-batch as fed, padding included."""
    if not batch:
        return 0
    if arrangement.packed:
        return _next_multiple(int(sum(lengths[row] for row in batch)), arrangement.pad_to)
    return len(batch) * _next_multiple(int(max(lengths[row] for row in batch)), arrangement.pad_to)


def _next_multiple(n: int, step: int) -> int:
    return -(-n // step) * step
