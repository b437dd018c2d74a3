"""Invented data: consistent devices, sections that state them, targets that obey physics."""

import json
import os
import random
import re

import pytest

from masterkey.rows.records import is_synthetic, read_rows, recipe_of
from masterkey.schema import fields as schema
from masterkey.schema.composition import parse_formula
from masterkey.synthetic.device import Composition, Device, Layer, Stability, Step, schema_fields
from masterkey.synthetic.draw import FOIL_LIMIT, draw_device
from masterkey.synthetic.papers import write_section
from masterkey.synthetic.performance import (
    band_gap,
    expected_targets,
    limit_current,
    measured_targets,
)
from masterkey.synthetic.rows import mdp_rows, sii_rows
from masterkey.synthetic.wordings import (
    MATERIALS,
    NO_HTL,
    SOLVENTS,
    area_wordings,
    duration_wordings,
    exposure_wordings,
    formula_wordings,
    wordings,
)
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "sample"
SAMPLE_FILES = ("sii_train.json", "sii_test.json", "mdp_train.json", "mdp_test.json")
SEPARATORS = re.compile(r" \| | >> |; ")
DEFAULTS = {
    "Cell_area_measured": "0.1",
    "Cell_number_of_cells_per_substrate": "0",
    "Stability_average_over_n_number_of_cells": "1",
}
FLAG_FIELDS = ("Cell_flexible", "Cell_semitransparent", "Module")
N_DEVICES = 1500


@pytest.fixture(scope="module")
def devices() -> list[tuple[Device, dict, str]]:
    """Devices of many seeds, with their fields and their section."""
    drawn = []
    for seed in range(N_DEVICES):
        rng = random.Random(seed)
        device = draw_device(rng)
        drawn.append((device, schema_fields(device), write_section(device, rng)))
    return drawn


PLAIN = Device(
    architecture="nip",
    substrate=("SLG", "FTO"),
    etl=(Layer("SnO2-np", "Spin-coating"),),
    composition=Composition((("MA", 1),), (("Pb", 1),), (("I", 3),)),
    additives=(),
    steps=(Step("Spin-coating", ("DMF", "DMSO"), ((100, 10),)),),
    htl=(Layer("Spiro-MeOTAD", "Spin-coating", ("Li-TFSI", "TBP")),),
    contact=(Layer("Au", "Evaporation"),),
)


def with_parts(**parts) -> Device:
    return Device(**{**PLAIN.__dict__, **parts})


# Fields


def test_plain_device_has_the_published_defaults_and_empty_values():
    fields = schema_fields(PLAIN)
    assert tuple(fields) == schema.SII_FIELDS
    assert fields == {
        "Substrate_stack_sequence": "SLG | FTO",
        "ETL_stack_sequence": "SnO2-np",
        "ETL_additives_compounds": "Unknown",
        "ETL_deposition_procedure": "Spin-coating",
        "Perovskite_composition_long_form": "MAPbI3",
        "Perovskite_composition_short_form": "MAPbI",
        "Perovskite_additives_compounds": "",
        "Perovskite_deposition_solvents": "DMF; DMSO",
        "Perovskite_deposition_procedure": "Spin-coating",
        "Perovskite_deposition_thermal_annealing_temperature": "100",
        "Perovskite_deposition_thermal_annealing_time": "10",
        "HTL_stack_sequence": "Spiro-MeOTAD",
        "HTL_additives_compounds": "Li-TFSI; TBP",
        "HTL_deposition_procedure": "Spin-coating",
        "Backcontact_stack_sequence": "Au",
        "Backcontact_additives_compounds": "",
        "Backcontact_deposition_procedure": "Evaporation",
        "Stability_measured": "FALSE",
        "Stability_average_over_n_number_of_cells": "1",
        "Stability_temperature_range": "nan; nan",
        "Stability_atmosphere": "Unknown",
        "Stability_time_total_exposure": "",
        "Stability_PCE_initial_value": "",
        "Stability_PCE_end_of_experiment": "",
        "Cell_area_measured": "0.1",
        "Cell_number_of_cells_per_substrate": "0",
        "Cell_architecture": "nip",
        "Cell_flexible": "FALSE",
        "Cell_semitransparent": "FALSE",
        "Cell_semitransparent_wavelength_range": "nan; nan",
        "Module": "FALSE",
    }


