"""Values that a field may have: from similar papers, from the conventions, from the text."""

from collections.abc import Iterator
from itertools import pairwise, permutations

from masterkey.extractor.annealing import best_by_value
from masterkey.extractor.batch import Batch
from masterkey.extractor.compositions import short_form
from masterkey.extractor.conventions import MISALIGNED
from masterkey.extractor.fields import (
    AREA,
    LAYERS_OF,
    LONG_FORM,
    PART_FIELDS,
    SHORT_FORM,
    STABILITY,
    STABILITY_OUTCOMES,
    STACKS,
    TEMPERATURE,
    TIME,
    identity,
    layers_of,
    parts_of,
)
from masterkey.schema import fields as schema
from masterkey.schema.values import parse_value

N_PARTS, N_PAIRED, LEAST_PART, LEAST_KNOWN_PART = 5, 4, 0.03, 0.08
N_TEMPERATURES, N_PROGRAMMED = 5, 4
N_LAYER_VALUES = 3
COMMON_PROCEDURES = ("Spin-coating", "Evaporation", "Spray-pyrolys")


def candidate_values(field: str, batch: Batch, paper: int) -> list[str]:
    """Distinct values for a field of a paper; of those that say the same, the first met.

    Only values that fit what was chosen before, where there are any.
    """
    distinct: dict = {}
    for value in _all_candidates(field, batch, paper):
        distinct.setdefault(identity(field, value), value)
    values = list(distinct.values())
    return [value for value in values if _is_consistent(field, batch, paper, value)] or values


def _is_consistent(field: str, batch: Batch, paper: int, value: str) -> bool:
    """One procedure for each layer; no outcome of a test that was not made; the formula's own ions."""
    if field.endswith("_procedure") and field in LAYERS_OF:
        stack = batch.chosen[LAYERS_OF[field]][paper]
        return len(layers_of(value)) == len(layers_of(stack))
    if field in STABILITY_OUTCOMES and batch.chosen[STABILITY][paper] == "FALSE":
        return not parse_value(field, value)
    if field == SHORT_FORM:
        return value == short_form_of_chosen(batch, paper)
    return True


def _all_candidates(field: str, batch: Batch, paper: int) -> Iterator[str]:
    finding = batch.readings[paper].findings.get(field)
    if finding:
        yield finding.value
    yield from _supported(field, batch, paper)
    if field in PART_FIELDS:
        yield from _from_parts(field, batch, paper)
    if field in LAYERS_OF:
        yield from _by_layer(field, batch, paper)
    if field == TEMPERATURE:
        yield from _programmes(batch, paper, "temperature", "{:g}; {:g}")
    elif field == TIME:
        yield from _programmes(batch, paper, "time", "{:.1f}; {:.1f}")
    elif field == LONG_FORM:
        yield from batch.formulas[paper]
    elif field == SHORT_FORM:
        yield short_form_of_chosen(batch, paper)
    elif field == AREA:
        yield from (f"{area.value:g}" for area in batch.readings[paper].paper.areas)


def short_form_of_chosen(batch: Batch, paper: int) -> str:
    return short_form(batch.chosen[LONG_FORM][paper])


def _supported(field: str, batch: Batch, paper: int) -> Iterator[str]:
    """What similar papers say, and the most frequent values."""
    support = batch.support["values", field]
    names, count = support.vocabulary.names, support.count[paper]
    for n in (*support.likeliest[paper], *support.most_frequent[paper]):
        if count[n] > 0:
            yield names[n]


def _from_parts(field: str, batch: Batch, paper: int) -> Iterator[str]:
    """Known values of which every part is likely, and new ones made of the likeliest parts."""
    scores = batch.part_scores[field][paper]
    best = sorted(scores, key=scores.get, reverse=True)[:N_PARTS]
    best = [name for name in best if scores[name] > LEAST_PART]
    named = [name for name in best if schema.is_reported(name)]
    if field in STACKS:
        yield from best
        yield from map(" | ".join, permutations(named[:N_PAIRED], 2))
    if field == "Perovskite_additives_compounds":
        yield from best
        yield from (f"{a}; {b}" for a, b in permutations(named[:N_PARTS], 2) if a < b)
    support = batch.support["values", field]
    likely = {name for name, score in scores.items() if score > LEAST_KNOWN_PART}
    for n, value in enumerate(support.vocabulary.names):
        if likely.issuperset(parts_of(value)) and support.count[paper][n] > 0:
            yield value


def _by_layer(field: str, batch: Batch, paper: int) -> Iterator[str]:
    """One value for each layer of the chosen stack: what that layer mostly has, with one exchanged."""
    stack = layers_of(batch.chosen[LAYERS_OF[field]][paper])
    options = [_layer_values(field, batch, paper, layer) for layer in stack]
    usual = [own[0] for own in options]
    yield " | ".join(usual)
    for n, own in enumerate(options):
        for other in own[1:N_LAYER_VALUES]:
            yield " | ".join([*usual[:n], other, *usual[n + 1 :]])


def _layer_values(field: str, batch: Batch, paper: int, layer: str) -> list[str]:
    counted = batch.conventions[paper].of_layer(field, layer).most_common(N_LAYER_VALUES)
    found = [value for value, _ in counted if value != MISALIGNED]
    if field.endswith("procedure"):
        return found + [name for name in COMMON_PROCEDURES if name not in found]
    return found or [""]


def _programmes(batch: Batch, paper: int, quantity: str, pair: str) -> Iterator[str]:
    """Single temperatures or times, those of a second step, and two in the order of the text."""
    events = batch.events[paper]
    best = best_by_value(events, quantity)
    top = sorted(best, key=lambda value: -best[value][0])[:N_TEMPERATURES]
    for value in top:
        yield f"{value:g}"
        yield f"Unknown >> {value:.1f}"
    values = [getattr(event, quantity) for event in events]
    for a, b in pairwise(value for value in values if value in top[:N_PROGRAMMED]):
        if a != b or quantity == "time":
            yield f"{a:.1f} >> {b:.1f}"
            yield pair.format(a, b)
    if top:
        yield f"{top[0]:.1f} >> Unknown"
    yield "Unknown"
