"""What to know of data files before believing a score on them; every function returns JSON-ready dicts.

Rows are named by their number in the file, counted from 0.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from masterkey.audit.irregular_rows import irregularities
from masterkey.audit.overlap import N_WORDS, Overlaps, overlaps
from masterkey.rows.predictions import parse_answer
from masterkey.rows.prompts import build_prompt
from masterkey.rows.records import Row, model_text, recipe_of
from masterkey.schema import fields as schema
from masterkey.schema.targets import number_table
from masterkey.scoring.mdp_files import numbered
from masterkey.scoring.mdp_scores import noise_floor

CHARACTERS_PER_TOKEN = 4
N_PERMUTATIONS = 2000
LISTED_PAIRS = 1000


# --- inputs that occur more than once ------------------------------------------------------------


def repeated_inputs(rows: Sequence[Row], threshold: float) -> dict:
    """Equal inputs (blanks folded) within a file, and pairs of others that overlap.

    `n_near` pairs of different inputs have a containment of `threshold` or more; the highest of
    them are in `near`. A repeated input is named by its first row.
    """
    places = _places(rows)
    repeated = [numbers for numbers in places.values() if len(numbers) > 1]
    firsts = [numbers[0] for numbers in places.values()]
    pairs = overlaps(list(places), threshold=threshold)
    return {
        "n_distinct": len(places),
        "identical": repeated,
        "n_rows_with_a_copy": sum(map(len, repeated)),
        **_near(pairs, firsts, firsts, threshold),
    }


def shared_inputs(rows: Sequence[Row], others: Sequence[Row], threshold: float) -> dict:
    """Inputs of `others` that stand in `rows` too, and pairs (row, other row) that overlap."""
    places, other_places = _places(rows), _places(others)
    common = [text for text in places if text in other_places]
    texts = [text for text in places if text not in other_places]
    other_texts = [text for text in other_places if text not in places]
    firsts = [places[text][0] for text in texts]
    other_firsts = [other_places[text][0] for text in other_texts]
    pairs = overlaps(texts, other_texts, threshold=threshold)
    return {
        "identical": [[places[text], other_places[text]] for text in common],
        "n_rows_identical": sum(len(other_places[text]) for text in common),
        **_near(pairs, firsts, other_firsts, threshold),
    }


def _places(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Input → numbers of its rows; empty inputs are irregular rows, not copies."""
    places: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.input.strip():
            places[_folded(row.input)].append(row.number)
    return places


def _folded(text: str) -> str:
    return " ".join(text.split())


def _near(pairs: Overlaps, rows: list[int], others: list[int], threshold: float) -> dict:
    return {
        "threshold": threshold,
        "n_words": N_WORDS,
        "n_near": len(pairs),
        "near": [
            {
                "rows": [rows[pairs.first[k]], others[pairs.second[k]]],
                "containment": round(float(pairs.containment[k]), 4),
                "n_shared": int(pairs.n_shared[k]),
            }
            for k in range(min(len(pairs), LISTED_PAIRS))
        ],
    }


# --- MDP recipes ---------------------------------------------------------------------------------


def repeated_recipes(rows: Sequence[Row]) -> dict:
    """Recipes that occur more than once, and how far their measured values lie apart.

    Per target: `mae` is the noise floor (mean absolute deviation from the recipe's median) and `sd`
    the standard deviation inside repeated recipes, pooled (n − 1 per recipe).
    """
    recipes = numbered([recipe_of(row.input) for row in rows])
    sizes = np.bincount(recipes)
    table = number_table([parse_answer("mdp", row.output) for row in rows])
    floor = noise_floor(table, recipes)
    for column, name in enumerate(schema.MDP_TARGETS):
        floor[name]["sd"] = _pooled_sd(table[:, column], recipes)
    return {
        "n_recipes": len(sizes),
        "n_repeated": int((sizes > 1).sum()),
        "n_rows_repeated": int(sizes[sizes > 1].sum()),
        "most_repeated": int(sizes.max()),
        "noise_floor": floor,
        "one_field_apart": one_field_apart(rows),
    }


def _pooled_sd(values: np.ndarray, recipes: np.ndarray) -> float | None:
    squares, freedom = 0.0, 0
    for recipe in np.unique(recipes):
        own = values[(recipes == recipe) & np.isfinite(values)]
        if len(own) > 1:
            squares += float(((own - own.mean()) ** 2).sum())
            freedom += len(own) - 1
    return (squares / freedom) ** 0.5 if freedom else None


def one_field_apart(rows: Sequence[Row], others: Sequence[Row] | None = None) -> int:
    """How many recipes of `others` (or of `rows`) have one among `rows` that differs in one field.

    The near-duplicates of MDP: word sequences would find the field names, which all rows share.
    """
    recipes = {_values(row) for row in rows}
    asked = recipes if others is None else {_values(row) for row in others}
    found = set()
    for place in range(len(schema.MDP_FIELDS)):
        without: dict[tuple, set[str]] = defaultdict(set)
        for recipe in recipes:
            without[recipe[:place] + recipe[place + 1 :]].add(recipe[place])
        for recipe in asked - found:
            if without.get(recipe[:place] + recipe[place + 1 :], set()) - {recipe[place]}:
                found.add(recipe)
    return len(found)


def _values(row: Row) -> tuple[str, ...]:
    fields = schema.parse_mdp_input(row.input)
    return tuple(_folded(fields.get(name, "")) for name in schema.MDP_FIELDS)


