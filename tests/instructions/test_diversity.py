"""Root verbs and direct objects of instructions: the rule, its measured error, the counts, the figure."""

import importlib.util
import json
import math
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.instructions.verbs import counts as diversity
from masterkey.instructions.verbs.root_verbs import MEASURED_ERRORS, root_verb_and_object
from masterkey.instructions.verbs.sunburst import colour_of, spread, sunburst_figure
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

ROOT = Path(__file__).resolve().parents[2]
LABELLED = ROOT / "tests" / "fixtures" / "labelled_instructions.jsonl"


@pytest.fixture(scope="module")
def script():
    """data/diversity.py as a module."""
    spec = importlib.util.spec_from_file_location("diversity_script", ROOT / "data/diversity.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def labelled() -> list[dict]:
    return diversity.read_labelled(LABELLED)


def write_rows(path: Path, instructions: list[str]) -> Path:
    path.write_text(json.dumps([{"instruction": text} for text in instructions]))
    return path


def invented_instructions(count: int) -> list[str]:
    """30 verbs whose frequency falls as 1/rank, each with 8 objects likewise."""
    verbs = (
        "write generate describe explain create give identify find summarize rewrite compare list "
        "name calculate convert suggest provide classify edit design construct compose predict "
        "extract determine categorize develop translate discuss characterize"
    ).split()
    objects = "list example sentence story summary improvement temperature cell".split()
    weights = [
        (1 / i / j, f"{verb.capitalize()} a {object} for a reader.")
        for i, verb in enumerate(verbs, 1)
        for j, object in enumerate(objects, 1)
    ]
    total = sum(weight for weight, _ in weights)
    return [text for weight, text in weights for _ in range(math.ceil(weight / total * count))]


# The rule


@pytest.mark.slow
@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        (schema.SII_INSTRUCTION, ("summarize", "information")),
        (schema.MDP_INSTRUCTION, ("be", None)),
        ("Please briefly describe two ways to clean glass.", ("describe", "way")),
        ("Do not use the passive voice.", ("use", "voice")),
        ("Given the spectra, peaks, and their widths, compute the strain.", ("compute", "strain")),
        ("If the text is too long, shorten it.", ("shorten", None)),
        ("Based on the table below name the best solvent.", ("name", "solvent")),
        ("Could you please help me find a synonym?", ("find", "synonym")),
        ("I would like you to check my proof.", ("check", "proof")),
        ("You are a chemist. Your task is to balance the equation.", ("balance", "equation")),
        ("I need a list of oxides.", ("need", "list")),
        ("How does lattice strain influence the band gap?", ("influence", "gap")),
        ("How is the absorber deposited?", ("deposit", None)),
        ("What role do additives play in crystal growth?", ("play", "role")),
        ("Which solvents did the authors use?", ("use", "solvent")),
        ("Is the cell flexible?", ("be", None)),
        ("Has the film been annealed?", ("anneal", None)),
        ("Give the students three examples.", ("give", "example")),
        ("Tell me why it failed.", ("tell", None)),
        ("Characterise the powders.", ("characterize", "powder")),
        ("Write a short, clear and friendly reply.", ("write", "reply")),
        ("Compare and contrast DNA with RNA.", ("compare", "DNA")),
        ('Translate "Where can I buy a ticket?" into Italian.', ("translate", None)),
        ('Define "band gap".', ("define", "gap")),
        ("Measured at 1.5 V. Calculate the power.", ("calculate", "power")),
        ("Determine whether, e.g. in air, tin oxidises.", ("determine", None)),
        ("Synthesis of quantum dots", (None, None)),
        ("Tin oxidises in air.", (None, None)),
        ("请列出所有材料。", (None, None)),
        ("Назови три металла.", (None, None)),
        ("", (None, None)),
    ],
)
def test_root_verb_and_object_follow_the_guideline(instruction, expected):
    assert root_verb_and_object(instruction) == expected


