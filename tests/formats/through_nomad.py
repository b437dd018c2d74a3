"""Send random archives through NOMAD's own parser and normalising, and compare what comes back.

    make test-nomad
    .venv-nomad/bin/python tests/formats/through_nomad.py --n 500 --seed 0

Needs an environment with requirements-nomad.txt. Vocabularies are those of the plug-in. An unknown key vanishes there
without a word, so comparing is the test: every field of a classic archive must come back as it was, but for
the losses of docs/formats.md: a number or boolean that is none ("Unknown"), and how a number is spelt. Of archives for
language models it counts, field by field, what comes back, also through the plug-in's own conversion to
the classic form. Nothing is asked of Crossref or PubChem: looking things up is cut off.
"""

import functools
import logging
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "formats")]

from random_devices import consistent_device, random_device  # noqa: E402

from masterkey.formats import archives, nomad, nomad_llm  # noqa: E402
from masterkey.formats.numbers import as_text, typed  # noqa: E402
from masterkey.schema import fields as schema  # noqa: E402
from masterkey.schema.spreadsheet_values import in_minutes  # noqa: E402
from masterkey.schema.values import parse_value  # noqa: E402
from masterkey.scripting.command_line import UserError, run  # noqa: E402


@dataclass
class Arguments:
    n: int = field(default=500, metadata={"help": "random devices of each class"})
    seed: int = field(default=0, metadata={"help": "the first device's seed"})
    forms: list[str] = field(
        default_factory=lambda: ["classic", "llm"],
        metadata={"help": "the classes to try", "choices": ["classic", "llm"]},
    )


def main(arguments: Arguments) -> None:
    cut_off_network()
    vocabulary = plug_in_vocabulary()
    seeds = range(arguments.seed, arguments.seed + arguments.n)
    devices = [random_device(seed, vocabulary) for seed in seeds]
    wrong = 0
    if "classic" in arguments.forms:
        wrong += classic(devices)
    if "llm" in arguments.forms:
        wrong += language_model([consistent_device(seed, vocabulary) for seed in seeds])
    if wrong:
        raise UserError(f"{wrong} records came back otherwise than docs/formats.md says.")


def cut_off_network() -> None:
    import requests
    from rdkit import RDLogger

    def refuse(*arguments, **settings):
        raise requests.ConnectionError("no look-ups in a test")

    requests.sessions.Session.request = refuse
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    RDLogger.DisableLog("rdApp.*")


def plug_in_vocabulary() -> dict[str, list[str]]:
    """The plug-in's suggestions by field."""
    from perovskite_solar_cell_database.schema import PerovskiteSolarCell

    sections = PerovskiteSolarCell.m_def.all_sub_sections
    found = {}
    for name in schema.SII_FIELDS:
        section, quantity = nomad.PLACES[name]
        definition = sections[section].sub_section.all_quantities[quantity]
        props = definition.m_get_annotations("eln").m_to_dict().get("props") or {}
        if values := [value for value in props.get("suggestions") or [] if value]:
            found[name] = values
    return {name: ["Undoped"] for name in schema.SII_FIELDS if name.endswith("compounds")} | found


def parsed(folder: Path, devices: list, form) -> list[tuple]:
    """(as parsed, as normalised, the entry itself) of each device's archive."""
    from httpx._transports import default as transports
    from nomad.client import normalize_all, parse
    from perovskite_solar_cell_database.schema_sections.ions import ion

    # Each parse makes a client with certificates, though it asks nothing.
    transports.create_ssl_context = functools.cache(transports.create_ssl_context)
    # Each ion of each device reads a spreadsheet again; its content does not change.
    ion.read_ions_from_xlsx = functools.cache(ion.read_ions_from_xlsx)
    archives.write_archives(devices, folder, form)
    found = []
    for number, path in enumerate(sorted(folder.glob(f"*{archives.ENDING}")), 1):
        entry = parse(str(path))[0]
        before = entry.m_to_dict()
        normalize_all(entry)
        found.append((before, entry.m_to_dict(), entry))
        if number % 50 == 0:
            print(f"{number} of {len(devices)} archives", file=sys.stderr, flush=True)
    return found


