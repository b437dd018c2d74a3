"""What a reader is told of a device's novelty: one sentence, and the nearest recipes as they were measured."""

import math
from functools import lru_cache

import numpy as np

from masterkey.regressor.novelty import (
    Comparison,
    KnownRecipes,
    compared_features,
    has_composition,
)
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    LONG_FORM,
    MDP_FIELDS,
    MDP_TARGETS,
    SHORT_FORM,
)
from masterkey.schema.targets import DECIMALS

N_NEAREST = 3
_NAMED = 3  # fields or names told in a sentence
_LONGEST_NAME = 60
OTHER_KINDS = {"tandem": "A tandem", "organic": "An organic cell"}  # as `unread.kind_of` names them
_WORTH_TELLING = 0.1  # of a field; the distance of MAPbI3 and MA0.9FA0.1PbI3 is .02

WORDS = {
    "Substrate_stack_sequence": "substrate",
    "ETL_stack_sequence": "electron-transport layer",
    "ETL_additives_compounds": "additive of the electron-transport layer",
    "ETL_deposition_procedure": "method of the electron-transport layer",
    LONG_FORM: "composition",
    "Perovskite_additives_compounds": "additive of the perovskite",
    "Perovskite_deposition_solvents": "solvent of the perovskite",
    "Perovskite_deposition_procedure": "method of the perovskite",
    ANNEALING_TEMPERATURE: "annealing temperature",
    ANNEALING_TIME: "annealing time",
    "HTL_stack_sequence": "hole-transport layer",
    "HTL_additives_compounds": "additive of the hole-transport layer",
    "HTL_deposition_procedure": "method of the hole-transport layer",
    "Backcontact_stack_sequence": "back contact",
    "Backcontact_additives_compounds": "additive of the back contact",
    "Backcontact_deposition_procedure": "method of the back contact",
    "Cell_architecture": "architecture",
    "Cell_semitransparent": "transparency",
    "cation": "cation",
    "metal": "metal",
    "halide": "halide",
}
# What is told first: chemistry, then layers, then methods and additives.
_ORDER = (
    *("metal", "halide", "cation", LONG_FORM, "HTL_stack_sequence", "ETL_stack_sequence"),
    *("Backcontact_stack_sequence", "Substrate_stack_sequence", "Cell_architecture", *WORDS),
)


def resemblance(
    known: KnownRecipes,
    device: dict[str, str],
    comparison: Comparison,
    limit: float,
    kind: str = "",
) -> dict:
    """How a device resembles the recipes; `limit` is the novelty up to which intervals are known.

    `kind` is that of `unread.kind_of`: the recipes are of single perovskite junctions.

    `sentence`; `outside`: beyond the limit; `distance`: in how many fields it differs from the
    nearest recipe (novelty.py); `farther_than`: the share of recipes nearer to their own nearest;
    `unknown`: names that no recipe has, by field; `nearest`: the nearest recipes, each with its
    `distance`, the number of its `devices`, what was `measured` (medians) and its own values of those
    fields in which it is `unlike` what the device reports.
    """
    distances = comparison.distances
    nearest = [
        _nearest(known, device, place, distances[place]) for place in _first_places(distances)
    ]
    found = {
        "outside": bool(comparison.novelty > limit),
        "distance": nearest[0]["distance"],
        "farther_than": _share_nearer(known.within, float(distances.min())),
        "unknown": comparison.unknown,
        "nearest": nearest,
    }
    start = _start(found, has_composition(device), math.isfinite(limit), kind)
    end = _told_of_nearest(nearest[0], comparison.unknown, len(known.recipes))
    return {"sentence": f"{start}; {end}."} | found


def _first_places(distances: np.ndarray) -> np.ndarray:
    """The places of the `N_NEAREST` smallest, in order; of equals the first. Sorting all takes ten times as long."""
    last = min(N_NEAREST, len(distances)) - 1
    near = np.flatnonzero(distances <= np.partition(distances, last)[last])
    return near[np.argsort(distances[near], kind="stable")][:N_NEAREST]


