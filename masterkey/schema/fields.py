"""The device schema: 31 SII fields, 19 MDP fields, 4 MDP targets, and their text form.

A published SII answer is one string, `<s> Field: value,\\n Field: value … Module: value</s>`; a
published MDP row is 19 lines `Field name: value` ended by `###` and four target lines ended by
`@@@`. The functions here turn these strings into dicts and back. `format_*(parse_*(text),
markers=True)` gives back every published training row byte for byte (tests/schema/test_schema.py).

Fields, order and groups: the Perovskite Database (doi 10.1038/s41560-021-00941-3) and the
published scorer.
"""

import math
import re

SII_INSTRUCTION = "Summarize stack and method information from given paragraph about solar cell."
MDP_INSTRUCTION = "What's the PCE of the perovskite solar cell with the parameters below."

SII_FIELDS = (
    "Substrate_stack_sequence",
    "ETL_stack_sequence",
    "ETL_additives_compounds",
    "ETL_deposition_procedure",
    "Perovskite_composition_long_form",
    "Perovskite_composition_short_form",
    "Perovskite_additives_compounds",
    "Perovskite_deposition_solvents",
    "Perovskite_deposition_procedure",
    "Perovskite_deposition_thermal_annealing_temperature",
    "Perovskite_deposition_thermal_annealing_time",
    "HTL_stack_sequence",
    "HTL_additives_compounds",
    "HTL_deposition_procedure",
    "Backcontact_stack_sequence",
    "Backcontact_additives_compounds",
    "Backcontact_deposition_procedure",
    "Stability_measured",
    "Stability_average_over_n_number_of_cells",
    "Stability_temperature_range",
    "Stability_atmosphere",
    "Stability_time_total_exposure",
    "Stability_PCE_initial_value",
    "Stability_PCE_end_of_experiment",
    "Cell_area_measured",
    "Cell_number_of_cells_per_substrate",
    "Cell_architecture",
    "Cell_flexible",
    "Cell_semitransparent",
    "Cell_semitransparent_wavelength_range",
    "Module",
)

# The published scorer's groups, in its own order (the abc_d score depends on that order).
# `Module` belongs to none.
GROUPS = {
    "materials": (
        "Substrate_stack_sequence",
        "ETL_stack_sequence",
        "ETL_additives_compounds",
        "Perovskite_composition_long_form",
        "Perovskite_composition_short_form",
        "Perovskite_additives_compounds",
        "HTL_stack_sequence",
        "HTL_additives_compounds",
        "Backcontact_stack_sequence",
        "Backcontact_additives_compounds",
    ),
    "cell": (
        "Cell_area_measured",
        "Cell_number_of_cells_per_substrate",
        "Cell_architecture",
        "Cell_flexible",
        "Cell_semitransparent",
        "Cell_semitransparent_wavelength_range",
    ),
    "deposition": (
        "ETL_deposition_procedure",
        "HTL_deposition_procedure",
        "Backcontact_deposition_procedure",
        "Perovskite_deposition_procedure",
        "Perovskite_deposition_solvents",
        "Perovskite_deposition_thermal_annealing_temperature",
        "Perovskite_deposition_thermal_annealing_time",
    ),
    "stability": (
        "Stability_measured",
        "Stability_average_over_n_number_of_cells",
        "Stability_temperature_range",
        "Stability_atmosphere",
        "Stability_time_total_exposure",
        "Stability_PCE_initial_value",
        "Stability_PCE_end_of_experiment",
    ),
}

# Fields that the code speaks of by name, and the parts of a cell that have a stack, a procedure and
# additives each ("ETL_stack_sequence").
LONG_FORM = "Perovskite_composition_long_form"
SHORT_FORM = "Perovskite_composition_short_form"
ANNEALING_TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
ANNEALING_TIME = "Perovskite_deposition_thermal_annealing_time"
DEVICE_PARTS = ("ETL", "HTL", "Backcontact")
# One method for each layer of a part.
LAYER_PROCEDURES = frozenset(f"{part}_deposition_procedure" for part in DEVICE_PARTS)

# Fields whose values come from a short list, and that list in the Perovskite Database; None: the
# values are few, but others are possible. (Stacks and compositions are open, procedures are sequences.)
CLOSED_FIELDS = {
    "Cell_architecture": ("nip", "pin", "Unknown"),
    "Cell_flexible": ("FALSE", "TRUE"),
    "Cell_semitransparent": ("FALSE", "TRUE"),
    "Module": ("FALSE", "TRUE"),
    "Stability_measured": ("FALSE", "TRUE"),
    "Stability_atmosphere": None,
}

# The 17 fields up to the back contact, then two of the cell's. Their names stand in MDP rows with
# spaces for underscores.
MDP_FIELDS = (*SII_FIELDS[:17], "Cell_architecture", "Cell_semitransparent")

# Voc in V, Jsc in mA/cm², FF as a fraction of 1, PCE in %.
MDP_TARGETS = ("Voc", "Jsc", "FF", "PCE")
TARGET_UNITS = {"Voc": "V", "Jsc": "mA/cm²", "FF": "", "PCE": "%"}

