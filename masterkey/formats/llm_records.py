"""Records that a language model extracted, in the form of those that people entered.

Later snapshots of NOMAD hold both; `Ref_extraction_method` tells them apart. The plug-in's own conversion
(`llm_to_classic_schema` of perovskite-solar-cell-database 1.2.16) writes three things in another
meaning than the manual records have:

- annealing times in seconds, without a unit, where the others are in minutes;
- quenching with an antisolvent as a step of the perovskite's procedure;
- the efficiency at the end of ageing where the others have the share of the initial one in %.
"""

from masterkey.schema.fields import ANNEALING_TIME, is_reported
from masterkey.schema.spreadsheet_values import in_minutes

# Stands in `ref.name_of_person_entering_the_data` of the archives that masterkey/formats/nomad.py writes.
WRITER = "masterkey"
METHODS = ("llm", "llm reviewed by human")
PROCEDURE = "Perovskite_deposition_procedure"
FINAL_EFFICIENCY = "Stability_PCE_end_of_experiment"
QUENCHING = "antisolvent-quenching"


def is_llm(method: str) -> bool:
    """Whether a value of `Ref_extraction_method` says that a language model read the paper."""
    return method.strip().lower() in METHODS


def is_converted(method: str, entered_by: str) -> bool:
    """Whether the plug-in made the record of another class, so that its times are seconds.

    Archives of this project say "LLM", too, but have minutes; `entered_by` begins with its name.
    """
    return is_llm(method) and not entered_by.startswith(WRITER)


def as_manual(fields: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """(the fields as manual records write them, what was changed); fields may be missing."""
    steps = fields.get(PROCEDURE, "").split(" >> ")
    changed = {
        ANNEALING_TIME: in_minutes(fields.get(ANNEALING_TIME, ""), unit="s"),
        PROCEDURE: " >> ".join(step for step in steps if step.lower() != QUENCHING),
        FINAL_EFFICIENCY: "",
    }
    words = {
        ANNEALING_TIME: "LLM annealing time: seconds turned into minutes",
        PROCEDURE: "LLM procedure: quenching left out of the steps",
        FINAL_EFFICIENCY: "LLM final efficiency: left out, no share of the initial one",
    }
    names = [
        name
        for name in changed
        if is_reported(fields.get(name, "")) and changed[name] != fields[name]
    ]
    return fields | {name: changed[name] for name in names}, [words[name] for name in names]
