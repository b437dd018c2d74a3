"""data/audit.py: copies and overlaps, repeated recipes, evidence, irregular rows, contexts, classes."""

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.audit import checks as audit
from masterkey.audit.irregular_rows import KINDS, irregularities
from masterkey.audit.overlap import overlaps
from masterkey.rows.records import Row, read_rows
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"

LETTERS = "a b c d e f g h i j k l m n o p q r s t"


@pytest.fixture
def script():
    """data/audit.py as a module."""
    spec = importlib.util.spec_from_file_location("audit_script", ROOT / "data" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sii_row(input: str, number: int = 0, **values: str) -> Row:
    """An SII row whose fields are "Unknown" but for `values`."""
    fields = dict.fromkeys(schema.SII_FIELDS, "Unknown") | values
    return Row(str(number), schema.SII_INSTRUCTION, input, schema.format_sii_answer(fields), number)


def mdp_row(targets: str | None = "1.00 20.00 0.75 15.00", number: int = 0, **values: str) -> Row:
    """An MDP row of a plain device; `targets` are Voc, Jsc, FF and PCE as written."""
    fields = dict.fromkeys(schema.MDP_FIELDS, "Unknown") | values
    output = None
    if targets is not None:
        written = dict(zip(schema.MDP_TARGETS, targets.split(), strict=True))
        output = schema.format_mdp_answer(written)
    return Row(str(number), schema.MDP_INSTRUCTION, schema.format_mdp_input(fields), output, number)


# --- overlap -----------------------------------------------------------------------------------------


def pairs(texts, others=None, threshold=0.01) -> list[tuple]:
    found = overlaps(texts, others, threshold=threshold)
    return [
        (int(found.first[k]), int(found.second[k]), round(float(found.containment[k]), 4))
        for k in range(len(found))
    ]


def test_a_copy_with_other_case_and_punctuation_is_contained_whole():
    assert pairs([LETTERS, LETTERS.upper().replace(" ", ", ")]) == [(0, 1, 1.0)]


def test_an_excerpt_is_contained_whole_in_the_longer_text():
    assert pairs([LETTERS, LETTERS[:19]]) == [(0, 1, 1.0)]  # ten words of twenty


def test_containment_is_the_share_of_the_shorter_texts_sequences():
    # 9 words, so two sequences, of which one stands in the other text.
    assert pairs([LETTERS, "a b c d e f g h x"]) == [(0, 1, 0.5)]


def test_texts_that_share_seven_words_in_a_row_do_not_overlap():
    assert pairs(["a b c d e f g 1", "a b c d e f g 2"]) == []


def test_texts_shorter_than_a_sequence_overlap_only_with_their_equals():
    assert pairs(["a b", "A b!", "a b c", "b a", "", "?"]) == [(0, 1, 1.0)]


def test_pairs_across_two_lists_are_found_in_both_directions_of_time():
    assert pairs([LETTERS, "x"], ["y", LETTERS, "x"]) == [(0, 1, 1.0), (1, 2, 1.0)]


def test_the_highest_containment_comes_first():
    half, whole = "a b c d e f g h x", LETTERS[:19]
    assert pairs([LETTERS, half, whole]) == [(0, 2, 1.0), (0, 1, 0.5), (1, 2, 0.5)]


words = st.lists(st.sampled_from("abc"), max_size=14).map(" ".join)


@given(texts=st.lists(words, max_size=6), others=st.none() | st.lists(words, max_size=6))
@settings(max_examples=80, deadline=None)
def test_overlaps_are_those_of_plain_sets(texts, others):
    def sequences(text):
        of = text.split()
        length = min(8, len(of))
        return {tuple(of[k : k + length]) for k in range(len(of) - length + 1)} if of else set()

    expected = {}
    for i, text in enumerate(texts):
        for j, other in enumerate(texts if others is None else others):
            a, b = sequences(text), sequences(other)
            if a & b and (others is not None or i < j):
                expected[i, j] = round(len(a & b) / min(len(a), len(b)), 4)
    assert {(i, j): share for i, j, share in pairs(texts, others)} == expected


def test_repeated_inputs_are_named_once_and_not_again_as_near_copies():
    near = LETTERS + " u"
    rows = [sii_row(text, n) for n, text in enumerate([LETTERS, near, f" {LETTERS}\n", "", ""])]
    found = audit.repeated_inputs(rows, 0.3)
    assert found["identical"] == [[0, 2]]
    assert (found["n_distinct"], found["n_rows_with_a_copy"], found["n_near"]) == (2, 2, 1)
    assert found["near"] == [{"rows": [0, 1], "containment": 1.0, "n_shared": 13}]


def test_inputs_in_both_files_are_named_by_their_rows_in_each():
    rows = [sii_row("other words", 0), sii_row(LETTERS, 1)]
    others = [sii_row(LETTERS[:19], 0), sii_row("new", 1), sii_row("other  words", 2)]
    found = audit.shared_inputs(rows, others, 0.3)
    assert found["identical"] == [[[0], [2]]]
    assert found["n_rows_identical"] == 1
    assert found["near"] == [{"rows": [1, 0], "containment": 1.0, "n_shared": 3}]


# --- recipes -----------------------------------------------------------------------------------------


def test_the_noise_floor_is_measured_inside_repeated_recipes():
    rows = [
        mdp_row("1.0 20 0.7 14.0", 0),
        mdp_row("1.1 22 0.7 17.0", 1),
        mdp_row("1.2 24 0.7 15.0", 2),
        mdp_row("0.9 10 0.5 4.5", 3, HTL_stack_sequence="PTAA"),
    ]
    found = audit.repeated_recipes(rows)
    assert (found["n_recipes"], found["n_repeated"], found["n_rows_repeated"]) == (2, 1, 3)
    assert found["most_repeated"] == 3
    pce = found["noise_floor"]["PCE"]  # 14, 15, 17 around 15
    assert pce["mae"] == pytest.approx(1.0)
    assert pce["sd"] == pytest.approx(np.std([14, 15, 17], ddof=1))
    assert found["noise_floor"]["FF"]["sd"] == pytest.approx(0, abs=1e-12)


def test_without_repeated_recipes_there_is_no_noise_floor():
    found = audit.repeated_recipes([mdp_row(None, 0), mdp_row(number=1, Cell_architecture="nip")])
    assert found["n_repeated"] == 0
    assert found["noise_floor"]["PCE"]["mae"] is None
    assert found["noise_floor"]["PCE"]["sd"] is None


def test_recipes_one_field_apart_are_counted():
    base, near = mdp_row(), mdp_row(number=1, HTL_stack_sequence="PTAA")
    far = mdp_row(number=2, HTL_stack_sequence="P3HT", Cell_architecture="nip")
    assert audit.one_field_apart([base]) == 0
    assert audit.one_field_apart([base, base, near]) == 2
    assert audit.one_field_apart([base, far]) == 0
    assert audit.one_field_apart([base], [base, near, far]) == 1


def test_recipes_in_both_files_are_counted_by_recipe_and_row():
    rows = [mdp_row(), mdp_row(number=1, Cell_architecture="pin")]
    others = [mdp_row("1 1 1 1", 0), mdp_row("2 2 1 4", 1), mdp_row(number=2, Module="x")]
    others[2] = mdp_row(number=2, HTL_stack_sequence="PTAA")
    found = audit.shared_recipes(rows, others)
    assert found == {"n_recipes": 2, "n_shared": 1, "n_rows_shared": 2, "one_field_apart": 2}


# --- evidence ----------------------------------------------------------------------------------------


def test_answers_count_as_in_the_text_by_whole_words_and_by_the_value_of_numbers():
    rows = [
        sii_row(
            "Annealed at 100 °C after spin-coating; area 0.160 cm2",
            Perovskite_deposition_thermal_annealing_temperature="100.0",
            Cell_architecture="pin",
            Cell_area_measured="0.16",
            Stability_measured="TRUE",
        ),
        sii_row(
            "Annealed at 1100 °C, area 10.16",
            Perovskite_deposition_thermal_annealing_temperature="70; 1100",
            Cell_area_measured="0.16",
        ),
    ]
    found = audit.answers_in_text(rows)
    temperature = found["Perovskite_deposition_thermal_annealing_temperature"]
    assert temperature == {"n": 2, "share": 0.5, "share_of_parts": pytest.approx(2 / 3)}
    assert found["Cell_area_measured"]["share"] == 0.5
    assert found["Cell_architecture"]["share"] == 0  # not in s-pin-coating
    assert "Stability_measured" not in found  # no paper states TRUE
    assert "ETL_stack_sequence" not in found  # not reported


def test_rows_without_answers_give_no_evidence():
    assert audit.answers_in_text([Row("0", "", "text", None, 0)]) == {}


# --- irregular rows ----------------------------------------------------------------------------------

TEMPERATURE = "Perovskite_deposition_thermal_annealing_temperature"
TIME = "Perovskite_deposition_thermal_annealing_time"


@pytest.mark.parametrize(
    ("row", "task", "kinds"),
    [
        (sii_row("text"), "sii", []),
        (sii_row(" "), "sii", ["no input"]),
        (sii_row("text"), "mdp", ["other task"]),
        (sii_row("text", HTL_additives_compounds="2,\n2'-BiPy"), "sii", ["broken value"]),
        (sii_row("text", **{TEMPERATURE: "70; hot"}), "sii", ["not a number"]),
        (sii_row("text", **{TEMPERATURE: "70; 100", TIME: "5"}), "sii", ["stages differ"]),
        (sii_row("text", **{TEMPERATURE: "70; 100", TIME: "5; 10"}), "sii", []),
        (sii_row("text", **{TEMPERATURE: "70; 100", TIME: "Unknown"}), "sii", []),
        (
            sii_row("text", ETL_stack_sequence="A | B", ETL_deposition_procedure="Spin-coating"),
            "sii",
            ["layers differ"],
        ),
        (Row("0", schema.SII_INSTRUCTION, "text", "Module: FALSE", 0), "sii", 30 * ["missing field"]),
        (Row("0", schema.SII_INSTRUCTION, "text", None, 0), "sii", []),
        (mdp_row(), "mdp", []),
        (mdp_row(None), "mdp", []),
        (mdp_row("1.00 20.00 0.75 15.20"), "mdp", []),
        (mdp_row("1.00 20.00 0.75 15.21"), "mdp", ["PCE mismatch"]),
        (mdp_row("1.00 20.00 0.75 n.a."), "mdp", ["not a number"]),
        (mdp_row("0.00 20.00 0.75 0.00"), "mdp", ["zero target", "zero target"]),
        (mdp_row("1.00 20.00 75 1500"), "mdp", ["impossible target"] * 2),
        (
            Row("0", schema.MDP_INSTRUCTION, mdp_row().input, "JV default Voc:  \n", 0),
            "mdp",
            ["empty target"] + ["missing field"] * 3,
        ),
        (mdp_row(HTL_stack_sequence="TPE-2\n7"), "mdp", ["broken value"]),
    ],
)  # fmt: skip
def test_each_irregularity_is_found(row, task, kinds):
    found = [kind for kind, _ in irregularities(row, task)]
    assert found == kinds
    assert set(found) <= set(KINDS)


def test_irregular_rows_are_counted_once_per_kind():
    rows = [mdp_row("0 0 0 0", 0), mdp_row(number=1), mdp_row("0 1 1 0", 2)]
    found = audit.irregular_rows(rows, "mdp")
    assert found["n_rows"] == 2
    assert found["kinds"] == {"zero target": 2}
    assert [item["row"] for item in found["rows"]] == [0, 0, 0, 0, 2, 2]


@pytest.mark.slow
@given(input=st.text(max_size=200), output=st.none() | st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_audited_without_a_crash(input, output):
    for task, instruction in (("sii", schema.SII_INSTRUCTION), ("mdp", schema.MDP_INSTRUCTION)):
        row = Row("0", instruction, input, output, 0)
        audit.irregular_rows([row], task)
        audit.class_counts([row], task)
        audit.context_lengths([row], 2048, None)
    audit.repeated_inputs([row, row], 0.3)
    audit.repeated_recipes([row, row])
    audit.answers_in_text([row])


# --- contexts ----------------------------------------------------------------------------------------


def test_rows_beyond_the_context_are_named_exactly_where_tokens_are_counted():
    rows = [
        Row(str(n), "i", input, output, n)
        for n, (input, output) in enumerate(
            [("a b", "c"), ("a b", "c d"), ("a b c d", "e"), ("a", None)]
        )
    ]

    def count_words(texts):
        return [len(text.split()) for text in texts]

    fixed = count_words([audit.build_prompt("alpaca", "i", "a b").text()])[0] - 2
    found = audit.context_lengths(rows, fixed + 5, count_words)
    assert found["counted"] == "tokens"
    assert found["exceeding"] == [1, 2]  # 2 + 2 words, BOS and EOS; 4 + 1, BOS and EOS
    assert found["without_answer"] == [2]
    assert (found["longest"], found["longest_row"]) == (fixed + 7, 2)


def test_without_a_tokenizer_the_lengths_are_said_to_be_estimates():
    row = sii_row("x" * 8000)
    found = audit.context_lengths([row], 2048, None)
    assert found["counted"].startswith("estimate")
    assert found["exceeding"] == [0]
    assert found["longest"] > 2000


# --- classes -----------------------------------------------------------------------------------------


def test_equal_shares_have_no_distance_and_disjoint_ones_all_of_it():
    equal = audit.class_balance({"f": {"a": 20, "b": 10}}, {"f": {"a": 10, "b": 5}}, seed=0)["f"]
    assert (equal["distance"], equal["p"]) == (0, 1)
    disjoint = audit.class_balance({"f": {"a": 20}}, {"f": {"b": 20}}, seed=0)["f"]
    assert disjoint["distance"] == 1
    assert disjoint["p"] == pytest.approx(1 / 2001)
    assert disjoint["first"] == {"a": 1, "b": 0}


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50), min_size=1),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50), min_size=1),
)
@settings(max_examples=30, deadline=None)
def test_the_balance_is_a_distance_with_a_probability(first, second):
    found = audit.class_balance({"f": first}, {"f": second}, seed=0)["f"]
    swapped = audit.class_balance({"f": second}, {"f": first}, seed=0)["f"]
    assert 0 <= found["distance"] <= 1 + 1e-12
    assert 0 < found["p"] <= 1
    assert found["distance"] == pytest.approx(swapped["distance"])


