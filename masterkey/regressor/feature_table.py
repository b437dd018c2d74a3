"""Named features of many devices as a table of numbers, with columns fixed when fitted."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

# The columns of 43,000 devices of the Perovskite Database would fill gigabytes; most are spellings
# that occur once. The 360 published rows have 396.
MAX_COLUMNS = 1500


@dataclass(frozen=True)
class FeatureTable:
    """The column names, at least one; what else a device has is left out, what it lacks is 0."""

    columns: list[str]

    @classmethod
    def fit(cls, devices: list[dict[str, float]], max_columns: int = MAX_COLUMNS) -> "FeatureTable":
        """The names in `devices`, the most frequent `max_columns` of them, in sorted order."""
        counts = Counter(name for device in devices for name in device)
        frequent = sorted(counts, key=lambda name: (-counts[name], name))[:max_columns]
        return cls(sorted(frequent) or ["nothing reported"])

    def table(self, devices: list[dict[str, float]]) -> np.ndarray:
        """[n_devices, n_columns] as float32."""
        column_of = {name: column for column, name in enumerate(self.columns)}
        table = np.zeros((len(devices), len(self.columns)), dtype=np.float32)
        for row, device in enumerate(devices):
            for name, value in device.items():
                column = column_of.get(name)
                if column is not None:
                    table[row, column] = value
        return table
