"""Rows of invented data in the published form, for the embedded sample, tests and benchmarks.

Row `i` of a split depends on seed, split and `i` alone: a longer file begins with the rows of a
shorter one. Devices (SII) and recipes (MDP) of the test split are kept out of the training split.
Every id begins with `synthetic-`, by which `records.is_synthetic` tells later that scores are not real.
"""

import random
from collections.abc import Iterator

from masterkey.rows.records import ID_PREFIX
from masterkey.schema import fields as schema
from masterkey.synthetic.device import Device, schema_fields
from masterkey.synthetic.draw import draw_device
from masterkey.synthetic.papers import write_section
from masterkey.synthetic.performance import measured_targets

SPLITS = ("train", "test")

# How often a recipe is measured, like the published rows: two of three once, some up to 16 times.
REPEATED_SHARE, MORE_SHARE, MOST_REPEATS = 0.34, 0.66, 16


def sii_rows(split: str, count: int, seed: int, taken: set[str] | None = None) -> Iterator[dict]:
    """`count` SII rows. Answers in `taken` are not used again; those of the rows are added to it."""
    taken = set() if taken is None else taken
    for number in range(count):
        rng = random.Random(f"sii/{split}/{seed}/{number}")
        device, answer = _new_device(rng, taken, _sii_answer)
        yield {
            "id": f"{ID_PREFIX}sii-{split}-{seed}-{number:05d}",
            "instruction": schema.SII_INSTRUCTION,
            "input": write_section(device, rng),
            "output": answer,
        }


def mdp_rows(split: str, count: int, seed: int, taken: set[str] | None = None) -> Iterator[dict]:
    """`count` MDP rows, some recipes several times. Recipes in `taken` are not used; new ones are added."""
    taken = set() if taken is None else taken
    number = recipe = 0
    while number < count:
        rng = random.Random(f"mdp/{split}/{seed}/{recipe}")
        device, text = _new_device(rng, taken, _mdp_input)
        recipe += 1
        for _ in range(min(_draw_repeats(rng), count - number)):
            yield {
                "id": f"{ID_PREFIX}mdp-{split}-{seed}-{number:05d}",
                "instruction": schema.MDP_INSTRUCTION,
                "input": text,
                "output": schema.format_mdp_answer(measured_targets(device, rng), markers=True),
            }
            number += 1


def _new_device(rng: random.Random, taken: set[str], text_of) -> tuple[Device, str]:
    while True:
        device = draw_device(rng)
        text = text_of(device)
        if text not in taken:
            taken.add(text)
            return device, text


def _sii_answer(device: Device) -> str:
    return schema.format_sii_answer(schema_fields(device), markers=True)


def _mdp_input(device: Device) -> str:
    return schema.format_mdp_input(schema_fields(device), markers=True)


def _draw_repeats(rng: random.Random) -> int:
    if rng.random() >= REPEATED_SHARE:
        return 1
    repeats = 2
    while repeats < MOST_REPEATS and rng.random() < MORE_SHARE:
        repeats += 1
    return repeats