def test_a_recipe_counts_once_in_the_classes():
    rows = [mdp_row(number=0, Cell_architecture="nip"), mdp_row(number=1, Cell_architecture="nip")]
    assert audit.class_counts(rows, "mdp")["Cell_architecture"] == {"nip": 1}
    rows = [sii_row("x", Cell_architecture="nip"), sii_row("y", Cell_architecture="nip")]
    assert audit.class_counts(rows, "sii")["Cell_architecture"] == {"nip": 2}


# --- the script --------------------------------------------------------------------------------------


def run_audit(script, *files, **more) -> None:
    script.main(script.Arguments(files=[str(file) for file in files], **more))


def test_the_sample_is_audited_as_text_and_json_marked_as_synthetic(script, tmp_path, capsys):
    output = tmp_path / "audit.json"
    run_audit(script, SAMPLE / "mdp_train.json", SAMPLE / "mdp_test.json", output_path=str(output))
    text = capsys.readouterr().out
    found = json.loads(output.read_text())
    assert [file["file"] for file in found["files"]] == ["mdp_train.json", "mdp_test.json"]
    assert all(file["synthetic"] and file["irregular"]["n_rows"] == 0 for file in found["files"])
    assert found["between"][0]["recipes"]["n_shared"] == 0
    assert "mdp_train.json: 360 rows, task MDP, 360 with an answer (synthetic rows)" in text
    assert "mdp_test.json against mdp_train.json" in text
    assert str(tmp_path) not in output.read_text()


