"""data/from_perovskite_database.py: every device is kept, mended or dropped as its docstring says."""

import hashlib
import json
from pathlib import Path

import pytest

from masterkey.database.export import fold_blanks, read_export
from masterkey.database.measurements import RANGES
from masterkey.rows.records import read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.synthetic.export import write_export
from tests.conftest import ROOT
from tests.perovskite_exports import convert, converter, of_all_splits, rows_in, write_csv

# As the row of the device above must be written, byte for byte.
PLAIN_INPUT = """ Substrate stack sequence: SLG | FTO
 ETL stack sequence: TiO2-c | TiO2-mp
 ETL additives compounds: Unknown
 ETL deposition procedure: Spray-pyrolys | Spin-coating
 Perovskite composition long form: MAPbI3
 Perovskite composition short form: MAPbI
 Perovskite additives compounds: \n Perovskite deposition solvents: DMF; DMSO
 Perovskite deposition procedure: Spin-coating
 Perovskite deposition thermal annealing temperature: 100
 Perovskite deposition thermal annealing time: 10
 HTL stack sequence: Spiro-MeOTAD
 HTL additives compounds: Li-TFSI; TBP
 HTL deposition procedure: Spin-coating
 Backcontact stack sequence: Au
 Backcontact additives compounds: \n Backcontact deposition procedure: Evaporation
 Cell architecture: nip
 Cell semitransparent: FALSE###"""
PLAIN_OUTPUT = (
    " JV default Voc: 1.05\n JV default Jsc: 22.10\n JV default FF: 0.75\n JV default PCE: 17.50@@@"
)

# --- row by row ------------------------------------------------------------------------------------

UNCHANGED = (PLAIN_INPUT, PLAIN_OUTPUT)


def changed(**of: str) -> tuple[str, str]:
    """The plain row with other texts in it: `changed(**{"old": "new"})`."""
    input, output = UNCHANGED
    for old, new in of.items():
        assert (input + output).count(old) == 1, old
        input, output = input.replace(old, new), output.replace(old, new)
    return input, output