def classic(devices: list) -> int:
    """Number of devices whose fields, identity or measured values differ behind the plug-in."""
    exact, documented, wrong = 0, 0, Counter()
    by_id = {device.id: device for device in devices}
    n_figures = n_ions = 0
    with tempfile.TemporaryDirectory() as folder:
        for before, after, _ in parsed(Path(folder), devices, nomad):
            for stage in (before, after):
                read = nomad.device_of(stage, "archive")
                device = by_id[read.paper]
                told = {name: value for name, value in device.fields.items() if value}
                expected = {name: as_text(typed(name, value)) for name, value in told.items()}
                expected = {name: value for name, value in expected.items() if value}
                same = read.fields == expected and not read.measured
                same = same and (read.doi, read.title, read.year) == (
                    device.doi, device.title, device.year
                )  # fmt: skip
                if not same:
                    names = [n for n in expected if read.fields.get(n) != expected[n]]
                    wrong[read.paper] += 1
                    print("differs:", read.paper, names, file=sys.stderr)
            exact += read.fields == told
            documented += read.fields != told and same
            n_figures += bool(after["data"].get("figures"))
            n_ions += bool((after["data"].get("perovskite") or {}).get("ions"))
    print(
        f"classic: {len(devices)} devices, {exact} back byte for byte, {documented} but for numbers and "
        f"booleans that are none, {len(wrong)} otherwise; the normaliser drew {n_figures} stacks and "
        f"described the ions of {n_ions}"
    )
    return len(wrong) + (n_figures < len(devices))


def language_model(devices: list) -> int:
    """Counts of fields that come back; number of devices with a wrong annealing time."""
    from perovskite_solar_cell_database.llm_extraction_schema import llm_to_classic_schema

    by_id = {device.id: device for device in devices}
    direct, converted, reported = Counter(), Counter(), Counter()
    lost: dict[str, str] = {}
    wrong = n_times = 0
    with tempfile.TemporaryDirectory() as folder:
        for _, after, entry in parsed(Path(folder), devices, nomad_llm):
            read = nomad_llm.device_of(after, "archive")
            device = by_id[read.paper]
            as_classic = {"data": llm_to_classic_schema(entry.data).m_to_dict()}
            as_classic["data"]["m_def"] = nomad.DEFINITION
            plug_in = nomad.device_of(as_classic, "archive")
            for name, value in device.fields.items():
                if not parse_value(name, value):
                    continue
                reported[name] += 1
                direct[name] += same_value(name, value, read)
                if not same_value(name, value, read):
                    lost.setdefault(name, f"{value!r} → {read.fields.get(name)!r}")
                converted[name] += same_value(name, value, plug_in)
            own, back = times(device), times(read)
            n_times += bool(own)
            wrong += [round(60 * float(time), 6) for time in own] != seconds_of(after)
            wrong += own != back or own != times(plug_in)
    print(
        f"language models' form: {len(devices)} devices, {n_times} with annealing times, {wrong} of them wrong "
        "in the archive, read back, or read back from the plug-in's classic entry"
    )
    print("field: reported, back from the archive, back from the plug-in's classic entry of it")
    for name in schema.SII_FIELDS:
        print(
            f"  {name}: {reported[name]}, {direct[name]}, {converted[name]}  {lost.get(name, '')}"
        )
    return wrong


def seconds_of(archive: dict) -> list[float]:
    """The durations of all steps, in the order of the layers."""
    layers = archive["data"].get("layers", [])
    steps = [step for layer in layers for step in layer.get("deposition", [])]
    return [round(step["duration"], 6) for step in steps if step.get("duration") is not None]


def same_value(name: str, value: str, read) -> bool:
    return parse_value(name, value) == parse_value(name, read.fields.get(name, ""))


def times(device) -> list[str]:
    """The annealing times in minutes, those not reported left out."""
    value = parse_value(
        schema.ANNEALING_TIME, in_minutes(device.fields.get(schema.ANNEALING_TIME, ""))
    )
    return [part for layer in value for step in layer for part in step if part]


if __name__ == "__main__":
    run(main, Arguments, __doc__)