def test_a_test_paper_that_is_in_the_training_file_is_reported(script, tmp_path, capsys):
    training = json.loads((SAMPLE / "sii_train.json").read_text())[:4]
    copied = {**training[2], "id": "copied"}
    (tmp_path / "a.json").write_text(json.dumps(training))
    (tmp_path / "b.json").write_text(json.dumps([copied]))
    run_audit(script, tmp_path / "a.json", tmp_path / "b.json")
    text = capsys.readouterr().out
    assert "1 rows of the second have an input of the first (row of the first = row of" in text
    assert re.search(r"2 = 0\)", text)


def test_files_of_different_tasks_are_audited_but_not_compared(script, tmp_path):
    output = tmp_path / "audit.json"
    sii, mdp = SAMPLE / "sii_test.json", SAMPLE / "mdp_test.json"
    run_audit(script, sii, mdp, output_path=str(output))
    found = json.loads(output.read_text())
    assert [file["task"] for file in found["files"]] == ["sii", "mdp"]
    assert found["between"] == []


def test_a_file_without_answers_is_audited(script, tmp_path, capsys):
    row = {"instruction": schema.SII_INSTRUCTION, "input": "A new paper."}
    (tmp_path / "new.json").write_text(json.dumps([row]))
    run_audit(script, tmp_path / "new.json")
    text = capsys.readouterr().out
    assert "1 rows, task SII, 0 with an answer" in text
    assert "no closed-vocabulary field has an answer" in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"containment": 0.0}, "--containment 0.0"),
        ({"containment": 1.5}, "--containment 1.5"),
        ({"max_length": 0}, "--max_length 0"),
        ({"seed": -1}, "--seed -1"),
        ({"output_path": str(SAMPLE / "mdp_test.json")}, "is a file to audit"),
    ],
)
def test_mistakes_are_one_sentence(script, more, message):
    with pytest.raises(UserError, match=message):
        run_audit(script, SAMPLE / "mdp_test.json", **more)


