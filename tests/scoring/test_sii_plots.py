"""Figures and views of SII scores: what they show is what the scorers say, and safe to show."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.rows.neighbours import majority_answer
from masterkey.rows.predictions import parse_answer, prediction_line
from masterkey.rows.records import Row
from masterkey.schema.fields import (
    CLOSED_FIELDS,
    GROUPS,
    SII_FIELDS,
    SII_INSTRUCTION,
    format_sii_answer,
)
from masterkey.schema.values import count_matches, parse_value
from masterkey.scoring.confusion import MISSING, NOT_REPORTED, OTHER, confusion
from masterkey.scoring.figures import notebook as sii_views
from masterkey.scoring.figures import paper as paper_view
from masterkey.scoring.figures import sii as sii_plots
from masterkey.scoring.published import PUBLISHED_LLAMA_7B
from masterkey.scoring.resampling import resampled_sums
from masterkey.scoring.sii_files import Predicted
from masterkey.scoring.sii_scores import evaluate
from masterkey.scoring.sound import compare
from masterkey.scripting.command_line import UserError
from masterkey.synthetic.rows import sii_rows

N_PAPERS = 12
LONG_NAME = "sii_llama-7b_alpaca_3_epochs_lr2e-5_seed42_published_prompt"


def write_predictions(path, predictions: list[dict], prefix: str = ""):
    """A prediction file over the first synthetic test rows; `prefix` replaces "synthetic-"."""
    rows = sii_rows("test", len(predictions), seed=5)
    with open(path, "w") as file:
        for number, (row, fields) in enumerate(zip(rows, predictions, strict=True)):
            id = row["id"].replace("synthetic-", prefix) if prefix else row["id"]
            row = Row(id, SII_INSTRUCTION, row["input"], row["output"], number)
            line = {**prediction_line("sii", row, ""), "fields": fields}
            file.write(json.dumps(line) + "\n")
    return str(path)


@pytest.fixture(scope="module")
def answers() -> list[dict]:
    return [parse_answer("sii", row["output"]) for row in sii_rows("test", N_PAPERS, seed=5)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, answers):
    """Predictions: `model` is right but for its own mistakes, `constant` a majority, `silent` none."""
    folder = tmp_path_factory.mktemp("predictions")
    model = [dict(answer) for answer in answers]
    model[0] = {}
    del model[1]["Module"]
    model[2]["Cell_architecture"] = "<script>alert('x')</script>"
    model[3] = {field: answers[4][field] for field in SII_FIELDS}
    model[5]["Perovskite_deposition_thermal_annealing_time"] = "an hour"  # no number: it raises
    write_predictions(folder / "model.jsonl", model)
    write_predictions(folder / f"{LONG_NAME}.jsonl", model)
    write_predictions(folder / "majority.jsonl", [majority_answer(answers)] * N_PAPERS)
    write_predictions(folder / "silent.jsonl", [{}] * N_PAPERS, prefix="doi-")
    return folder


@pytest.fixture(scope="module")
def evaluation(folder):
    return evaluate([str(folder / "model.jsonl"), str(folder / "majority.jsonl")], n_resamples=100)


@pytest.fixture(scope="module")
def silent(folder):
    return evaluate([str(folder / "silent.jsonl")], n_resamples=20)


def figures(evaluation) -> list:
    return [
        sii_plots.field_figure(evaluation),
        sii_plots.group_figure(evaluation),
        sii_plots.paper_figure(evaluation, sii_views.worst_papers(evaluation, 3)),
        sii_plots.confusion_figure(evaluation),
    ]


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_title_says_file_papers_and_synthetic(evaluation):
    for figure in figures(evaluation):
        assert "model, 12 papers · SYNTHETIC DATA" in figure.get_suptitle()


@pytest.mark.slow
def test_no_title_says_synthetic_on_other_papers_and_silence_is_drawn(silent):
    for figure in figures(silent):
        assert "SYNTHETIC" not in figure.get_suptitle()
        assert sii_plots.png(figure).startswith(b"\x89PNG")


@pytest.mark.slow
def test_nothing_is_clipped_even_with_long_names(folder):
    paths = [str(folder / f"{name}.jsonl") for name in (LONG_NAME, "model", "majority")]
    for figure in figures(evaluate(paths, n_resamples=20)):
        sii_plots.png(figure)  # lays it out
        drawn = figure.get_tightbbox()  # inches
        width, height = figure.get_size_inches()
        assert drawn.x0 >= -0.01
        assert drawn.y0 >= -0.01
        assert drawn.x1 <= width + 0.01
        assert drawn.y1 <= height + 0.01


@pytest.mark.slow
def test_labels_of_the_31_fields_do_not_overlap(evaluation):
    figure = sii_plots.field_figure(evaluation)
    sii_plots.png(figure)
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert len(boxes) == len(SII_FIELDS)
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(boxes))


@pytest.mark.slow
def test_fields_are_sorted_bars_of_the_sound_f1(evaluation):
    axes = sii_plots.field_figure(evaluation).axes[0]
    fields = evaluation.first.tracks["strict"]["fields"]
    names = [label.get_text().split(" ")[0] for label in axes.get_yticklabels()]
    assert sorted(names) == sorted(SII_FIELDS)
    expected = [fields[name]["f1"] for name in names]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [f1 for f1 in expected if f1 is not None]
    assert widths == sorted(widths, reverse=True)


def test_published_bars_stand_beside_parity_scores_only(evaluation):
    parity, sound = sii_plots.group_figure(evaluation).axes
    published = [bar.get_height() for bar in parity.patches if bar.get_hatch()]
    assert published == [PUBLISHED_LLAMA_7B["groups"][group]["f1"] for group in GROUPS]
    assert not any(bar.get_hatch() for bar in sound.patches)
    own = [bar.get_height() for bar in parity.patches[: len(GROUPS)]]
    assert own == [evaluation.first.tracks["paper"]["groups"][group]["f1"] for group in GROUPS]


def test_parity_group_interval_is_that_of_the_papers_scored(evaluation):
    for group in GROUPS:
        f1, (low, high), n = sii_plots.parity_group_f1(evaluation, evaluation.first, group)
        own = [sii_plots._group_f1(*pair, group) for pair in evaluation.first.file.pairs()]
        assert n == evaluation.first.tracks["paper"]["groups"][group]["n_scored"]
        assert f1 == pytest.approx(np.nanmean(own), abs=1e-4)
        draws = resampled_sums(np.eye(N_PAPERS), evaluation.seed, evaluation.n_resamples)
        means = [np.nanmean(np.repeat(own, draw.astype(int))) for draw in draws]
        assert [low, high] == pytest.approx(list(np.quantile(means, [0.025, 0.975])))


def test_papers_that_parity_leaves_out_have_no_parity_f1(evaluation):
    f1 = sii_plots.parity_paper_f1(evaluation.first)
    assert np.flatnonzero(np.isnan(f1)).tolist()[:2] == [0, 1]  # dropped: fields are missing
    assert np.isnan(f1[5])  # failed: a time that is no number
    assert np.nanmean(f1) == pytest.approx(evaluation.first.tracks["paper"]["ie"]["f1"], abs=1e-4)


def test_the_constant_is_a_baseline_unless_a_file_is_the_constant(evaluation, silent):
    assert [other.name for other in sii_plots.baselines(evaluation)] == ["majority"]
    assert [other.name for other in sii_plots.baselines(silent)] == ["(constant)"]


# --- confusion -----------------------------------------------------------------------------------


def predicted(field: str, pairs: list[tuple[str, str | None]]) -> Predicted:
    return Predicted(
        name="x",
        ids=[str(number) for number in range(len(pairs))],
        references=[{field: reference} for reference, _ in pairs],
        predictions=[{} if text is None else {field: text} for _, text in pairs],
        texts=[None] * len(pairs),
        confidences=[{}] * len(pairs),
    )


def test_confusion_compares_by_value_and_counts_every_paper():
    pairs = [("N2", "nitrogen"), ("N2", "Air"), ("Air", "He"), ("Unknown", "nan"), ("Air", None)]
    own = confusion("Stability_atmosphere", predicted("Stability_atmosphere", pairs))
    assert own.rows == ["N2", "Air", NOT_REPORTED]
    assert own.columns == ["N2", "Air", NOT_REPORTED, OTHER, MISSING]
    assert own.counts.tolist() == [[1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 0, 1, 0, 0]]
    assert (own.n_right, own.n_papers) == (2, 5)


def test_a_rare_value_taken_for_another_rare_one_is_not_right():
    common = [(f"v{number}", f"v{number}") for number in range(6)] * 2
    own = confusion("Stability_atmosphere",
                    predicted("Stability_atmosphere", [*common, ("a", "b"), ("c", "c")]))  # fmt: skip
    assert own.rows[-1] == own.columns[-1] == OTHER
    assert own.counts[-1, -1] == 2
    assert own.n_right == 13


@pytest.mark.parametrize("field", CLOSED_FIELDS)
def test_confusion_agrees_with_the_exact_matches_of_the_sound_track(evaluation, field):
    own = confusion(field, evaluation.first.file)
    scores = evaluation.first.tracks["strict"]["fields"][field]
    assert own.n_papers == scores["n_cells"]
    assert own.n_right == round(scores["exact_match"] * scores["n_cells"])


# --- one paper side by side ----------------------------------------------------------------------

fields = st.sampled_from(SII_FIELDS)
parts = st.sampled_from(
    ["TiO2-c", "ZnO", "100", "100.0", "MAPbI3", "", "nan", "Unknown", "spin-cast"]
)
pieces = st.one_of(parts, st.sampled_from([" | ", " >> ", "; ", ";", "|"]), st.text(max_size=5))
values = st.lists(pieces, max_size=8).map("".join)


@given(fields, values, values)
def test_as_many_parts_are_marked_as_agreeing_as_are_scored(field, text, other):
    agree = paper_view.agreeing_parts(field, text, other)
    assert len(agree) == len(re.split(r"\||>>|;", text))
    assert sum(agree) == count_matches(field, parse_value(field, text), parse_value(field, other))


@given(fields, values, st.one_of(st.none(), values))
def test_the_verdict_is_the_scorers(field, reference, prediction):
    verdict = paper_view.verdict(field, reference, prediction)
    exact = compare(field, reference, prediction, ()).exact
    assert verdict.startswith("=") == bool(exact)


@pytest.mark.parametrize(
    ("reference", "prediction", "verdict"),
    [
        ("TiO2-c | ZnO", "TiO2-c | ZnO", "= right"),
        ("nan", "Unknown", "= nothing reported"),
        ("TiO2-c | ZnO", "TiO2-c | SnO2", "± 1 of 2 parts, 1 wrong"),
        ("TiO2-c | ZnO", "ZnO", "± 1 of 2 parts"),
        ("TiO2-c", "ZnO", "≠ wrong"),
        ("TiO2-c", "", "− omitted"),
        ("", "TiO2-c", "+ invented"),
        ("", None, "− field missing"),
    ],
)
def test_verdicts(reference, prediction, verdict):
    assert paper_view.verdict("ETL_stack_sequence", reference, prediction) == verdict


def test_differing_parts_are_marked_by_more_than_colour():
    shown = paper_view.value_html("ETL_stack_sequence", "TiO2-c | ZnO", "TiO2-c | SnO2")
    assert shown == "TiO2-c | <b><u>ZnO</u></b>"
    # A part that is not reported is no difference.
    assert paper_view.value_html("ETL_stack_sequence", "nan | ZnO", "") == "nan | <b><u>ZnO</u></b>"


def test_the_excerpt_marks_where_the_values_stand():
    reference = dict.fromkeys(SII_FIELDS, "") | {"HTL_stack_sequence": "Spiro-MeOTAD"}
    prediction = {**reference, "HTL_stack_sequence": "PTAA"}
    text = "Filler. " * 40 + "Not PTAA but spiro-OMeTAD was spun. " + "More filler. " * 40
    shown = paper_view.paper_html(reference, prediction, text)
    start = text.index("spiro-OMeTAD")
    assert "<mark>spiro-OMeTAD</mark><sup>12</sup>" in shown
    assert "<u>PTAA</u><sup>12?</sup>" in shown
    assert f">{start}–{start + len('spiro-OMeTAD')}<" in shown
    assert shown.count("Filler") < 20  # an excerpt, not the paper
    assert "Left out: 30 fields" in shown


def test_values_that_stand_nowhere_leave_the_opening_as_excerpt():
    reference = dict.fromkeys(SII_FIELDS, "") | {"Cell_area_measured": "0.1"}
    shown = paper_view.paper_html(reference, {**reference, "Cell_area_measured": "2"}, "No number.")
    assert "No number." in shown
    assert ">nowhere<" in shown


class Tags(HTMLParser):
    """Collects tags and text."""

    def __init__(self, source: str):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


OURS = {"p", "i", "b", "u", "br", "td", "th", "tr", "sup", "mark", "span", "small", "table", "thead",
        "tbody", "blockquote"}  # fmt: skip
hostile = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=y>', "&lt;b&gt; $x^2$ \\(a\\)", "\ud800",
         "nan | <i>", "1e309", "\x00\x07", "TiO2 | " * 200]
    ),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(fields, hostile), st.dictionaries(fields, hostile), hostile)
def test_no_text_of_a_file_becomes_markup(reference, prediction, text):
    reference = dict.fromkeys(SII_FIELDS, "") | reference
    shown = paper_view.paper_html(reference, prediction, text)
    assert Tags(shown).tags <= OURS
    shown.encode("utf-8")  # no halves of surrogate pairs: the notebook can be saved


def test_escaped_text_reads_as_before():
    text = "<b>5 & 6</b> cost $7 \\(or\\) 'more'"
    assert Tags(paper_view.escape(text)).text == text
    assert "$7" not in paper_view.escape(text)  # else Jupyter would typeset $…$


# --- notebook views ------------------------------------------------------------------------------


def test_worst_papers_are_those_of_the_lowest_sound_f1(evaluation):
    f1 = evaluation.first.sound.tally.paper_f1()
    worst = sii_views.worst_papers(evaluation, 3)
    assert worst[:2] == [0, 3]
    assert max(f1[worst]) <= min(np.delete(f1, worst))
    assert sii_views.worst_papers(evaluation, 0) == []
    assert len(sii_views.worst_papers(evaluation, 99)) == N_PAPERS


def test_worst_papers_are_headed_by_their_ids_and_the_mark(evaluation):
    shown = sii_views.worst_papers_html(evaluation, [0, 2]).data
    id = evaluation.first.file.ids[0]
    assert f"<h3>Worst 1: {id} · SYNTHETIC DATA</h3>" in shown
    assert "paper-parity IE F1 none (dropped)" in shown
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown


def test_the_headline_has_intervals_baselines_and_the_published_row(evaluation):
    shown = sii_views.headline(evaluation).data
    strict = evaluation.first.tracks["strict"]
    low, high = strict["f1_ci"]
    assert f"{strict['f1']:.3f} [{low:.3f}, {high:.3f}]" in shown
    for name in ("model", "majority", "(constant)", "LLaMA-7B, published"):
        assert re.search(rf"^\| {re.escape(name)} ", shown, re.MULTILINE)
    assert "no model output was released" in shown
    headings = re.findall(r"^#+ .*$", shown, re.MULTILINE)
    assert headings
    assert all(heading.endswith("SYNTHETIC DATA") for heading in headings)


def test_a_missing_file_is_one_sentence_that_names_make_demo(folder):
    with pytest.raises(UserError, match=r"runs/none\.jsonl: no such file; run `make demo` first"):
        sii_views.load("runs/none.jsonl", "", "data/sample/sii_train.json", 0, 10)
    model = str(folder / "model.jsonl")
    with pytest.raises(UserError, match=r"none\.jsonl: .*-p baseline_paths"):
        sii_views.load(model, f"{model} none.jsonl", "data/sample/sii_train.json", 0, 10)


def test_load_takes_no_baselines(folder, tmp_path, answers):
    train = tmp_path / "train.json"
    rows = [{"input": "x", "output": format_sii_answer(answer)} for answer in answers]
    train.write_text(json.dumps(rows))
    evaluation = sii_views.load(str(folder / "model.jsonl"), "", str(train), 0, 10)
    assert [scored.name for scored in evaluation.files] == ["model"]
