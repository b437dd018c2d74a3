"""infer.py: papers and devices from files, standard input and the terminal, as tables and as JSON."""

import contextlib
import io
import json
import time

import pytest

import infer
from masterkey.formats.outputs import write
from masterkey.predicting.readers import Choice, Reader
from masterkey.rows.predictions import Prediction
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError, parse_arguments
from masterkey.terminal.tables import label

PAPER = (
    "Cells of n-i-p type stood on glass covered with FTO. Colloidal SnO2 (100 nm) was spin-coated. "
    "MAPbI3 from DMF and DMSO was spin-coated and annealed at 100 °C for 10 min. Spiro-OMeTAD, then "
    "80 nm of gold. The active area was 0.09 cm2."
)
DEVICE = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {
    "Substrate_stack_sequence": "SLG | FTO",
    "ETL_stack_sequence": "SnO2-np",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_deposition_solvents": "DMF; DMSO",
    "Perovskite_deposition_thermal_annealing_temperature": "100",
    "Backcontact_stack_sequence": "Au",
    "Cell_area_measured": "0.09",
    "Cell_flexible": "FALSE",
    "Module": "FALSE",
    "Stability_temperature_range": "nan; nan",
}
CONFIDENCE = dict.fromkeys(schema.SII_FIELDS, 0.9) | {"ETL_stack_sequence": 0.31}
TARGETS = {"Voc": "1.05", "Jsc": "22.10", "FF": "0.75", "PCE": "17.40"}
INTERVAL = {"Voc": [0.9, 1.1], "Jsc": [19, 24], "FF": [0.6, 0.8], "PCE": [12.1, 20.3]}


@pytest.fixture
def asked(monkeypatch):
    """Rows that the stand-in readers were asked, by task; they answer DEVICE and TARGETS."""
    asked = {"sii": [], "mdp": []}
    answers = {
        "sii": Prediction(schema.format_sii_answer(DEVICE), {"confidence": CONFIDENCE}),
        "mdp": Prediction(schema.format_mdp_answer(TARGETS), {"interval": INTERVAL}),
    }

    def stand_in(choice: Choice, arguments) -> Reader:
        def answer(row):
            asked[choice.task].append(row)
            return answers[choice.task]

        return Reader(f"stand-in {choice.model}", answer)

    monkeypatch.setattr(infer, "open_reader", stand_in)
    return asked


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "paper.txt"
    path.write_text(PAPER, encoding="utf-8")
    return path


def run_infer(*argv) -> None:
    infer.main(parse_arguments(infer.Arguments, "", [str(word) for word in argv]))


