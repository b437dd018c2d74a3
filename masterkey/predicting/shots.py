"""Prompts for models that were never fine-tuned: the task described, with or without examples.

The same rows and scores then compare a fine-tuned checkpoint with a hosted model.
"""

from itertools import islice

from masterkey.rows.neighbours import NeighbourVote
from masterkey.rows.records import Row
from masterkey.schema import fields as schema

_SII_TASK = """Below is the experimental section of a paper on perovskite solar cells. Describe the device that it reports, the best one where there are several, in exactly {n} lines of the form `Field: value,`, one for each field in the order given.

Conventions of the Perovskite Database:
- layers are separated by ` | ` from the substrate upwards, steps of one layer by ` >> `, parts of a mixture by `; `
- temperatures in °C, annealing times in min, exposure in h, areas in cm2, efficiencies in %
- TRUE or FALSE for Stability_measured, Cell_flexible, Cell_semitransparent and Module; nip or pin for Cell_architecture
- what the text does not say: an empty value, `Unknown`, or `nan; nan` for ranges; `none` for a layer that is not there

Fields:
{fields}

Write the lines only."""

_MDP_TASK = """Below are the layers and the processing of a perovskite solar cell. Predict its performance in exactly four lines, a number behind each colon: open-circuit voltage in V, short-circuit current density in mA/cm2, fill factor between 0 and 1, efficiency in %.

{fields}

Write the lines only."""


class DescribedTask:
    """Prompts that describe the task and show the `n_shots` rows of `training` nearest to the input."""

    def __init__(self, task: str, training: list[Row], n_shots: int):
        if task == "sii":
            names = "\n".join(f"{name}:" for name in schema.SII_FIELDS)
            self._text = _SII_TASK.format(n=len(schema.SII_FIELDS), fields=names)
        else:
            names = "\n".join(f"JV default {name}:" for name in schema.MDP_TARGETS)
            self._text = _MDP_TASK.format(fields=names)
        self._training, self._n = training, n_shots
        self._vote = None
        if n_shots:
            self._vote = NeighbourVote([row.input for row in training], [{}] * len(training))

    def prompt(self, row: Row) -> str:
        """The text to send for `row`; its own paper is never among the examples."""
        parts = [self._text]
        for shot in self._shots(row):
            answer = schema.strip_markers(shot.output)
            parts.append(f"Text:\n{schema.strip_markers(shot.input)}\n\nLines:\n{answer}")
        parts.append(f"Text:\n{schema.strip_markers(row.input)}\n\nLines:\n")
        return "\n\n".join(parts)

    def _shots(self, row: Row) -> list[Row]:
        """The nearest rows, the most similar last, where a model minds it most."""
        if self._vote is None:
            return []
        nearest = self._vote.nearest(row.input, len(self._training))
        own = _words(row)
        others = (self._training[i] for i in nearest if _words(self._training[i]) != own)
        return list(islice(others, self._n))[::-1]


def _words(row: Row) -> list[str]:
    """By which a paper is known again: blanks and the published markers may differ between files."""
    return schema.strip_markers(row.input).split()