# (how the device differs from the plain one, what becomes of it): every irregularity on its own.
CASES = [
    ({}, UNCHANGED),
    ({"Ref_DOI_number": " https://doi.org/10.1000/PLAIN "}, UNCHANGED),
    # text stays text
    ({"HTL_stack_sequence": "none"}, changed(**{"Spiro-MeOTAD": "none"})),
    ({"HTL_stack_sequence": "NA"}, changed(**{"Spiro-MeOTAD": "NA"})),
    ({"HTL_additives_compounds": "nan"}, changed(**{"Li-TFSI; TBP": "nan"})),
    (
        {"Perovskite_deposition_thermal_annealing_temperature": "070.0 >> 100"},
        changed(**{"temperature: 100": "temperature: 070.0 >> 100"}),
    ),
    (
        {"HTL_stack_sequence": 'X, "the new one"', "Ref_free_text_comment": 'a "b",\nc'},
        changed(**{"Spiro-MeOTAD": 'X, "the new one"'}),
    ),
    # newlines and blanks
    ({"HTL_additives_compounds": "2,\n2’-BiPy"}, changed(**{"Li-TFSI; TBP": "2, 2’-BiPy"})),
    ({"HTL_additives_compounds": " Li-TFSI;\r\n\tTBP\n"}, UNCHANGED),
    ({"HTL_additives_compounds": "Li-TFSI;\u00a0 TBP\u2028"}, UNCHANGED),
    # booleans
    *[({"Cell_semitransparent": x}, UNCHANGED) for x in ("False", "false", "0", "0.0", "no")],
    *[
        ({"Cell_semitransparent": x}, changed(**{"transparent: FALSE": "transparent: TRUE"}))
        for x in ("True", "true", " TRUE", "1", "1.0", "yes", "WAHR", "ja")
    ],
    ({"Cell_semitransparent": "FALSCH", "Module": "falsch"}, UNCHANGED),
    ({"Module": "WAHR"}, "module"),
    # times with a unit, decimal commas, and what may be a thousand
    ({"Perovskite_deposition_thermal_annealing_time": "600 s"}, UNCHANGED),
    (
        {"Perovskite_deposition_thermal_annealing_time": "0,5 h >> 30 min; 12,5"},
        changed(**{"time: 10": "time: 30 >> 30; 12.5"}),
    ),
    (
        {"Perovskite_deposition_thermal_annealing_time": "1,440"},
        changed(**{"time: 10": "time: 1,440"}),
    ),
    (
        {"Perovskite_deposition_thermal_annealing_time": "over night"},
        changed(**{"time: 10": "time: over night"}),
    ),
    (
        {"Cell_semitransparent": "nan"},
        changed(**{"transparent: FALSE": "transparent: nan"}),
    ),
    (
        {"Cell_semitransparent": "partly"},
        changed(**{"transparent: FALSE": "transparent: partly"}),
    ),
    # modules
    ({"Module": "TRUE"}, "module"),
    ({"Module": "True"}, "module"),
    ({"Module": "1", "JV_default_PCE": ""}, "module"),
    ({"Module": "nan"}, UNCHANGED),
    # PCE
    *[({"JV_default_PCE": x}, "no PCE") for x in ("", "nan", " NaN ", "Unknown", "NA", "none")],
    ({"JV_default_PCE": "17.5 ± 0.3"}, "PCE is not a number"),
    ({"JV_default_PCE": "17,5"}, UNCHANGED),
    ({"JV_default_PCE": "17,500", "JV_default_Voc": "1,050"}, UNCHANGED),
    ({"JV_default_PCE": "1,017,5"}, "PCE is not a number"),
    ({"JV_default_PCE": "inf"}, "PCE is not a number"),
    ({"JV_default_PCE": "-1"}, "PCE out of range"),
    ({"JV_default_PCE": "30.01"}, "PCE out of range"),
    ({"JV_default_PCE": "17.5 %"}, UNCHANGED),
    ({"JV_default_PCE": "1.75e1"}, UNCHANGED),
    # Voc, Jsc, FF
    ({"JV_default_Voc": "volt"}, "Voc is not a number"),
    ({"JV_default_Voc": "2.01"}, "Voc out of range"),
    ({"JV_default_Voc": "1050"}, "Voc out of range"),
    ({"JV_default_Voc": "-0.01"}, "Voc out of range"),
    ({"JV_default_Jsc": "-22.1"}, "Jsc out of range"),
    ({"JV_default_Jsc": "45.1"}, "Jsc out of range"),
    ({"JV_default_FF": "1.01"}, "FF out of range"),
    ({"JV_default_FF": "9.9"}, "FF out of range"),
    ({"JV_default_FF": "100.1"}, "FF out of range"),
    ({"JV_default_FF": "-0.1"}, "FF out of range"),
    ({"JV_default_FF": "75.4"}, UNCHANGED),
    ({"JV_default_FF": "75,4 %"}, UNCHANGED),
    ({"JV_default_FF": ""}, changed(**{"FF: 0.75": "FF:  "})),
    (
        {f"JV_default_{name}": "nan" for name in ("Voc", "Jsc", "FF")},
        changed(**{"Voc: 1.05": "Voc:  ", "Jsc: 22.10": "Jsc:  ", "FF: 0.75": "FF:  "}),
    ),
    # zero is a result, and has no sign
    (
        {f"JV_default_{name}": "-0.0" for name in RANGES},
        changed(
            **{
                "Voc: 1.05": "Voc: 0.00",
                "Jsc: 22.10": "Jsc: 0.00",
                "FF: 0.75": "FF: 0.00",
                "PCE: 17.50": "PCE: 0.00",
            }
        ),
    ),
    # at the ends of the ranges, and another measurement than the scan
    ({"JV_default_PCE": "30"}, changed(**{"PCE: 17.50": "PCE: 30.00"})),
    ({"JV_default_Voc": "2.0"}, changed(**{"Voc: 1.05": "Voc: 2.00"})),
    # papers
    ({"Ref_DOI_number": ""}, UNCHANGED),
    ({"Ref_DOI_number": "nan"}, UNCHANGED),
]


@pytest.fixture
def converted(tmp_path):
    return convert(tmp_path, [device for device, _ in CASES])


def test_every_row_is_what_its_case_says(converted):
    folder, _ = converted
    kept = {row["id"]: row for row in of_all_splits(folder, "mdp")}
    dropped = {line["row"]: line["reason"] for line in rows_in(folder / "dropped.jsonl")}
    assert len(kept) + len(dropped) == len(CASES)
    for number, (device, expected) in enumerate(CASES):
        if isinstance(expected, str):
            assert dropped.get(number) == expected, device
            continue
        doi = "" if device.get("Ref_DOI_number") in ("", "nan") else "10.1000/plain"
        row = kept[f"{doi} row {number}".strip()]
        assert (row["input"], row["output"]) == expected, device
        assert row["instruction"] == schema.MDP_INSTRUCTION
        assert row["doi"] == doi