def test_a_file_of_another_task_is_refused_in_one_sentence(script, tmp_path):
    rows = [{"instruction": "Name three colours.", "input": "", "output": "red"}]
    (tmp_path / "alpaca.json").write_text(json.dumps(rows))
    with pytest.raises(UserError, match="neither SII nor MDP"):
        run_audit(script, tmp_path / "alpaca.json")


@pytest.mark.slow
def test_with_a_tokenizer_tokens_are_counted(run_script, tmp_path):
    trained = run_script(
        *("data/train_tokenizer.py", "--data_path", SAMPLE / "sii_test.json"),
        *("--output_dir", tmp_path / "tokenizer", "--vocab_size", 1000),
    )
    assert trained.returncode == 0, trained.stderr
    done = run_script(
        *("data/audit.py", SAMPLE / "sii_test.json", "--tokenizer", tmp_path / "tokenizer"),
        *("--max_length", 400, "--output_path", tmp_path / "audit.json"),
    )
    assert done.returncode == 0, done.stderr
    context = json.loads((tmp_path / "audit.json").read_text())["files"][0]["context"]
    assert context["counted"] == "tokens"
    assert len(context["exceeding"]) > 0
    done = run_script("data/audit.py", SAMPLE / "sii_test.json", "--tokenizer", tmp_path)
    assert done.returncode == 2
    assert "no tokenizer could be loaded" in done.stderr


