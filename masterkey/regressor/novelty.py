"""Is a device like those learned from? Its distance to the nearest recipe, and names that none of them has.

The distance of two devices counts the fields in which they differ: a field without a common part
counts 1, one that only one of both reports ½, stacks that share a layer something between. Of the
composition the cations, the metals and the halides count three each, since no other field says more
of how wrong a prediction is (docs/mdp.md). It is half of the squared Euclidean distance of vectors
in which each field has length 1.

    known = KnownRecipes.of(devices, targets)
    [comparison] = known.compared([device])  # its distances to each recipe, {"HTL_stack_sequence": ["Me-4PACz"]}, its novelty
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from masterkey.regressor.features import (
    NAMED_FIELDS,
    composition_features,
    device_features,
    remembered,
)
from masterkey.regressor.leave_outs import LAYERS
from masterkey.rows.records import recipe_of
from masterkey.schema.fields import (
    ANNEALING_TEMPERATURE,
    ANNEALING_TIME,
    MDP_FIELDS,
    SHORT_FORM,
    format_mdp_input,
    is_reported,
)

SITES = ("cation", "metal", "halide")
SITE_WEIGHT = 3.0
# What counts as quite another annealing: 50 °C, half a factor of ten in time.
_TEMPERATURE_STEP, _TIME_STEP = 50.0, 0.5
# Parts of a device that may be of a material that no recipe has. What is left out for calibration is one
# kind of name at a time; three new materials come together in a twentieth of it (docs/mdp.md).
MOST_NEW_MATERIALS = 2
# Devices from which on SciPy is faster, its import included, and the distances that it gives at once.
_WORTH_SCIPY, _NUMBERS_AT_ONCE = 100, 1 << 22
_OF_A_PAIR = ((0, np.int32), (1, np.float64))
_MATERIALS = {
    **{field: field for field in (*LAYERS, "Perovskite_additives_compounds")},
    **dict.fromkeys(SITES, "composition"),
}
# The short form repeats the long one.
_COMPARED = frozenset(NAMED_FIELDS) - {SHORT_FORM}


@dataclass(frozen=True)
class Comparison:
    """A device beside the recipes: `distances` [n_recipes], `unknown` names by field, and its novelty.

    `novelty` is the distance to the nearest recipe. It is infinite where the chemistry is another (a
    metal or a halide that no recipe has, or no composition that can be read), and where more than
    `MOST_NEW_MATERIALS` are new.
    """

    distances: np.ndarray
    unknown: dict[str, list[str]]
    novelty: float


@dataclass(frozen=True)
class KnownRecipes:
    """The distinct recipes learned from, with what was measured of them.

    `recipes` are their reported fields; `measured` [n_recipes, 4] the medians of their devices (NaN
    where not known), `counts` [n_recipes] the number of devices. The vectors stand by name:
    `names[i]` has the weights `weights[starts[i]:starts[i + 1]]` in the recipes `places[…]`.
    """

    recipes: list[dict[str, str]]
    measured: np.ndarray
    counts: np.ndarray
    names: list[str]
    starts: np.ndarray
    places: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, devices: list[dict], targets: np.ndarray) -> "KnownRecipes":
        """`devices` are MDP fields, `targets` [n_rows, 4]."""
        rows_of = defaultdict(list)
        for row, key in enumerate(recipe_keys(devices)):
            rows_of[key].append(row)
        recipes = [_reported(devices[rows[0]]) for rows in rows_of.values()]
        weights_of: dict[str, list] = defaultdict(list)
        for place, recipe in enumerate(recipes):
            for name, weight in compared_features(recipe).items():
                weights_of[name].append((place, weight))
        names = sorted(weights_of)
        pairs = [pair for name in names for pair in weights_of[name]]
        return cls(
            recipes=recipes,
            measured=np.array([_medians(targets[rows]) for rows in rows_of.values()]),
            counts=np.array([len(rows) for rows in rows_of.values()]),
            names=names,
            starts=np.cumsum([0, *(len(weights_of[name]) for name in names)]),
            places=np.array([place for place, _ in pairs], dtype=np.int32),
            weights=np.array([weight for _, weight in pairs], dtype=np.float64),
        )

    def distances(self, devices: list[dict[str, str]]) -> Iterator[np.ndarray]:
        """In how many fields each recipe differs, [n_recipes], for one device after another."""
        few = len(devices) < _WORTH_SCIPY
        at_once = 1 if few else max(_NUMBERS_AT_ONCE // len(self.recipes), 1)
        for start in range(0, len(devices), at_once):
            vectors = list(map(compared_features, devices[start : start + at_once]))
            known = map(self._known_of, vectors)
            table = map(self._in_common, known) if few else self._in_common_of_many([*known])
            for vector, common in zip(vectors, table, strict=True):
                length = sum(weight**2 for weight in vector.values())
                yield np.maximum((length + self._lengths) / 2 - common, 0)

    def _known_of(self, vector: dict[str, float]) -> list[tuple[int, float]]:
        """(number of the name, weight) of the names that any recipe has."""
        numbers = ((self._number_of.get(name), weight) for name, weight in vector.items())
        return [(number, weight) for number, weight in numbers if number is not None]

    def _in_common(self, known: list[tuple[int, float]]) -> np.ndarray:
        """The products of a vector with those of the recipes, [n_recipes]."""
        common = np.zeros(len(self.recipes))
        for number, weight in known:
            own = slice(self.starts[number], self.starts[number + 1])
            common[self.places[own]] += weight * self.weights[own]
        return common

    def _in_common_of_many(self, known: list[list[tuple[int, float]]]) -> np.ndarray:
        """The same, name by name in the same order, [n_vectors, n_recipes]; worth importing SciPy for many."""
        from scipy.sparse import csr_matrix

        pairs = [pair for own in known for pair in own]
        numbers, weights = (np.array([pair[k] for pair in pairs], kind) for k, kind in _OF_A_PAIR)
        ends = np.cumsum([0, *map(len, known)])
        vectors = csr_matrix((weights, numbers, ends), (len(known), len(self.names)))
        shape = len(self.names), len(self.recipes)
        return (vectors @ csr_matrix((self.weights, self.places, self.starts), shape)).toarray()

    def compared(self, devices: list[dict[str, str]]) -> "Iterator[Comparison]":
        """The devices beside all recipes, one after another."""
        for device, distances in zip(devices, self.distances(devices), strict=True):
            unknown = self.unknown_names(device)
            new_materials = {_MATERIALS[kind] for kind in unknown if kind in _MATERIALS}
            other_chemistry = not has_composition(device) or {"metal", "halide"} & set(unknown)
            is_other = other_chemistry or len(new_materials) > MOST_NEW_MATERIALS
            yield Comparison(distances, unknown, math.inf if is_other else float(distances.min()))

    def novelty(self, devices: list[dict[str, str]]) -> np.ndarray:
        """The novelty of each device (`Comparison`), [n_devices]."""
        return np.array([comparison.novelty for comparison in self.compared(devices)])

    def unknown_names(self, device: dict[str, str]) -> dict[str, list[str]]:
        """The names that no recipe has, by field; ions by "cation", "metal", "halide"."""
        unknown = defaultdict(list)
        for name in compared_features(device):
            kind, _, own = name.partition("=")
            if kind not in (ANNEALING_TEMPERATURE, ANNEALING_TIME) and not self.has(name):
                unknown[kind].append(own)
        return dict(unknown)

    def has(self, name: str) -> bool:
        """Whether any recipe has the "FIELD=part"."""
        return name in self._number_of

    @cached_property
    def within(self) -> np.ndarray:
        """The distance of each recipe to the nearest other one, [n_recipes], ascending.

        Of some 2,000 recipes where there are more.
        """
        step = max(len(self.recipes) // 2000, 1)
        places = range(0, len(self.recipes), step)
        found = []
        for place, distances in zip(places, self.distances(self.recipes[::step]), strict=True):
            distances[place] = math.inf
            found.append(distances.min())
        return np.sort(found)

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _lengths(self) -> np.ndarray:
        """The squared length of each recipe's vector."""
        return np.bincount(self.places, self.weights**2, len(self.recipes))

    def as_arrays(self) -> dict[str, np.ndarray]:
        """What `of_arrays` reads: arrays of numbers, and texts as the bytes of JSON."""
        texts = {"recipes": self.recipes, "names": self.names}
        coded = {key: json.dumps(value).encode() for key, value in texts.items()}
        arrays = {key: np.frombuffer(value, dtype=np.uint8) for key, value in coded.items()}
        for key in ("measured", "counts", "starts", "places", "weights"):
            arrays[key] = getattr(self, key)
        return arrays | {"within": self.within}

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray]) -> "KnownRecipes":
        """Raises ValueError, TypeError or KeyError where the arrays do not fit together."""
        arrays = dict(arrays)
        within = arrays.pop("within")
        texts = {key: json.loads(arrays.pop(key).tobytes()) for key in ("recipes", "names")}
        known = cls(**texts, **arrays)
        if not known._is_sound() or within.ndim != 1:
            raise ValueError("the recipes do not fit together")
        known.__dict__["within"] = within  # as cached_property keeps it
        return known

    def _is_sound(self) -> bool:
        n = len(self.recipes)
        fields = all(isinstance(recipe, dict) for recipe in self.recipes)
        texts = all(isinstance(text, str) for recipe in self.recipes for text in recipe.values())
        names = all(isinstance(name, str) for name in self.names)
        shapes = self.measured.shape == (n, 4) and self.counts.shape == (n,)
        starts = self.starts.shape == (len(self.names) + 1,) and (np.diff(self.starts) >= 0).all()
        ends = starts and self.starts[0] == 0 and self.starts[-1] == len(self.places)
        inside = len(self.places) == 0 or 0 <= self.places.min() <= self.places.max() < n
        same = self.places.shape == self.weights.shape
        return bool(n and fields and texts and names and shapes and ends and inside and same)