def shared_recipes(rows: Sequence[Row], others: Sequence[Row]) -> dict:
    """Recipes of `others` that stand in `rows` too."""
    known, asked = ({_values(row) for row in side} for side in (rows, others))
    return {
        "n_recipes": len(asked),
        "n_shared": len(asked & known),
        "n_rows_shared": sum(_values(row) in known for row in others),
        "one_field_apart": one_field_apart(rows, others),
    }


# --- SII answers against their texts ---------------------------------------------------------------


def answers_in_text(rows: Sequence[Row]) -> dict[str, dict]:
    """Per field: number of reported answers, and the share that the paper's text holds.

    By whole words and by the value of numbers (masterkey/schema/evidence.py). `share` is that of answers
    of which every part occurs, `share_of_parts` that of parts. Fields of TRUE and FALSE are left
    out: no paper states them so.
    """
    from tqdm import tqdm

    from masterkey.schema.evidence import find_value
    from masterkey.schema.values import BOOLEAN_FIELDS

    found: dict[str, list[list[bool]]] = defaultdict(list)
    for row in tqdm(rows, desc="answers in their texts", delay=2):
        for field, value in (parse_answer("sii", row.output) or {}).items():
            parts = find_value(field, value, row.input)
            if parts and field not in BOOLEAN_FIELDS:
                found[field].append([bool(places) for places in parts.values()])
    return {
        field: {
            "n": len(found[field]),
            "share": float(np.mean([all(parts) for parts in found[field]])),
            "share_of_parts": float(np.mean([part for parts in found[field] for part in parts])),
        }
        for field in schema.SII_FIELDS
        if found[field]
    }


# --- rows --------------------------------------------------------------------------------------------


def irregular_rows(rows: Sequence[Row], task: str) -> dict:
    """Everything odd: `rows` in file order, and in `kinds` the number of rows of each kind."""
    odd = [
        {"row": row.number, "id": row.id, "kind": kind, "found": found}
        for row in rows
        for kind, found in irregularities(row, task)
    ]
    kinds = Counter(kind for _, kind in {(item["row"], item["kind"]) for item in odd})
    return {"n_rows": len({item["row"] for item in odd}), "kinds": dict(kinds), "rows": odd}


def context_lengths(
    rows: Sequence[Row], max_length: int, count_tokens: Callable[[list[str]], list[int]] | None
) -> dict:
    """Tokens of prompt (alpaca) and answer per row, against a context of `max_length`.

    `count_tokens` gives the exact numbers of tokens of texts, to which BOS and EOS are added; without
    it they are estimated as characters / 4. `exceeding` rows do not fit; of these, `without_answer`
    are rows whose prompt alone fills the context, so that cutting at the end leaves no answer.
    """
    texts = [model_text(row) for row in rows]
    prompts = [
        build_prompt("alpaca", row.instruction, input).text()
        for row, (input, _) in zip(rows, texts, strict=True)
    ]
    count = count_tokens or (lambda texts: [len(t) / CHARACTERS_PER_TOKEN for t in texts])
    n_prompt = np.array(count(prompts)) + 1
    total = n_prompt + np.array(count([output or "" for _, output in texts])) + 1
    return {
        "max_length": max_length,
        "counted": "tokens" if count_tokens else "estimate: characters / 4",
        "median": float(np.median(total)),
        "longest": float(total.max()),
        "longest_row": rows[int(total.argmax())].number,
        "exceeding": [rows[i].number for i in np.flatnonzero(total > max_length)],
        "without_answer": [rows[i].number for i in np.flatnonzero(n_prompt >= max_length)],
    }


# --- class balance -----------------------------------------------------------------------------------


def class_counts(rows: Sequence[Row], task: str) -> dict[str, dict[str, int]]:
    """Per closed-vocabulary field the number of rows (MDP: of recipes) with each value."""
    if task == "sii":
        devices = [parse_answer("sii", row.output) or {} for row in rows]
    else:
        devices = [
            dict(zip(schema.MDP_FIELDS, values, strict=True))
            for values in sorted({_values(row) for row in rows})
        ]
    counts = {
        field: Counter(device[field].strip() for device in devices if field in device)
        for field in schema.CLOSED_FIELDS
    }
    return {field: dict(of.most_common()) for field, of in counts.items() if of}


def class_balance(counts: dict[str, dict], others: dict[str, dict], seed: int) -> dict[str, dict]:
    """Per field: both files' shares of values, how far they lie apart, and whether chance does that.

    `distance` is the total variation distance, 0 for equal shares and 1 for no value in common;
    `p` how often as large a distance comes about when the rows of both are dealt out at random.
    """
    generator = np.random.default_rng(seed)
    return {
        field: _balance(counts[field], others[field], generator)
        for field in counts
        if field in others
    }


def _balance(counts: dict[str, int], others: dict[str, int], generator) -> dict:
    values = list(counts | others)
    first = np.array([counts.get(value, 0) for value in values])
    second = np.array([others.get(value, 0) for value in values])
    both = first + second
    dealt = generator.multivariate_hypergeometric(both, second.sum(), size=N_PERMUTATIONS)
    distances = _distance(both - dealt, dealt)
    distance = float(_distance(first, second))
    as_far = int((distances >= distance - 1e-12).sum())
    return {
        "first": dict(zip(values, (first / first.sum()).tolist(), strict=True)),
        "second": dict(zip(values, (second / second.sum()).tolist(), strict=True)),
        "distance": distance,
        "p": (1 + as_far) / (1 + N_PERMUTATIONS),
    }


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Half the summed differences of the shares; counts in the last axis."""
    shares = [counts / counts.sum(axis=-1, keepdims=True) for counts in (first, second)]
    return np.abs(shares[0] - shares[1]).sum(axis=-1) / 2