def give_stdin(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def row_of(table: str, name: str) -> str:
    [found] = [line for line in table.splitlines() if line.strip().startswith(name)]
    return found


# --- the table -----------------------------------------------------------------------------------


def test_the_table_shows_reported_fields_in_groups_with_confidence_and_evidence(
    asked, paper, capsys
):
    run_infer("--model", "m", paper)
    table = capsys.readouterr().out
    groups = [table.index(f"\n {name} ") for name in ("Materials", "Deposition", "Cell")]
    assert groups == sorted(groups)
    assert "Stability" not in table  # nothing reported
    assert "0.31 low" in row_of(table, "ETL stack sequence")
    assert "0.90 " in row_of(table, "Backcontact stack sequence")
    assert "«gold»" in table
    assert "«100» °C" in table
    assert "«0.09» cm2" in table
    assert "not in the text: SLG" in " ".join(table.split())
    assert "yes or no: not searched" in row_of(table, "Flexible")
    assert "HTL" not in table  # not reported
    assert "9 of 31 fields have a value" in table
    assert "1 of them with a confidence below 0.5" in table


def test_no_line_is_wider_than_100_columns_and_none_has_colours(asked, paper, capsys):
    run_infer("--model", "m", paper, "--all_fields")
    table = capsys.readouterr().out
    assert max(map(len, table.splitlines())) <= 100
    assert "\x1b" not in table


def test_all_fields_shows_all_31(asked, paper, capsys):
    run_infer("--model", "m", "--all_fields", paper)
    table = capsys.readouterr().out
    words = [label(field).split()[0] for field in schema.SII_FIELDS]
    assert all(word in table for word in words)
    assert table.count(" 0.90") + table.count(" 0.31") == 31
    assert "Time total exposure" in table  # with its unit in the next line, or in this one
    assert "[h]" in table


UNREAD = {
    "interval": None,
    "imputed": {"Perovskite_composition_long_form": "unreadable", "ETL_stack_sequence": "missing"},
}


@pytest.fixture
def unread(monkeypatch):
    """A reader of devices that could not read a composition, whatever it is asked."""
    prediction = Prediction(schema.format_mdp_answer(TARGETS), UNREAD)
    monkeypatch.setattr(infer, "open_reader", lambda *_: Reader("stand-in", lambda row: prediction))


def test_what_a_device_does_not_say_is_said_once_with_its_table(unread, tmp_path, capsys):
    path = tmp_path / "device.json"
    path.write_text(json.dumps({"Perovskite composition long form": "MAPbBrxIx"}))
    run_infer("--task", "mdp", "--model", "n", path)
    printed = capsys.readouterr()
    told = " ".join(printed.out.split())
    assert (
        told.count("Of this device: not reported: the ETL stack; cannot be read: the composition")
        == 1
    )
    assert "'MAPbBrxIx'" in told
    assert "stands for it" not in printed.err


def test_fields_that_many_devices_lack_are_noted_once(unread, tmp_path, capsys):
    path = tmp_path / "devices.json"
    path.write_text("\n".join([json.dumps({"ETL_stack_sequence": "TiO2-c"})] * 30))
    run_infer("--task", "mdp", "--model", "n", path, "--json")
    err = capsys.readouterr().err
    assert err.count("of the 19 fields not given") == 1
    assert "30 of 30 devices have some of the 19 fields not given: taken as empty" in err


def test_devices_of_a_table_are_judged(unread, tmp_path, capsys):
    lines = [
        {"id": own, "row": 0, "task": "sii", "fields": {"ETL_stack_sequence": own}}
        for own in ("TiO2-c", "SnO2-np")
    ]
    write(lines, tmp_path / "devices.xlsx")
    run_infer("--task", "mdp", "--model", "n", tmp_path / "devices.xlsx", "--json")
    judged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    stacks = [schema.parse_mdp_input(line["input"])["ETL_stack_sequence"] for line in judged]
    assert stacks == ["TiO2-c", "SnO2-np"]


def test_of_many_devices_as_json_it_is_counted_instead(unread, tmp_path, capsys):
    path = tmp_path / "devices.json"
    device = json.dumps(dict.fromkeys(schema.MDP_FIELDS, "MAPbBrxIx"))
    path.write_text("\n".join([device] * 30))
    run_infer("--task", "mdp", "--model", "n", path, "--json")
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["imputed"] for line in lines] == [UNREAD["imputed"]] * 30
    told = [line for line in printed.err.splitlines() if "stands for it" in line]
    assert len(told) == 2
    assert any("of 30 devices, cannot be read: the composition (30)" in one for one in told)


def test_the_chain_in_one_command_prints_the_performance_below(asked, paper, capsys):
    run_infer("--model", "m", "--mdp_model", "n", paper)
    table = capsys.readouterr().out
    assert table.index("Module") < table.index("judged by stand-in n")
    assert "17.4" in row_of(table, "PCE")
    assert "12.1 to 20.3" in row_of(table, "PCE")
    assert "mA/cm²" in row_of(table, "Jsc")
    assert "Voc × Jsc × FF = 17.4 %" in table
    [row] = asked["mdp"]
    assert schema.parse_mdp_input(row.input) == {name: DEVICE[name] for name in schema.MDP_FIELDS}


# --- JSON, and the chain of two commands ---------------------------------------------------------