def test_layers_steps_and_stages_are_written_with_the_published_separators():
    fields = schema_fields(
        with_parts(
            etl=(Layer("TiO2-c", "ALD"), Layer("TiO2-mp", "Spin-coating", ("Li-TFSI",))),
            steps=(
                Step("Spin-coating", ("DMF",)),
                Step("Spin-coating", ("IPA",), ((65, 2), (100, None))),
            ),
            htl=(),
            stability=Stability("N2", 500, 90, "18.2", (20, 25), 8),
        )
    )
    assert fields["ETL_stack_sequence"] == "TiO2-c | TiO2-mp"
    assert fields["ETL_additives_compounds"] == "Unknown | Li-TFSI"
    assert fields["Perovskite_deposition_solvents"] == "DMF >> IPA"
    temperature = "Perovskite_deposition_thermal_annealing_temperature"
    assert fields[temperature] == "Unknown >> 65; 100"
    assert fields["Perovskite_deposition_thermal_annealing_time"] == "Unknown >> 2"
    htl = [fields[name] for name in schema.SII_FIELDS if name.startswith("HTL_")]
    assert htl == ["none", "", "Unknown"]
    assert fields["Stability_temperature_range"] == "20.0; 25.0"
    assert fields["Stability_average_over_n_number_of_cells"] == "8"


def test_fields_of_a_device_agree_with_each_other(devices):
    for device, fields, _ in devices:
        for name in ("ETL", "HTL", "Backcontact"):
            layers = fields[f"{name}_stack_sequence"].split(" | ")
            procedures = fields[f"{name}_deposition_procedure"].split(" | ")
            additives = fields[f"{name}_additives_compounds"]
            assert len(layers) == len(procedures)
            assert additives in ("", "Unknown") or len(additives.split(" | ")) == len(layers)
        n_steps = {
            len(fields[f"Perovskite_deposition_{name}"].split(" >> "))
            for name in ("procedure", "solvents")
        }
        assert n_steps == {len(device.steps)}
        long_form = fields["Perovskite_composition_long_form"]
        assert re.sub(r"[\d.]", "", long_form) == fields["Perovskite_composition_short_form"]
        assert device.flexible == (fields["Cell_flexible"] == "TRUE")


def test_annealing_times_are_aligned_with_temperatures_unless_not_reported(devices):
    for _, fields, _ in devices:
        temperature = fields["Perovskite_deposition_thermal_annealing_temperature"].split(" >> ")
        time = fields["Perovskite_deposition_thermal_annealing_time"].split(" >> ")
        if "Unknown" not in time:
            assert [len(step.split("; ")) for step in time] == [
                len(step.split("; ")) for step in temperature
            ]


def test_stability_fields_are_empty_exactly_where_no_test_was_made(devices):
    for _, fields, _ in devices:
        reported = [schema.is_reported(fields[name]) for name in schema.GROUPS["stability"][2:]]
        if fields["Stability_measured"] == "FALSE":
            assert not any(reported)
        else:
            assert fields["Stability_atmosphere"] != "Unknown"
            assert 0 < int(fields["Stability_PCE_end_of_experiment"]) <= 100


def test_chemistry_rules_out_hot_plastic_and_tin_additives_without_tin(devices):
    for device, _, _ in devices:
        temperatures = [stage[0] for step in device.steps for stage in step.annealing]
        if device.flexible:
            assert max(temperatures, default=0) <= FOIL_LIMIT
            assert "Spray-pyrolys" not in [layer.procedure for layer in device.etl + device.htl]
        if "SnF2" in device.additives:
            assert device.composition.share("Sn") > 0


def test_coefficients_of_each_site_add_up_to_the_formula(devices):
    for device, fields, _ in devices:
        ions = parse_formula(fields["Perovskite_composition_long_form"])
        charge = 2 * sum(n for _, n in device.composition.metals)
        charge += sum(n for _, n in device.composition.cations)
        assert sum(n for _, n in device.composition.halides) == pytest.approx(charge)
        assert len(ions) == len(device.composition.ions)


def test_no_stated_field_has_one_value_in_more_than_six_rows_of_ten(devices):
    nearly_constant = {
        "Backcontact_additives_compounds",
        "Stability_average_over_n_number_of_cells",
        "Cell_flexible",
        "Cell_semitransparent",
        "Cell_semitransparent_wavelength_range",
        "Module",
    }
    for name in set(schema.SII_FIELDS) - nearly_constant:
        values = [fields[name] for _, fields, _ in devices]
        values = [x for x in values if schema.is_reported(x) and x != DEFAULTS.get(name)]
        most = max(values.count(value) for value in set(values))
        assert most / len(values) < 0.61, name