@pytest.mark.slow
@given(st.text())
def test_any_text_gives_lemmas_or_none_and_never_an_object_alone(text):
    verb, object = root_verb_and_object(text)
    assert verb is None or verb == verb.lower() != ""
    assert object is None or (object and verb)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["lead, ", "(", "'", "a. ", "1,2,3\n", "how what ", '"a ', "- \n"]
)
def test_a_very_long_instruction_takes_no_more_than_a_moment(piece):
    start = time.perf_counter()
    root_verb_and_object(piece * (200_000 // len(piece)))
    assert time.perf_counter() - start < 5


VOCABULARY = sorted(
    {word for line in LABELLED.read_text(encoding="utf-8").split() for word in line.split()}
)


@given(
    st.lists(st.sampled_from([*VOCABULARY, ",", ".", "?", ":", "'", '"', "(", "\n"]), max_size=15)
)
def test_any_order_of_english_words_gives_lemmas_or_none(words):
    verb, object = root_verb_and_object(" ".join(words))
    assert verb is None or verb == verb.lower() != ""
    assert object is None or (object and verb)


def test_please_in_front_changes_no_command(labelled):
    commands = [
        line["instruction"]
        for line in labelled
        if line["verb"] and line["instruction"].lower().startswith(line["verb"])
    ]
    assert len(commands) > 100
    for command in commands:
        polite = f"Please {command[0].lower()}{command[1:]}"
        assert root_verb_and_object(polite) == root_verb_and_object(command), command


# Its measured error


def test_the_labelled_sample_is_200_instructions_of_ours_and_71_of_another_writer(labelled):
    parts = Counter(line["part"] for line in labelled)
    assert parts == {"development": 100, "held_out": 100, "another_writer": 71}
    instructions = [line["instruction"] for line in labelled]
    assert len(set(instructions)) == 271
    assert {schema.SII_INSTRUCTION, schema.MDP_INSTRUCTION} <= set(instructions)


def test_the_measured_error_is_the_one_that_the_output_states(labelled):
    assert diversity.measured_errors(labelled) == MEASURED_ERRORS


def test_the_measured_error_is_the_one_that_the_documentation_states(labelled):
    text = " ".join((ROOT / "data" / "README.md").read_text(encoding="utf-8").split())
    measured = diversity.measured_errors(labelled)
    for part, name in (
        ("another_writer", "the 71 seed tasks"),
        ("held_out", "100 held-out instructions"),
        ("development", "100 instructions that it was developed on"),
    ):
        n = measured[part]
        stated = (
            f"{name}: verb wrong in {n['verb']}, object in {n['object']}, either in {n['either']}"
        )
        assert stated in text


def test_errors_count_a_wrong_verb_and_a_wrong_object_apart():
    lines = [
        {"instruction": "Sort the list.", "verb": "sort", "object": "list", "part": "a"},
        {"instruction": "Sort the list.", "verb": "order", "object": "list", "part": "a"},
        {"instruction": "Sort the list.", "verb": "order", "object": None, "part": "a"},
    ]
    expected = {"a": {"n": 3, "verb": 2, "object": 1, "either": 2}}
    assert diversity.measured_errors(lines) == expected


def test_a_line_without_labels_is_refused_by_number(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"instruction": "Sort it.", "verb": "sort", "object": null}\n')
    with pytest.raises(UserError, match="line 1 is not labelled"):
        diversity.read_labelled(path)


# The counts


def test_counts_are_complete_and_ordered_by_frequency_then_alphabet():
    texts = [
        "Write a poem.",
        "Write an essay.",
        "Write about it.",
        "List all metals.",
        "Name a metal.",
        "Metals",
    ]
    report = diversity.report(diversity.count_verbs(texts))
    assert report == {
        "n_instructions": 6,
        "n_without_verb": 1,
        "n_verb_without_object": 1,
        "n_distinct_verbs": 3,
        "n_distinct_pairs": 4,
        "verbs": [
            {"verb": "write", "n": 3, "n_without_object": 1, "objects": {"essay": 1, "poem": 1}},
            {"verb": "list", "n": 1, "n_without_object": 0, "objects": {"metal": 1}},
            {"verb": "name", "n": 1, "n_without_object": 0, "objects": {"metal": 1}},
        ],
    }


def test_the_figure_takes_verbs_by_their_instructions_with_an_object():
    counts = {
        "be": Counter({None: 9}),
        "think": Counter({None: 8, "word": 1}),
        "write": Counter({"poem": 2, "essay": 2, "story": 1}),
    }
    shown = diversity.most_frequent(counts, top_verbs=2, top_objects=2)
    assert shown == [("write", [("essay", 2), ("poem", 2)]), ("think", [("word", 1)])]


# The figure


@given(
    st.lists(st.floats(0, 0.999999), max_size=90, unique=True).map(sorted), st.floats(0.0001, 0.05)
)
def test_spread_labels_keep_their_order_and_their_distance(turns, gap):
    places = spread(turns, gap)
    assert len(places) == len(turns)
    if len(turns) > 1:
        steps = [(places[i] - places[i - 1]) % 1.0 for i in range(len(places))]
        # Rising around the circle exactly once, and never closer than the gap.
        steps = [0.0 if step > 1 - 1e-9 else step for step in steps]
        assert min(steps) >= min(gap, 1 / len(turns)) - 1e-9
        assert sum(steps) == pytest.approx(1.0)


def test_labels_with_room_stay_where_their_wedges_are():
    turns = [0.05, 0.2, 0.5, 0.9]
    assert spread(turns, 0.01) == pytest.approx(turns)


def test_neighbouring_verbs_differ_in_colour():
    for n in range(2, 60):
        colours = [colour_of(i, n) for i in range(n)]
        assert all(colours[i] != colours[i - 1] for i in range(n))


@pytest.mark.slow
def test_all_labels_of_a_full_figure_are_drawn_inside_it_and_apart():
    counts = diversity.count_verbs(invented_instructions(2000))
    shown = diversity.most_frequent(counts)
    figure = sunburst_figure(shown, "caption")
    figure.canvas.draw()
    frame = figure.bbox
    texts = figure.axes[0].texts
    drawn = " ".join(text.get_text() for text in texts)
    assert all(verb in drawn for verb, _ in shown)
    assert sum(any(c.isdigit() for c in text.get_text()) for text in texts) == 80
    for text in texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1


# The script


@pytest.mark.slow
def test_counts_and_figure_of_a_file_are_written_and_repeat(script, tmp_path, capsys):
    file = write_rows(tmp_path / "rows.json", invented_instructions(300))
    script.main(script.Arguments(file=str(file)))
    out = tmp_path / "rows_diversity.json"
    report = json.loads(out.read_text())
    assert report["n_instructions"] == len(json.loads(file.read_text()))
    assert report["verbs"][0]["verb"] == "write"
    assert report["in_figure"]["verbs"] == 20
    assert report["method"]["measured_errors"] == MEASURED_ERRORS
    assert report["data"][0]["file"] == "rows.json"
    png, svg = (out.with_suffix(ending).read_bytes() for ending in (".png", ".svg"))
    assert png.startswith(b"\x89PNG")
    assert b"<svg" in svg
    script.main(script.Arguments(file=str(file)))
    assert (out.with_suffix(".png").read_bytes(), out.with_suffix(".svg").read_bytes()) == (
        png,
        svg,
    )
    assert "root verbs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "verb", "n_pairs"), [("sii_test", "summarize", 1), ("mdp_test", "be", 0)]
)
def test_a_file_with_one_instruction_gives_a_figure_of_one_verb(
    script, tmp_path, name, verb, n_pairs
):
    path = tmp_path / name
    file = ROOT / "data" / "sample" / f"{name}.json"
    script.main(script.Arguments(file=str(file), output_path=str(path)))
    report = json.loads(path.with_suffix(".json").read_text())
    assert [v["verb"] for v in report["verbs"]] == [verb]
    assert report["n_distinct_pairs"] == n_pairs
    assert path.with_suffix(".png").stat().st_size > 10_000


def test_a_file_without_any_verb_gives_counts_and_says_so(script, tmp_path, capsys):
    file = write_rows(tmp_path / "rows.json", ["列出材料。", "Solar cells", ""])
    script.main(script.Arguments(file=str(file)))
    report = json.loads((tmp_path / "rows_diversity.json").read_text())
    assert (report["n_instructions"], report["n_without_verb"]) == (3, 3)
    assert not (tmp_path / "rows_diversity.png").exists()
    assert "no figure was drawn" in capsys.readouterr().err


def test_the_file_that_is_read_is_never_replaced(script, tmp_path):
    file = write_rows(tmp_path / "rows.json", ["Sort the list."])
    with pytest.raises(UserError, match="would replace"):
        script.main(script.Arguments(file=str(file), output_path=str(tmp_path / "rows")))
    assert json.loads(file.read_text()) == [{"instruction": "Sort the list."}]


@pytest.mark.slow
def test_100_000_different_instructions_take_less_than_a_minute(labelled):
    texts = [f"{labelled[i % 271]['instruction']} Case {i}." for i in range(100_000)]
    start = time.process_time()
    counts = diversity.count_verbs(texts)
    assert time.process_time() - start < 60
    assert diversity.report(counts)["n_instructions"] == 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "name one file"),
        (["missing.json"], "no such file"),
        (["empty.json"], "is empty"),
        (["none.jsonl"], "holds no rows"),
        (["one.json", "--top_verbs", "0"], "give 1 or more"),
        (["one.json", "--labelled", "labels.jsonl"], "name one file"),
    ],
)
def test_a_mistake_is_one_sentence(run_script, tmp_path, flags, message):
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "none.jsonl").write_text("\n")
    write_rows(tmp_path / "one.json", ["Sort the list."])
    done = run_script("data/diversity.py", *flags, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_errors_can_be_measured_on_labels_of_ones_own(run_script, tmp_path):
    lines = [{"instruction": "Sort the list.", "verb": "order", "object": "list", "part": "mine"}]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run_script("data/diversity.py", "--labelled", path)
    assert done.returncode == 0, done.stderr
    assert "found sort, list; labelled order, list" in done.stdout
    assert "mine: of 1 instructions the verb is wrong in 1, the object in 0" in done.stdout