def test_json_is_one_prediction_line_and_nothing_else(asked, paper, capsys):
    run_infer("--model", "m", paper, "--json")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    line = json.loads(out)
    assert line["fields"] == DEVICE
    assert line["confidence"] == CONFIDENCE
    assert line["task"] == "sii"
    [[start, end]] = line["evidence"]["Backcontact_stack_sequence"]["au"]
    assert line["input"][start:end] == "gold"


def test_evidence_stands_in_the_text_as_it_was_given(asked, tmp_path, capsys):
    path = tmp_path / "mineru.txt"
    path.write_text(PAPER.replace("gold", r"$\mathrm { A u }$"), encoding="utf-8")
    run_infer("--model", "m", path, "--json")
    line = json.loads(capsys.readouterr().out)
    assert line["input"] == path.read_text("utf-8")
    [[start, end]] = line["evidence"]["Backcontact_stack_sequence"]["au"]
    assert line["input"][start:end] == "A u"


def test_a_file_may_stand_behind_a_switch(asked, paper, capsys):
    run_infer("--model", "m", "--json", paper)
    assert json.loads(capsys.readouterr().out)["id"] == str(paper)


def test_what_json_prints_is_read_by_the_second_command(asked, paper, capsys, monkeypatch):
    run_infer("--model", "m", paper, "--json")
    give_stdin(monkeypatch, capsys.readouterr().out.encode())
    run_infer("--task", "mdp", "--model", "n", "--json")
    line = json.loads(capsys.readouterr().out)
    assert line["fields"] == {"Voc": 1.05, "Jsc": 22.1, "FF": 0.75, "PCE": 17.4}
    assert line["interval"] == INTERVAL
    [row] = asked["mdp"]
    assert schema.parse_mdp_input(row.input)["Backcontact_stack_sequence"] == "Au"


def test_the_chain_in_one_command_gives_one_json_object(asked, paper, capsys):
    run_infer("--model", "m", "--mdp_model", "n", "--json", paper)
    line = json.loads(capsys.readouterr().out)
    assert line["fields"] == DEVICE
    assert line["performance"]["fields"]["PCE"] == 17.4


def test_fields_that_a_device_lacks_are_named_and_taken_as_empty(asked, capsys, monkeypatch):
    give_stdin(monkeypatch, b"Cell architecture: nip\nETL stack sequence: SnO2-np")
    run_infer("--task", "mdp", "--model", "n")
    captured = capsys.readouterr()
    assert "17 of the 19 fields not given (first: Substrate_stack_sequence)" in captured.err
    assert "PCE" in captured.out
    [row] = asked["mdp"]
    assert schema.parse_mdp_input(row.input)["HTL_stack_sequence"] == ""


# --- long texts ----------------------------------------------------------------------------------


def whole_paper() -> str:
    talk = "Perovskite solar cells are studied widely for their efficiency.\n" * 200
    section = PAPER.replace(". ", ".\n")
    return f"{talk}2. Experimental Section\n{section}\n{section}\n3. Results\n{talk}"


def test_of_a_whole_paper_the_experimental_section_is_read_and_that_is_said(
    asked, tmp_path, capsys
):
    path = tmp_path / "whole.txt"
    path.write_text(whole_paper(), encoding="utf-8")
    run_infer("--model", "m", path)
    [row] = asked["sii"]
    assert row.input.startswith("2. Experimental Section\nCells of n-i-p type")
    assert "Results" not in row.input
    message = capsys.readouterr().err
    assert 'reading the section "2. Experimental Section"' in message
    assert "of 26," in message
    run_infer("--model", "m", "--whole_text", path)
    assert "3. Results" in asked["sii"][1].input