def recipe_keys(devices: list[dict[str, str]]) -> list[str]:
    """A key of each device, equal for devices of one recipe."""
    return list(map(_recipe_key, devices))


@remembered
def _recipe_key(device: dict[str, str]) -> str:
    return recipe_of(format_mdp_input(dict.fromkeys(MDP_FIELDS, "") | device))


def has_composition(device: dict[str, str]) -> bool:
    """Whether ions can be read from the device's composition."""
    return any(name.startswith("ion:") for name in device_features(device))


@remembered
def compared_features(device: dict[str, str]) -> dict[str, float]:
    """The vector of a device: "FIELD=part" or "metal=Pb" → weight. What is not reported has none."""
    features = device_features(device)
    parts, ions = defaultdict(list), {}
    for name, value in features.items():
        field, _, part = name.partition("=")
        if part and field in _COMPARED:
            parts[field].append(part)
        elif name.startswith("ion:"):
            ions[name.removeprefix("ion:")] = value
    compared = {f"{field}={part}": len(own) ** -0.5 for field, own in parts.items() for part in own}
    compared |= _sites(ions)
    if (temperature := features.get("annealing_max_temperature")) is not None:
        compared |= _between(ANNEALING_TEMPERATURE, temperature / _TEMPERATURE_STEP)
    if (time := features.get("annealing_total_time")) is not None:
        compared |= _between(ANNEALING_TIME, math.log10(1 + time) / _TIME_STEP)
    return compared


