"""From feature dicts to tables of numbers, in which what is missing is no zero.

Where a field is missing, or none of its values occurs in the training devices, its columns hold what the
training devices have on average, unless so many of them lack the field that the regressor has learned
what its absence means; then the columns are 0 and a column of its own, "missing:FIELD", is 1.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from masterkey.regressor.features import MISSING, field_of
from masterkey.schema.fields import ANNEALING_TEMPERATURE, ANNEALING_TIME, LONG_FORM

# The columns of 43,000 devices of the Perovskite Database would fill gigabytes; most are spellings
# that occur once. The 360 published rows have 396.
MAX_COLUMNS = 1500
# Fields of numbers, in which 0 is a value.
NUMERIC = (LONG_FORM, ANNEALING_TEMPERATURE, ANNEALING_TIME)
# A field that a larger share of the training devices lacks: its absence is learned.
LEARNED_SHARE = 0.05


@dataclass(frozen=True)
class FeatureTable:
    """`names` of the columns, sorted; `typical` [n_columns] is put where a field tells nothing, NaN: 0."""

    names: list[str]
    typical: np.ndarray
    _columns_of: dict[str, np.ndarray] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        fields = [field_of(name) for name in self.names]
        columns = {
            own: np.array([n for n, other in enumerate(fields) if other == own])
            for own in dict.fromkeys(fields)
            if own
        }
        object.__setattr__(self, "_columns_of", columns)

    @classmethod
    def fit(cls, devices: list[dict], max_columns: int = MAX_COLUMNS) -> "FeatureTable":
        """From the features of the training devices; at least one column."""
        return cls.fit_transform(devices, max_columns)[0]

    @classmethod
    def fit_transform(
        cls, devices: list[dict], max_columns: int = MAX_COLUMNS
    ) -> tuple["FeatureTable", np.ndarray]:
        """(the fitted table, what it makes of the training devices)."""
        names = sorted(frequent_names(devices, max_columns)) or ["nothing reported"]
        table = cls(names, np.full(len(names), np.nan))
        values = table.transform(devices)
        for name, columns in table._columns_of.items():
            lacking = np.array([f"{MISSING}{name}" in device for device in devices], bool)
            is_learned = name not in NUMERIC and lacking.mean() > LEARNED_SHARE
            if not is_learned and not lacking.all():
                table.typical[columns] = values[np.ix_(~lacking, columns)].mean(axis=0)
        table._fill(devices, values)
        return table, values

    def transform(self, devices: list[dict]) -> np.ndarray:
        """float32 [n_devices, n_columns]."""
        place = {name: n for n, name in enumerate(self.names)}
        table = np.zeros((len(devices), len(self.names)), np.float32)
        for row, device in enumerate(devices):
            for name, value in device.items():
                if name in place:
                    table[row, place[name]] = value
        self._fill(devices, table)
        return table

    def _fill(self, devices: list[dict], table: np.ndarray) -> None:
        """Put what is typical where the devices tell nothing."""
        for name, columns in self._columns_of.items():
            if self._is_filled(columns):
                rows = self._tell_nothing(name, columns, devices, table)
                table[np.ix_(rows, columns)] = self.typical[columns]

    def filled_in(self, devices: list[dict]) -> list[list[str]]:
        """For each device the fields of which `typical` numbers stand in its columns."""
        place = {name: n for n, name in enumerate(self.names)}
        typed = [name for name, columns in self._columns_of.items() if self._is_filled(columns)]
        found = []
        for device in devices:
            told = {field_of(name) for name in device if name in place}
            found.append([
                name for name in typed
                if f"{MISSING}{name}" in device or (name not in told and name not in NUMERIC)
            ])  # fmt: skip
        return found

    def _is_filled(self, columns: np.ndarray) -> bool:
        return bool(np.isfinite(self.typical[columns]).all())

    def _tell_nothing(self, name: str, columns, devices: list[dict], table) -> np.ndarray:
        """The rows of devices that lack a field, or of whose values in it no column tells."""
        lacking = np.array([f"{MISSING}{name}" in device for device in devices], bool)
        # Of a number, 0 is a value: 100 °C is one in the kernel's features.
        unknown = False if name in NUMERIC else ~table[:, columns].any(axis=1)
        return np.flatnonzero(lacking | unknown)


def frequent_names(devices: list[dict], max_columns: int = MAX_COLUMNS) -> list[str]:
    """The most frequent names of features in `devices`; of equally frequent ones the first by name."""
    counts = Counter(name for device in devices for name in device)
    return sorted(counts, key=lambda name: (-counts[name], name))[:max_columns]