# Sections


def test_every_value_that_is_not_a_default_is_stated(devices):
    for device, fields, text in devices:
        lower = text.lower()
        for name, value in fields.items():
            for part in stated_parts(name, value):
                assert any(phrase.lower() in lower for phrase in wordings(name, part)), (name, text)
        assert any(phrase in text for phrase in formula_wordings(device.composition)), text


def stated_parts(name: str, value: str) -> list[str]:
    if name.startswith("Perovskite_composition") or name == "Stability_measured":
        return []
    if not schema.is_reported(value) or value == DEFAULTS.get(name) or value == "FALSE":
        return []
    return [part for part in SEPARATORS.split(value) if part != "Unknown"]


def test_transport_materials_that_a_device_lacks_are_not_named(devices):
    for _, fields, text in devices:
        stacks = [fields[f"{name}_stack_sequence"] for name in ("ETL", "HTL", "Backcontact")]
        present = {part for stack in stacks for part in stack.split(" | ")}
        present |= set(SEPARATORS.split(fields["ETL_additives_compounds"]))
        named = {phrase for name in present & set(MATERIALS) for phrase in MATERIALS[name]}
        for name in ("TiO2-c", "TiO2-mp", "SnO2-np", "PCBM-60", "PCBM-70", "BCP", "PTAA", "CuPc"):
            for phrase in MATERIALS[name]:
                if name not in present and not any(phrase in other for other in named):
                    assert phrase not in text
        assert any(phrase in text for phrase in NO_HTL) == (fields["HTL_stack_sequence"] == "none")


def test_flags_and_stability_words_occur_only_where_they_are_true(devices):
    for _, fields, text in devices:
        for name in FLAG_FIELDS:
            stated = any(phrase in text.lower() for phrase in wordings(name, "TRUE"))
            assert stated == (fields[name] == "TRUE")
        tested = "% of the" in text.replace("% of the light", "") or "% of their" in text
        assert tested == (fields["Stability_measured"] == "TRUE")


def test_solvents_that_were_not_used_are_not_named(devices):
    for device, _, text in devices:
        used = {name for step in device.steps for name in step.solvents}
        for name in {"GBL", "NMP", "IPA", "DMSO", "2-ME"} - used:
            assert not any(re.search(rf"\b{re.escape(p)}\b", text) for p in SOLVENTS[name])


def test_architecture_follows_from_the_order_of_deposition(devices):
    for device, _, text in devices:
        etl = text.find("electron-transport layer was ")
        htl = text.find("hole-transport layer was ")
        if min(etl, htl) >= 0 and not any(phrase in text for phrase in NO_HTL):
            assert (etl < htl) == (device.architecture == "nip")


def test_formulas_in_the_text_mean_the_long_form(devices):
    for device, fields, _ in devices:
        meant = parse_formula(fields["Perovskite_composition_long_form"])
        for phrase in formula_wordings(device.composition):
            assert parse_formula(phrase) == pytest.approx(meant)


def test_sections_have_450_to_1100_characters(devices):
    assert min(len(text) for *_, text in devices) >= 450
    assert max(len(text) for *_, text in devices) <= 1100


def test_text_has_no_unfilled_template_nor_doubled_blank(devices):
    for *_, text in devices:
        assert not re.search(r"[{}]|  |\.\.| \.", text), text
        assert text.endswith(".")


def test_wording_is_varied(devices):
    sentences = {s.split(".")[0][:25] for *_, text in devices for s in text.split(". ")}
    assert len(sentences) > 400
    assert len({text for *_, text in devices}) == N_DEVICES


def test_units_of_time_and_area_are_converted_right():
    assert duration_wordings(90) == ("90 min", "1.5 h")
    assert duration_wordings(2) == ("2 min", "120 s")
    assert duration_wordings(45) == ("45 min",)
    assert exposure_wordings(480) == ("480 h", "480 hours", "20 days")
    assert exposure_wordings(100) == ("100 h", "100 hours")
    assert area_wordings("0.096") == ("0.096 cm2", "0.096 cm²", "9.6 mm2")
    assert area_wordings("16") == ("16 cm2", "16 cm²")


# Device model