# --- the published training files ----------------------------------------------------------------------
# Figures of ../shared/spec/data_format.md and facts.md.


def test_the_published_recipes_repeat_as_documented(shared_data):
    found = audit.repeated_recipes(read_rows(shared_data / "regression360.json"))
    assert (found["n_recipes"], found["n_repeated"], found["n_rows_repeated"]) == (180, 62, 242)
    assert found["most_repeated"] == 16
    floors = {"Voc": 0.027, "Jsc": 1.42, "FF": 0.036, "PCE": 1.25}
    for name, floor in floors.items():
        assert found["noise_floor"][name]["mae"] == pytest.approx(floor, abs=floor / 50)
    assert found["noise_floor"]["PCE"]["sd"] == pytest.approx(2.08, abs=0.005)


def test_the_published_irregular_rows_are_found(shared_data):
    def rows_of(found, kind):
        return sorted({item["row"] for item in found["rows"] if item["kind"] == kind})

    found = audit.irregular_rows(read_rows(shared_data / "regression360.json"), "mdp")
    assert rows_of(found, "empty target") == [17, 18]
    assert rows_of(found, "broken value") == [345, 346, 348]
    assert found["kinds"]["PCE mismatch"] == 38
    assert found["kinds"]["zero target"] == 4
    found = audit.irregular_rows(read_rows(shared_data / "sii360.json"), "sii")
    assert rows_of(found, "broken value") == [164]
    assert "missing field" not in found["kinds"]


@pytest.mark.slow
def test_the_published_answers_occur_in_their_texts_as_documented(shared_data):
    found = audit.answers_in_text(read_rows(shared_data / "sii360.json"))
    documented = {
        "Stability_time_total_exposure": 0.30,
        "Stability_PCE_initial_value": 0.06,
        "Stability_PCE_end_of_experiment": 0.43,
    }
    for field, share in documented.items():
        assert found[field]["share"] == pytest.approx(share, abs=0.02)
    for field in (TEMPERATURE, TIME):
        assert 0.95 < found[field]["share"] < 0.995


@pytest.mark.slow
def test_the_published_papers_hold_no_copies_but_some_overlap(shared_data):
    found = audit.repeated_inputs(read_rows(shared_data / "sii360.json"), 0.3)
    assert found["identical"] == []
    assert 0 < found["n_near"] < 20