def test_a_long_text_without_a_heading_is_read_whole_and_that_is_said(asked, tmp_path, capsys):
    path = tmp_path / "long.txt"
    path.write_text(PAPER * 60, encoding="utf-8")
    run_infer("--model", "m", path)
    assert asked["sii"][0].input == PAPER * 60
    assert "no heading of an experimental section: all is read" in capsys.readouterr().err


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--method", "forests_and_kernel"],
            "--method forests_and_kernel: is not for SII; choose one of model, fields",
        ),
        (["--task", "mdp", "--method", "nearest"], "--method nearest: is not for MDP"),
        (["--method", "model"], "--method model: needs --model"),
        (["--method", "nearest", "--model", "m"], "nearest: has no model"),
        (["--task", "mdp", "--mdp_model", "n"], "are the second step of --task sii"),
        (["--mdp_method", "model"], "--mdp_method model: needs --mdp_model"),
        (["--mdp_train", "x"], "is for a second step"),
        (["--max_value_tokens", "0"], "--max_value_tokens 0: must be 1 or more"),
        (["--seed", "-1"], "--seed -1"),
    ],
)
def test_flags_that_do_not_fit_are_refused_before_anything_is_read(flags, message):
    with pytest.raises(UserError, match=message):
        run_infer("no such file", *flags)


def test_mistakes_in_the_input_are_answered_before_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(infer, "open_reader", lambda *_: pytest.fail("a model was loaded"))
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "table.csv").write_text("sample,PCE\n1,18.2\n")
    for name, task, message in (
        ("empty.txt", "sii", "holds no text"),
        ("table.csv", "sii", r"table\.csv: is a file of data, not of one paper"),
        ("absent.txt", "sii", "No such file"),
        (".", "mdp", "reads one file of devices"),
        ("empty.txt", "mdp", "holds no text"),
    ):
        with pytest.raises(UserError, match=message):
            run_infer("--model", "m", "--task", task, tmp_path / name)
    give_stdin(monkeypatch, PAPER.encode())
    with pytest.raises(UserError, match="standard input: holds none of the 19 device fields"):
        run_infer("--task", "mdp", "--model", "n")


# --- the terminal --------------------------------------------------------------------------------


def converse(monkeypatch, typed: list[str], *argv) -> None:
    """Run with a terminal into which `typed` lines are typed; then comes Ctrl-D."""
    lines = iter(typed)

    def typed_line():
        with contextlib.suppress(StopIteration):
            return next(lines)
        raise EOFError

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", typed_line)
    monkeypatch.setattr("masterkey.terminal.paste._more_waits", lambda: False)
    run_infer(*argv)


def test_paragraphs_are_asked_for_until_ctrl_d(asked, monkeypatch, capsys):
    typed = ["", "first", "paragraph", "", "", "second", ""]
    converse(monkeypatch, typed, "--model", "m", "--json")
    assert [row.input for row in asked["sii"]] == ["first\nparagraph", "second"]
    captured = capsys.readouterr()
    assert [json.loads(line)["id"] for line in captured.out.splitlines()] == ["terminal"] * 2
    assert captured.err.count("an empty line or Ctrl-D ends it") == 3


def test_ctrl_d_ends_a_paragraph_too(asked, monkeypatch):
    converse(monkeypatch, ["the only one"], "--model", "m")
    assert [row.input for row in asked["sii"]] == ["the only one"]


def test_a_mistake_in_the_terminal_does_not_end_the_session(asked, monkeypatch, capsys):
    typed = ["no device", "", "Cell architecture: pin", ""]
    converse(monkeypatch, typed, "--task", "mdp", "--model", "n")
    captured = capsys.readouterr()
    assert "error: terminal: holds none of the 19 device fields" in captured.err
    assert "PCE" in captured.out


@pytest.mark.slow
def test_help_is_instant_and_a_mistake_is_one_sentence(run_script, tmp_path):
    begin = time.perf_counter()
    done = run_script("infer.py", "--help")
    assert time.perf_counter() - begin < 10  # alone it takes a quarter of a second
    assert "python infer.py --model runs/demo/sii_model" in done.stdout
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    done = run_script("infer.py", "--model", "m", tmp_path / "binary")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "is neither text nor a PDF" in done.stderr
