"""Rows laid end to end in one sequence, so that no arithmetic is spent on padding.

A packed micro-batch says where its rows begin and end twice over: positions restart at 0 with each
row, and `cu_seq_lens_q` holds the boundaries. It has no attention mask: with one, transformers
would let the rows see each other. Which attention honours the boundaries is decided in
`masterkey/training/batches/attention.py`.
"""

from bisect import bisect_left, insort

from masterkey.rows.encoding import IGNORED


def pack_into_bins(lengths: list[int], capacity: int) -> list[list[int]]:
    """Indices of `lengths` in bins of at most `capacity` each: best fit, longest first.

    At most one bin is half empty or more, and there are at most 11/9 of the fewest possible bins
    (plus one). Depends on nothing but the arguments; ties go to the lower index. Bins appear in
    the order in which they were opened.

    Raises `ValueError` where a length is above the capacity.
    """
    bins: list[list[int]] = []
    bins_by_space: dict[int, list[int]] = {}
    spaces: list[int] = []  # the keys of bins_by_space, ascending
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if lengths[i] > capacity:
            raise ValueError(f"Row {i} has {lengths[i]} tokens, more than {capacity}.")
        fit = bisect_left(spaces, lengths[i])
        if fit == len(spaces):
            chosen, space = len(bins), capacity
            bins.append([])
        else:
            space = spaces[fit]
            chosen = bins_by_space[space].pop()
            if not bins_by_space[space]:
                del bins_by_space[space]
                del spaces[fit]
        bins[chosen].append(i)
        left = space - lengths[i]
        if left not in bins_by_space:
            bins_by_space[left] = []
            insort(spaces, left)
        bins_by_space[left].append(chosen)
    return bins


def pack_rows(rows: list[dict], pad_to_multiple_of: int = 1) -> dict:
    """One sequence of all rows, in their order; S is the sum of their lengths, rounded up.

    `rows` hold lists or arrays `input_ids` and `labels`, in the same positions as transformers has them. The
    first label of each row becomes `IGNORED`: the token before it belongs to another row. Tokens
    that fill S up to a multiple of `pad_to_multiple_of` are a segment of their own, without labels.

    Returns input_ids, position_ids and labels (1, S), cu_seq_lens_q and cu_seq_lens_k
    (segments + 1, int32), and max_length_q and max_length_k (int).
    """
    import torch

    if not rows:
        raise ValueError("No rows to pack.")
    n_filled = -sum(len(row["input_ids"]) for row in rows) % pad_to_multiple_of
    if n_filled:
        rows = [*rows, {"input_ids": [0] * n_filled, "labels": [IGNORED] * n_filled}]
    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    boundaries = torch.nn.functional.pad(lengths.cumsum(0), (1, 0))
    starts = torch.repeat_interleave(boundaries[:-1], lengths)
    labels = _end_to_end(rows, "labels")
    labels[boundaries[:-1]] = IGNORED
    longest = int(lengths.max())
    return {
        "input_ids": _end_to_end(rows, "input_ids")[None],
        "position_ids": (torch.arange(int(boundaries[-1])) - starts)[None],
        "labels": labels[None],
        "cu_seq_lens_q": boundaries.to(torch.int32),
        "cu_seq_lens_k": boundaries.to(torch.int32),
        "max_length_q": longest,
        "max_length_k": longest,
    }


def _end_to_end(rows: list[dict], name: str):
    """The lists or arrays `name` of all rows in one new tensor (S,)."""
    import numpy as np
    import torch

    return torch.from_numpy(np.concatenate([np.asarray(row[name], np.int64) for row in rows]))
