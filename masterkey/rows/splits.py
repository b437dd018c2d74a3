"""Stable train/test splits of one file: by a hash of the row, recipes of MDP rows kept together."""

import hashlib

from masterkey.rows.records import Row, recipe_of


def stable_split(rows: list[Row], task: str, n_test: int) -> tuple[list[Row], list[Row]]:
    """(train, test) in file order, `n_test` test rows; the same rows always give the same split.

    The unit is the paper's text for SII, the recipe for MDP (rows of one recipe are repeated
    measurements). Units are taken in the order of their hash, each whole, unless it would exceed
    `n_test`; so the test part may fall short of `n_test` where only large units are left.
    """
    units: dict[str, list[Row]] = {}
    for row in rows:
        units.setdefault(recipe_of(row.input) if task == "mdp" else row.input, []).append(row)
    test: set[int] = set()
    for unit in sorted(units, key=_digest):
        if len(test) + len(units[unit]) <= n_test:
            test |= {row.number for row in units[unit]}
    return (
        [row for row in rows if row.number not in test],
        [row for row in rows if row.number in test],
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