def _sites(ions: dict[str, float]) -> dict[str, float]:
    """The ions of each site as a vector of the length √`SITE_WEIGHT`."""
    shares = composition_features(ions)
    compared = {}
    for site in SITES:
        own = {name: n for name, n in shares.items() if name.startswith(f"{site}:")}
        length = math.sqrt(sum(n**2 for n in own.values()) / SITE_WEIGHT)
        compared |= {name.replace(":", "=", 1): n / length for name, n in own.items() if length}
    return compared


def _between(name: str, value: float) -> dict[str, float]:
    """A number as a vector of length 1 between the whole numbers beside it."""
    below = math.floor(value)
    part = value - below
    length = math.hypot(1 - part, part)
    vector = {f"{name}={below}": (1 - part) / length, f"{name}={below + 1}": part / length}
    return {key: weight for key, weight in vector.items() if weight}


def _reported(device: dict[str, str]) -> dict[str, str]:
    folded = {name: " ".join(device.get(name, "").split()) for name in MDP_FIELDS}
    return {name: value for name, value in folded.items() if is_reported(value)}


def _medians(table: np.ndarray) -> list[float]:
    """The median of the known numbers of each column; NaN where there is none."""
    if len(table) == 1:
        return [own if math.isfinite(own) else math.nan for own in table[0].tolist()]
    known = [column[np.isfinite(column)] for column in table.T]
    return [float(np.median(column)) if len(column) else math.nan for column in known]