# Values that say "not reported". `none` (no such layer) and `Undoped` (no additive) are values.
NOT_REPORTED = frozenset({"", "nan", "nan; nan", "unknown"})

SII_START, SII_END, MDP_INPUT_END, MDP_OUTPUT_END = "<s> ", "</s>", "###", "@@@"
_SII_SEPARATOR = ",\n "

# A line that starts like a field, known or not, ends the value before it. A name has an underscore
# (or is `Module`), so that free text such as "Note: …" does not look like one.
_SII_LINE = re.compile(r"(?:^|\n)[ \t]*([A-Za-z]+(?:_[A-Za-z]+)+|Module)[ \t]*:[ ]?")
_MDP_NAMES = {field.replace("_", " "): field for field in MDP_FIELDS}
_MDP_LINE = re.compile(rf"(?:^|\n)[ \t]*({'|'.join(map(re.escape, _MDP_NAMES))})[ \t]*:[ ]?")
_TARGET_LINE = re.compile(rf"(?:^|\n)[ \t]*JV[ _]default[ _]({'|'.join(MDP_TARGETS)})[ \t]*:[ ]?")


def is_reported(value: str) -> bool:
    """Whether a value says anything: not one of `NOT_REPORTED`, compared without case."""
    return value.strip().lower() not in NOT_REPORTED


def strip_markers(text: str) -> str:
    """The text without the published markers (`<s>`, `</s>`, `###`, `@@@`) at its two ends."""
    text = text.strip().removeprefix("<s>")
    for marker in (SII_END, MDP_INPUT_END, MDP_OUTPUT_END):
        text = text.rstrip().removesuffix(marker)
    return text.strip()


def _values_by_line(text: str, line: re.Pattern) -> list[tuple[str, str]]:
    """Cut `text` where `line` matches: (name, everything up to the next match) in text order."""
    starts = list(line.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [(start[1], text[start.end() : end]) for start, end in zip(starts, ends, strict=False)]


def parse_sii_answer(text: str) -> dict[str, str]:
    """The fields of an SII answer, in the order of the text; a repeated field keeps its first value.

    Takes any text: fields that are not there are not in the dict, unknown ones are left out.
    A value may hold newlines (row 164 of sii360.json does).
    """
    text = text.strip().removeprefix("<s>").removesuffix(SII_END)
    known = set(SII_FIELDS)
    values: dict[str, str] = {}
    for name, value in _values_by_line(text, _SII_LINE):
        if name in known and name not in values:
            values[name] = value.rstrip("\n\r").removesuffix(",")
    return values


def format_sii_answer(fields: dict[str, str], *, markers: bool = False) -> str:
    """An SII answer in file order; `markers` adds the published `<s> ` and `</s>`.

    Raises KeyError where one of the 31 fields is missing.
    """
    body = _SII_SEPARATOR.join(f"{name}: {fields[name]}" for name in SII_FIELDS)
    return f"{SII_START}{body}{SII_END}" if markers else body


def parse_mdp_input(text: str) -> dict[str, str]:
    """The device fields of an MDP input, keyed by the SII names (`ETL_stack_sequence`)."""
    values: dict[str, str] = {}
    for name, value in _values_by_line(text.rstrip().removesuffix(MDP_INPUT_END), _MDP_LINE):
        values.setdefault(_MDP_NAMES[name], value.strip())
    return values


def format_mdp_input(fields: dict[str, str], *, markers: bool = False) -> str:
    """An MDP input of 19 lines; `markers` gives the published form (leading spaces, `###`)."""
    lines = [f"{label}: {fields[name]}" for label, name in _MDP_NAMES.items()]
    return " " + "\n ".join(lines) + MDP_INPUT_END if markers else "\n".join(lines)


def parse_mdp_answer(text: str) -> dict[str, str]:
    """The targets named in an MDP answer, as written: {"Voc": "0.98", …}; found by name."""
    values: dict[str, str] = {}
    for name, value in _values_by_line(text.rstrip().removesuffix(MDP_OUTPUT_END), _TARGET_LINE):
        values.setdefault(name, value.strip())
    return values


def format_mdp_answer(targets: dict[str, str], *, markers: bool = False) -> str:
    """Four target lines; `markers` gives the published form (leading spaces, `@@@`)."""
    if not markers:
        return "\n".join(f"JV default {name}: {targets[name]}" for name in MDP_TARGETS)
    # The published file writes an empty target as one space (rows 17 and 18).
    return (
        "\n".join(f" JV default {name}: {targets[name] or ' '}" for name in MDP_TARGETS)
        + MDP_OUTPUT_END
    )


def target_numbers(targets: dict[str, str]) -> dict[str, float | None]:
    """Voc, Jsc, FF and PCE as numbers; None where missing, empty, not a number or not finite."""
    return {name: _finite(targets.get(name, "")) for name in MDP_TARGETS}


# The first line alone (a model may go on talking), with or without the unit.
_NUMBER = re.compile(
    r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t]*(?:V|%|mA ?/ ?cm(?:²|\^?2)|mA cm-2)?"
    r"[ \t]*(?:\n|$)"
)


def _finite(text: str) -> float | None:
    found = _NUMBER.match(text)
    number = float(found[1]) if found else math.nan
    return number if math.isfinite(number) else None