def test_every_row_is_counted_once(converted):
    _, report = converted
    mdp = report["mdp"]
    assert report["export"]["n_rows"] == len(CASES)
    assert report["export"]["n_columns"] == 410
    assert mdp["n_kept"] + sum(mdp["n_dropped"].values()) == len(CASES)
    reasons = [expected for _, expected in CASES if isinstance(expected, str)]
    assert mdp["n_dropped"] == {reason: reasons.count(reason) for reason in reasons}
    assert sum(split["n_rows"] for split in mdp["splits"].values()) == mdp["n_kept"]


def test_changes_are_counted(converted):
    _, report = converted
    assert report["export"]["n_values_changed"] == {
        "newline collapsed": 2,
        "blanks folded": 3,
        "boolean written otherwise": 17,
        "boolean not understood": 1,
        "decimal comma read as a point": 5,
        "annealing time with a unit turned into minutes": 2,
        "comma not understood: a thousand or a decimal": 1,
        "DOI written otherwise": 1,
    }
    assert report["mdp"]["n_ff_in_percent"] == 2
    assert report["mdp"]["n_with_an_empty_target"] == {"Voc": 1, "Jsc": 1, "FF": 2}
    assert report["export"]["n_papers"] == 1
    assert report["export"]["n_papers_with_doi_in_several_spellings"] == 1
    assert report["export"]["n_rows_without_doi"] == 2


def test_a_product_that_is_not_the_pce_is_flagged_and_kept(converted):
    folder, report = converted
    flagged = rows_in(folder / "inconsistent.jsonl")
    # 1.05 V × 22.1 mA/cm² × 0.754 = 17.497 %
    assert [line["difference"] for line in flagged] == [-12.503, 15.827]
    assert flagged[0]["targets"] == {"Voc": "1.05", "Jsc": "22.1", "FF": "0.754", "PCE": "30"}
    assert report["mdp"]["n_inconsistent"] == 2


def test_drop_inconsistent_drops_them_and_nothing_else(tmp_path):
    devices = [{}, {"JV_default_PCE": "17.69"}, {"JV_default_PCE": "17.71"}, {"JV_default_FF": ""}]
    folder, report = convert(tmp_path, devices, drop_inconsistent=True)
    assert report["mdp"]["n_dropped"] == {"Voc·Jsc·FF is not PCE": 1}
    assert [line["row"] for line in rows_in(folder / "dropped.jsonl")] == [2]
    assert rows_in(folder / "inconsistent.jsonl") == []


# --- flags and files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_fraction": 1.0}, "--validation_fraction 1.0: give a share"),
        ({"test_fraction": -0.1}, "--test_fraction -0.1: give a share"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, "leave nothing to train on"),
        ({"exclude": ["absent.json"]}, "absent.json: no such file"),
        ({"texts": "absent"}, "absent: no such file"),
    ],
)
def test_flags_that_make_no_sense_are_refused(arguments, message, tmp_path):
    with pytest.raises(UserError, match=message):
        convert(tmp_path, [{}], **arguments)


def test_an_output_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        convert(tmp_path, [{}])
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_the_report_says_what_it_was_made_from(tmp_path):
    folder, report = convert(tmp_path, [{}], seed=3, drop_inconsistent=True)
    assert report["settings"] == {
        "validation_fraction": 0.1, "test_fraction": 0.1, "devices_per_paper": "one",
        "drop_inconsistent": True, "seed": 3,
    }  # fmt: skip
    assert report["data"][0]["bytes"] == (tmp_path / "db.csv").stat().st_size
    assert report["snapshot"] is None
    assert "pyarrow" in report["versions"]
    assert str(tmp_path) not in (folder / "report.json").read_text("utf-8")


def test_a_published_snapshot_is_recognised_by_its_checksum(tmp_path, monkeypatch, capsys):
    path = write_csv(tmp_path / "db.csv", [{}])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(converter(), "SNAPSHOTS", {digest: "Zenodo of this test"})
    _, report = convert(tmp_path, path)
    assert report["snapshot"] == "Zenodo of this test"
    assert f"SHA-256 {digest} (Zenodo of this test)" in capsys.readouterr().out


# --- the published rows ----------------------------------------------------------------------------