def test_voc_jsc_ff_give_pce_as_written(devices):
    for seed, (device, _, _) in enumerate(devices):
        values = measured_targets(device, random.Random(seed))
        voc, jsc, ff, pce = (float(values[name]) for name in schema.MDP_TARGETS)
        assert abs(voc * jsc * ff - pce) <= 0.0051
        assert 0 < voc < 1.9
        assert 0 < jsc < 45
        assert 0.2 < ff < 0.9
        assert pce < 33.7  # Shockley–Queisser


def test_model_gives_a_usual_cell_usual_values():
    values = expected_targets(PLAIN)
    assert band_gap(PLAIN.composition) == pytest.approx(1.58)
    assert 1.0 < values["Voc"] < 1.2
    assert 20 < values["Jsc"] < 24
    assert 0.70 < values["FF"] < 0.84


def test_model_follows_textbook_trends():
    def changed(**parts):
        return expected_targets(with_parts(**parts))

    plain = expected_targets(PLAIN)
    bromide = changed(composition=Composition((("MA", 1),), (("Pb", 1),), (("Br", 1), ("I", 2))))
    assert bromide["Voc"] > plain["Voc"]
    assert bromide["Jsc"] < plain["Jsc"]
    tin = changed(composition=Composition((("MA", 1),), (("Sn", 1),), (("I", 3),)))
    assert tin["Jsc"] > plain["Jsc"]
    assert tin["Voc"] < plain["Voc"]
    undoped = changed(htl=(Layer("Spiro-MeOTAD", "Spin-coating", ("Undoped",)),))
    assert undoped["FF"] < plain["FF"]
    assert changed(htl=())["Voc"] < plain["Voc"]
    overheated = changed(steps=(Step("Spin-coating", ("DMF", "DMSO"), ((180, 10),)),))
    assert all(overheated[name] < plain[name] for name in overheated)


def test_limit_current_falls_with_the_gap_and_never_leaves_its_table():
    currents = [limit_current(gap / 100) for gap in range(110, 300)]
    assert currents == sorted(currents, reverse=True)
    assert currents[-1] > 0


# Rows and files


def test_rows_depend_on_seed_and_number_alone():
    assert list(sii_rows("train", 5, 7)) == list(sii_rows("train", 9, 7))[:5]
    assert list(mdp_rows("train", 5, 7)) == list(mdp_rows("train", 9, 7))[:5]
    texts = {row["input"] for seed in (0, 1) for row in sii_rows("train", 5, seed)}
    texts |= {row["input"] for row in sii_rows("test", 5, 0)}
    assert len(texts) == 15


def test_a_taken_device_or_recipe_is_not_used_again():
    for draw, key in ((sii_rows, "output"), (mdp_rows, "input")):
        first = {row[key] for row in draw("train", 40, 0)}
        taken = set(first)
        again = {row[key] for row in draw("train", 40, 0, taken)}
        assert not first & again
        assert taken == first | again


def test_rows_are_synthetic_by_id_whatever_holds_the_id():
    rows = list(sii_rows("train", 2, 0))
    assert is_synthetic(rows)
    assert is_synthetic([row["id"] for row in rows])
    assert is_synthetic(read_rows(SAMPLE / "mdp_test.json"))
    assert is_synthetic(["17", rows[0]["id"]])
    assert not is_synthetic(["17", "doi:10.1000/x"])
    assert not is_synthetic([{"input": "no id"}])
    assert not is_synthetic([])


@pytest.fixture(scope="module")
def sample() -> dict[str, list]:
    """The committed sample, read and validated as training data."""
    return {
        name: read_rows(SAMPLE / name, task=name[:3], answers="required") for name in SAMPLE_FILES
    }


def test_sample_has_the_promised_size(sample):
    assert [len(sample[name]) for name in SAMPLE_FILES] == [600, 60, 360, 60]
    assert all((SAMPLE / name).stat().st_size < 1_500_000 for name in SAMPLE_FILES)


def test_sample_rows_have_the_published_form(sample):
    for name in SAMPLE_FILES[:2]:
        for row in sample[name]:
            assert row.instruction == schema.SII_INSTRUCTION
            fields = schema.parse_sii_answer(row.output)
            assert schema.format_sii_answer(fields, markers=True) == row.output
    for name in SAMPLE_FILES[2:]:
        for row in sample[name]:
            assert row.instruction == schema.MDP_INSTRUCTION
            fields, targets = schema.parse_mdp_input(row.input), schema.parse_mdp_answer(row.output)
            assert schema.format_mdp_input(fields, markers=True) == row.input
            assert schema.format_mdp_answer(targets, markers=True) == row.output