def _nearest(known: KnownRecipes, device: dict, place: int, distance: float) -> dict:
    recipe = known.recipes[place]
    measured = zip(MDP_TARGETS, known.measured[place], strict=True)
    return {
        "distance": round(float(distance), 2),
        "devices": int(known.counts[place]),
        "measured": {
            name: round(float(value), DECIMALS[name].written) if math.isfinite(value) else None
            for name, value in measured
        },
        "unlike": {
            field: recipe.get(field, "")
            for field in MDP_FIELDS
            if _unlike(field, device.get(field, ""), recipe.get(field, ""))
        },
    }


@lru_cache(maxsize=1 << 14)
def _unlike(field: str, given: str, known: str) -> bool:
    """Whether the device reports the field, and differs there from the recipe by a tenth or more."""
    if field == SHORT_FORM:
        return False
    own, other = (compared_features({field: value}) for value in (given, known))
    difference = sum((own.get(name, 0) - other.get(name, 0)) ** 2 for name in {*own, *other}) / 2
    return bool(own) and difference >= _WORTH_TELLING


def _share_nearer(within: np.ndarray, distance: float) -> float | None:
    """The share of recipes whose own nearest is less than `distance` away; None for a single recipe."""
    if len(within) < 2:
        return None
    return round(float(np.searchsorted(within, distance) / len(within)), 3)


def _start(found: dict, composition: bool, calibrated: bool, kind: str) -> str:
    """The first half of the sentence: what is new of the device."""
    if kind:
        begin = f"{OTHER_KINDS[kind]}, of another kind than the single perovskite junctions learned from: "
    elif not calibrated:
        begin = "Too few recipes were learned from to say how wrong this is: "
    else:
        begin = "Outside of what was learned: " if found["outside"] else ""
    if found["unknown"]:
        new = f"no training device has {_names(found['unknown'])}"
    elif found["distance"] == 0:
        new = "this recipe was learned from"
    elif found["farther_than"] is not None and found["farther_than"] >= 0.9:
        new = "every name is known, but no training device has them together"
    else:
        new = "every name is known"
    if not composition:
        new = "its composition is not reported or cannot be read"
    return begin + new if begin else new[0].upper() + new[1:]


def _names(unknown: dict[str, list[str]]) -> str:
    """'this hole-transport layer (X, Y) and this cation (Z)', the most telling ones."""
    fields = sorted(unknown, key=_ORDER.index)
    told = [f"this {WORDS[field]} ({_listed(unknown[field])})" for field in fields[:_NAMED]]
    more = len(fields) - len(told)
    return _joined(told + ([f"{more} more of its values"] if more else []), "or")


def _told_of_nearest(nearest: dict, unknown: dict, n_recipes: int) -> str:
    """The second half: the nearest recipe, what it has instead, and its efficiency."""
    pce = nearest["measured"]["PCE"]
    measured = "" if pce is None else f", PCE {pce:.{DECIMALS['PCE'].shown}f} %"
    if nearest["devices"] > 1 and measured:
        measured += f" (median of {nearest['devices']} devices)"
    if nearest["distance"] == 0:
        return f"it is one of {n_recipes} recipes{measured}"
    fields = sorted(nearest["unlike"], key=_ORDER.index)
    # The layer that is unknown is told by what stands in its place.
    instead = next((field for field in fields if field in unknown), None)
    if instead:
        own = nearest["unlike"][instead]
        has = f"has {_short(own)}" if own else f"reports no {WORDS[instead]}"
        return f"the nearest of {n_recipes} recipes {has}{measured}"
    words = [WORDS[field] for field in fields]
    more = [f"{len(words) - _NAMED} more fields"] if len(words) > _NAMED else []
    unlike = _joined(words[:_NAMED] + more, "and")
    differs = f"differs in {unlike}" if unlike else "reports more of itself"
    return f"the nearest of {n_recipes} recipes {differs}{measured}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(_short, names[:_NAMED])) + more


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _joined(words: list[str], last: str) -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