def test_the_published_mdp_rows_come_through_byte_for_byte(shared_data, tmp_path):
    rows = json.loads((shared_data / "regression360.json").read_text("utf-8"))
    devices = []
    for number, row in enumerate(rows):
        targets = schema.parse_mdp_answer(row["output"])
        devices.append(
            {f"JV_default_{name}": value for name, value in targets.items()}
            | schema.parse_mdp_input(row["input"])
            | {"Ref_DOI_number": f"10.1000/{number}"}
        )
    folder, report = convert(tmp_path, devices)
    written = {int(row["id"].split()[-1]): row for row in of_all_splits(folder, "mdp")}
    broken = {345, 346, 348}  # a value broken by a newline, which is mended
    for number, row in enumerate(rows):
        input = row["input"]
        if number in broken:
            fields = schema.parse_mdp_input(input)
            folded = {name: fold_blanks(value) for name, value in fields.items()}
            assert folded != fields
            input = schema.format_mdp_input(folded, markers=True)
        assert written[number]["input"] == input
        assert written[number]["output"] == row["output"]
    assert report["mdp"]["n_inconsistent"] == 38


def test_the_published_sii_answers_come_through_byte_for_byte(shared_data, tmp_path):
    rows = json.loads((shared_data / "sii360.json").read_text("utf-8"))
    labels = [schema.parse_sii_answer(row["output"]) for row in rows]
    devices = [{**label, "Ref_DOI_number": f"10.1000/{n}"} for n, label in enumerate(labels)]
    lines = [{"doi": f"10.1000/{n}", "text": row["input"]} for n, row in enumerate(rows)]
    (tmp_path / "texts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    folder, _ = convert(tmp_path, devices, texts=str(tmp_path / "texts.jsonl"))
    written = {int(row["id"].split("/")[1]): row for row in of_all_splits(folder, "sii")}
    differing = [n for n, row in enumerate(rows) if written[n]["output"] != row["output"]]
    assert differing == [164]  # its newline is mended
    assert [written[n]["input"] for n in range(360)] == [row["input"].strip() for row in rows]


# --- as a user runs it -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def invented(tmp_path_factory, run_script) -> Path:
    """The rows of an invented export, with texts of every second paper."""
    work = tmp_path_factory.mktemp("invented")
    write_export(work / "export.csv", 400, seed=0)
    papers = {entry.doi for entry in read_export(work / "export.csv").entries} - {""}
    with open(work / "texts.jsonl", "w") as file:
        for doi in sorted(papers)[::2]:
            text = f"An invented paper, {doi}, on a cell that was never made."
            file.write(json.dumps({"doi": doi.upper(), "text": text}) + "\n")
    done = run_script(
        "data/from_perovskite_database.py", work / "export.csv", "--output_dir", work / "rows",
        "--texts", work / "texts.jsonl", "--exclude", ROOT / "data" / "sample" / "mdp_test.json",
        "--test_fraction", 0.2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "export.csv: 400 rows × 410 columns" in done.stdout
    return work


@pytest.mark.slow
def test_baseline_and_evaluator_take_the_rows_unchanged(invented, run_script):
    rows = invented / "rows"
    for task, split in ((t, s) for t in ("mdp", "sii") for s in ("train", "validation", "test")):
        path = rows / f"{task}_{split}.json"
        assert read_rows(path, task=task, answers="required")
    done = run_script(
        "regression_baseline.py", "--method", "random_forest", "--train", rows / "mdp_train.json",
        "--data_path", rows / "mdp_test.json", "--output_path", invented / "forest.jsonl",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = run_script("regression_evaluate.py", invented / "forest.jsonl")
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC DATA" in done.stdout
    done = run_script(
        "sii_baseline.py", "--method", "majority", "--train", rows / "sii_train.json",
        "--data_path", rows / "sii_test.json", "--output_path", invented / "majority.jsonl",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_train_takes_the_rows_unchanged(invented, run_script):
    files = [invented / "rows" / name for name in ("mdp_train.json", "sii_train.json")]
    done = run_script(
        "data/train_tokenizer.py", "--vocab_size", 1000, "--data_path", *files,
        "--output_dir", invented / "tokenizer",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    small = {"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "vocab_size": 1}
    small |= {"num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 1024}
    (invented / "small.json").write_text(json.dumps(small))
    done = run_script(
        "train.py", ROOT / "configs" / "tiny.yaml", "--config_name", invented / "small.json",
        "--tokenizer_name", invented / "tokenizer", "--data_path", *files, "--max_steps", 2,
        "--model_max_length", 1024, "--warmup_steps", 0, "--output_dir", invented / "model",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no answer was cut" in done.stdout
    assert (invented / "model" / "model.safetensors").exists()


@pytest.mark.slow
def test_a_mistake_exits_with_2_and_one_line(run_script, tmp_path):
    path = write_csv(tmp_path / "db.csv", [{"JV_default_PCE": "about 17"}, {"Module": "TRUE"}])
    done = run_script("data/from_perovskite_database.py", path, "--output_dir", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"error: {path}: none of its 2 devices is usable: PCE is not a number (1), module (1); row 0 has"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
