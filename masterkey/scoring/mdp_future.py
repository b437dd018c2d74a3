"""What predicting later years costs: errors on the same rows, learned from the past or from all years."""

from dataclasses import replace

import numpy as np

from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import DECIMALS
from masterkey.scoring.mdp_files import Scored, numbered
from masterkey.scoring.mdp_scores import compare_files, score_file
from masterkey.scripting.tables import markdown_table, number_text, with_interval


def future_table(future: Scored, by_paper: Scored, papers: list[str], seed: int) -> str:
    """Per target: MAE of both, the difference, and the shares inside of the intervals, where stated.

    Both hold the same rows in the same order; `papers` [n_rows] names the paper of each, over which the
    intervals are.
    """
    units = numbered(papers)
    future, by_paper = (replace(scored, recipes=units) for scored in (future, by_paper))
    scores = [score_file(scored, seed)["targets"] for scored in (future, by_paper)]
    costs = compare_files(by_paper, future, seed)
    stated = any(np.isfinite(scored.interval).any() for scored in (future, by_paper))
    header = ["target", "n", "MAE, older papers", "MAE, split by paper", "the future costs"]
    header += ["inside interval, older papers", "split by paper"] if stated else []
    rows = [_row(name, *(own[name] for own in scores), costs[name], stated) for name in MDP_TARGETS]
    return markdown_table(header, rows)


def _row(name: str, future: dict, by_paper: dict, cost: dict | None, stated: bool) -> list[str]:
    d = DECIMALS[name].scored
    unit = f" [{TARGET_UNITS[name]}]" if TARGET_UNITS[name] else ""
    row = [f"{name}{unit}", str(future["n"])]
    row += [with_interval(own["mae"], own["mae_ci"], d) for own in (future, by_paper)]
    row.append(with_interval(cost["mae_difference"], cost["ci"], d, sign="+") if cost else "–")
    if stated:
        row += [
            number_text((own["interval"] or {}).get("coverage"), 3) for own in (future, by_paper)
        ]
    return row