def test_sample_test_rows_share_nothing_with_training_rows(sample):
    def devices_of(name):
        return {row.output for row in sample[name]}

    def recipes_of(name):
        return {recipe_of(row.input) for row in sample[name]}

    assert not devices_of("sii_train.json") & devices_of("sii_test.json")
    texts = [row.input for name in SAMPLE_FILES[:2] for row in sample[name]]
    assert len(texts) == len(set(texts))
    assert not recipes_of("mdp_train.json") & recipes_of("mdp_test.json")


def test_sample_recipes_repeat_with_other_values_like_the_published_ones(sample):
    rows = sample["mdp_train.json"]
    answers: dict[str, set[str]] = {}
    for row in rows:
        answers.setdefault(recipe_of(row.input), set()).add(row.output)
    assert 120 <= len(answers) <= 240  # 180 in the published 360 rows
    assert max(map(len, answers.values())) >= 5


def test_no_published_text_is_in_the_sample(sample, shared_data):
    published = json.loads((shared_data / "sii360.json").read_text(encoding="utf-8"))
    sequences = {s for row in published for s in word_sequences(row["input"])}
    for name in SAMPLE_FILES[:2]:
        for row in sample[name]:
            assert not sequences & set(word_sequences(row.input))


def word_sequences(text: str, length: int = 12):
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[i : i + length]) for i in range(len(words) - length + 1)]


# The command


@pytest.mark.slow
def test_command_writes_the_committed_sample_byte_for_byte(run_script, tmp_path):
    finished = run_script("data/synthesize.py", "--output_dir", tmp_path / "sample")
    assert finished.returncode == 0, finished.stderr
    for name in (*SAMPLE_FILES, "SYNTHETIC.md"):
        assert (tmp_path / "sample" / name).read_bytes() == (SAMPLE / name).read_bytes(), name
    assert "600 synthetic rows" in finished.stdout


def test_longer_training_file_leaves_the_test_file_and_its_own_beginning(run_script, tmp_path):
    sizes = ("--n_test", 3, "--n_mdp_test", 3, "--n_mdp_train", 4, "--seed", 5)
    for folder, n_train in (("short", 4), ("long", 8)):
        run_script(
            "data/synthesize.py", "--output_dir", tmp_path / folder, "--n_train", n_train, *sizes
        )
    rows = {f: json.loads((tmp_path / f / "sii_train.json").read_text()) for f in ("short", "long")}
    assert len(rows["long"]) == 8
    assert rows["long"][:4] == rows["short"]
    tests = [(tmp_path / folder / "sii_test.json").read_bytes() for folder in ("short", "long")]
    assert tests[0] == tests[1]


@pytest.mark.parametrize("flag", ["n_train", "n_test", "n_mdp_train", "n_mdp_test"])
def test_no_rows_asked_for_is_one_sentence(run_script, tmp_path, flag):
    finished = run_script("data/synthesize.py", "--output_dir", tmp_path / "out", f"--{flag}", 0)
    assert_one_sentence(finished, f"--{flag} is 0")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["file", "file/out"])
def test_folder_that_cannot_be_made_is_one_sentence(run_script, tmp_path, folder):
    (tmp_path / "file").write_text("x")
    finished = run_script("data/synthesize.py", "--output_dir", tmp_path / folder)
    assert_one_sentence(finished, f"{tmp_path / 'file'}: is a file; name a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="not checked: root may write everywhere")
def test_folder_without_the_right_to_write_is_one_sentence(run_script, tmp_path):
    tmp_path.chmod(0o500)
    finished = run_script("data/synthesize.py", "--output_dir", tmp_path / "out")
    assert_one_sentence(finished, "may not be written to")


def test_missing_parent_folders_are_made(run_script, tmp_path):
    sizes = ("--n_train", 1, "--n_test", 1, "--n_mdp_train", 1, "--n_mdp_test", 1)
    finished = run_script("data/synthesize.py", "--output_dir", tmp_path / "a" / "b", *sizes)
    assert finished.returncode == 0, finished.stderr
    assert len(read_rows(tmp_path / "a" / "b" / "sii_train.json")) == 1


def assert_one_sentence(finished, expected: str) -> None:
    assert finished.returncode == 2
    assert finished.stderr.count("\n") == 1
    assert expected in finished.stderr
    assert "Traceback" not in finished.stderr
