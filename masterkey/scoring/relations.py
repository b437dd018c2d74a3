"""Relations as an answer states them: which layer was made how, which layer holds what.

Fields of one device part say their layers in the same order, so the n-th layer of
`ETL_stack_sequence` belongs with the n-th of `ETL_deposition_procedure`. Three kinds of tuples:

- `layer_procedure`: (part of the device, layer, procedure);
- `layer_additive`: (part of the device, layer, one additive);
- `step_annealing`: (procedure of a perovskite step, annealing temperature, annealing time), one per
  stage of the programme where temperatures and times have the same number of stages.

A tuple is stated only where its members are reported (in `step_annealing` one of temperature and
time may be missing). Tuples of two answers are compared as multisets.
"""

from collections import Counter
from itertools import zip_longest

from masterkey.schema.fields import ANNEALING_TEMPERATURE, ANNEALING_TIME, DEVICE_PARTS
from masterkey.schema.values import Layer, Step, Value, parse_value

PROCEDURE = "Perovskite_deposition_procedure"
KINDS = ("layer_procedure", "layer_additive", "step_annealing")

Relations = dict[str, Counter]


def relations(fields: dict[str, str]) -> Relations:
    """The tuples of an answer, by kind. Fields that are missing state nothing."""
    pairs = [(part, *pair) for part in DEVICE_PARTS for pair in _layers(fields, part)]
    return {
        "layer_procedure": Counter(
            (part, layer, procedure) for part, layer, procedure, _ in pairs if procedure
        ),
        "layer_additive": Counter(
            (part, layer, additive) for part, layer, _, additives in pairs for additive in additives
        ),
        "step_annealing": Counter(_annealing(fields)),
    }


def count_relations(reference: dict[str, str], predicted: dict[str, str]) -> list[int]:
    """tp, predicted and reference tuples of each of `KINDS`: nine numbers."""
    stated, claimed = relations(reference), relations(predicted)
    counts = []
    for kind in KINDS:
        agreed = stated[kind] & claimed[kind]
        counts += [agreed.total(), claimed[kind].total(), stated[kind].total()]
    return counts


def _value(fields: dict[str, str], field: str) -> Value:
    return parse_value(field, fields.get(field, ""))


def _layers(fields: dict[str, str], part: str):
    """(layer, procedure, additives) of each reported layer; procedure () where not reported."""
    stack = _value(fields, f"{part}_stack_sequence")
    procedures = _value(fields, f"{part}_deposition_procedure")
    additives = _value(fields, f"{part}_additives_compounds")
    # Procedures and additives beyond the last layer belong to none.
    for number, layer in enumerate(stack):
        if _reported(layer):
            procedure = procedures[number] if number < len(procedures) else ()
            own = additives[number] if number < len(additives) else ()
            yield layer, procedure if _reported(procedure) else (), _reported(own)


def _reported(layer: Layer) -> list[str]:
    return [part for step in layer for part in step if part]


def _annealing(fields: dict[str, str]):
    procedures, temperatures, times = (
        _steps(_value(fields, name)) for name in (PROCEDURE, ANNEALING_TEMPERATURE, ANNEALING_TIME)
    )
    for procedure, temperature, time in zip_longest(
        procedures, temperatures, times, fillvalue=("",)
    ):
        if any(procedure) and (any(temperature) or any(time)):
            for stage in _stages(temperature, time):
                yield procedure, *stage


def _steps(value: Value) -> list[Step]:
    """The steps of all layers, one after another."""
    return [step for layer in value for step in layer]


def _stages(temperature: Step, time: Step):
    if len(temperature) == len(time):
        return list(zip(temperature, time, strict=True))
    return [(temperature, time)]
