"""The sound track: cells, figures, intervals, comparisons, relations, skills, on any text."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.rows.neighbours import majority_answer
from masterkey.schema.fields import GROUPS, SII_FIELDS, format_sii_answer, parse_sii_answer
from masterkey.scoring import sound as scoring
from masterkey.scoring.relations import KINDS, count_relations, relations
from masterkey.scoring.resampling import resampled_sums
from masterkey.scoring.skills import SKILL_CELLS, count_skills

SILENT = dict.fromkeys(SII_FIELDS, "")
DEVICE = SILENT | {
    "Substrate_stack_sequence": "SLG | FTO",
    "ETL_stack_sequence": "TiO2-c | TiO2-mp",
    "ETL_additives_compounds": "Unknown | TiCl4",
    "ETL_deposition_procedure": "Spray-pyrolys | Spin-coating",
    "Perovskite_composition_long_form": "MAPbI3",
    "Perovskite_composition_short_form": "MAPbI",
    "Perovskite_deposition_procedure": "Spin-coating >> Spin-coating",
    "Perovskite_deposition_thermal_annealing_temperature": "Unknown >> 100.0",
    "Perovskite_deposition_thermal_annealing_time": "Unknown >> 10.0",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "Stability_measured": "FALSE",
    "Cell_area_measured": "0.1",
    "Cell_architecture": "nip",
}
OTHER = DEVICE | {
    "ETL_stack_sequence": "PCBM-60",
    "HTL_stack_sequence": "none",
    "Cell_architecture": "pin",
    "Stability_atmosphere": "N2",
}
TEXT = "TiO2 and TiO2-mp on SLG, Spiro-OMeTAD, an area of 0.1 cm2, annealed for 10 min."


def strict(references, predictions, texts=None, majority=None, n_resamples=50):
    texts = texts or [None] * len(references)
    majority = majority or scoring.majority_values(references)
    counts = scoring.tally(references, predictions, texts, majority)
    return scoring.report(scoring.score(counts, seed=0, n_resamples=n_resamples))


# --- any text ------------------------------------------------------------------------------------

values = st.one_of(
    st.sampled_from(
        ["nan", "1e309", "²", "-1e-999", "|", ">> ; |", "\x00\x1b[31m", "0.1", "MAPbI3"]
    ),
    st.text(max_size=40),
)
answers = st.one_of(
    st.text(max_size=300),
    st.lists(st.tuples(st.sampled_from([*SII_FIELDS, "Unknown_field"]), values), max_size=40).map(
        lambda lines: ",\n ".join(f"{name}: {value}" for name, value in lines)
    ),
    st.just(""),
    st.just("<s> " * 2000),
    st.just(format_sii_answer(DEVICE)[:300]),
    st.just(format_sii_answer(DEVICE) * 10),
    st.just("\n".join(reversed(format_sii_answer(DEVICE).split("\n")))),
    st.just("Die Zellen wurden auf FTO-Glas hergestellt: Fläche 0,1 cm²."),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(answers, min_size=1, max_size=4), st.text(max_size=200))
def test_any_prediction_is_scored_and_none_is_dropped(texts, paper):
    predictions = [parse_sii_answer(text) for text in texts]
    references = [DEVICE, OTHER, SILENT, DEVICE][: len(texts)]
    found = strict(references, predictions, [paper] * len(texts), n_resamples=5)
    json.dumps(found, allow_nan=False)
    assert found["n_papers"] == len(texts)
    assert found["n_cells"] == 31 * len(texts)
    assert 0 <= found["f1"] <= 1


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(answers)
def test_any_answer_predicted_by_itself_is_right_where_it_says_something(text):
    fields = SILENT | parse_sii_answer(text)
    found = strict([fields], [fields], n_resamples=5)
    assert found["exact_match"] == 1
    assert found["f1"] in (1, None)
    assert found["hallucination_rate"] in (0, None)
    assert all(own["f1"] in (1, None) for own in found["relations"].values())


# --- figures -------------------------------------------------------------------------------------


def test_every_paper_counts():
    found = strict([DEVICE, DEVICE], [DEVICE, {}])
    assert found["exact_match"] == 0.5
    assert found["recall"] == 0.5
    assert found["precision"] == 1
    assert found["macro_f1_papers"] == 0.5
    assert found["parsed_share"] == 0.5
    assert found["n_parsed"] == 1


def test_not_reported_matched_by_not_reported_is_right_and_earns_no_f1():
    found = strict([SILENT], [dict.fromkeys(SII_FIELDS, "Unknown")])
    assert found["exact_match"] == 1
    assert found["presence_accuracy"] == 1
    assert found["f1"] is None
    assert found["f1_ci"] is None
    assert found["omission_rate"] is None


def test_a_missing_field_is_wrong_even_where_nothing_is_reported():
    found = strict([SILENT], [{}])
    assert found["exact_match"] == 0
    assert found["presence_accuracy"] == 0
    assert found["hallucination_rate"] == 0


def test_hallucinations_and_omissions_are_counted_by_cell():
    answer = SILENT | {"HTL_stack_sequence": "none", "Cell_area_measured": "0.1"}
    predicted = SILENT | {"HTL_stack_sequence": "PTAA", "Stability_atmosphere": "N2"}
    found = strict([answer], [predicted])
    assert found["n_hallucinated"] == 1
    assert found["hallucination_rate"] == pytest.approx(1 / 29)
    assert found["omission_rate"] == 0.5
    assert found["presence_f1"] == 0.5
    assert found["f1"] == 0
    assert found["fields"]["Stability_atmosphere"]["hallucination_rate"] == 1


def test_a_constant_of_the_majority_gets_no_informative_cell_right():
    references = [DEVICE, DEVICE, OTHER]
    found = strict(references, [DEVICE] * 3)
    assert found["n_informative"] == 4
    assert found["informative_accuracy"] == 0
    assert strict(references, references)["informative_accuracy"] == 1


def test_the_majority_may_come_from_other_papers():
    found = strict([DEVICE], [DEVICE], majority=scoring.majority_values([OTHER]))
    assert found["n_informative"] == 4
    assert found["informative_accuracy"] == 1


def test_the_majority_is_of_values_not_of_spellings():
    spellings = ("0.1", "0.10", "0.100", "0.2", "0.2")
    answers = [SILENT | {"Cell_area_measured": text} for text in spellings]
    assert scoring.majority_values(answers)["Cell_area_measured"] == ((("0.1",),),)


def test_groups_are_over_their_own_fields():
    found = strict([DEVICE], [DEVICE | dict.fromkeys(GROUPS["cell"], "")])
    assert found["groups"]["materials"]["f1"] == 1
    assert found["groups"]["cell"]["f1"] == 0
    assert found["groups"]["deposition"]["f1"] == 1
    assert found["macro_f1_groups"] == pytest.approx(3 / 4)


def test_macro_over_fields_leaves_out_fields_that_say_nothing():
    answer = SILENT | {"HTL_stack_sequence": "PTAA", "Module": "FALSE"}
    assert strict([answer], [SILENT | {"Module": "no"}])["macro_f1_fields"] == 0.5


# --- intervals and comparisons -------------------------------------------------------------------


def test_resampled_figures_equal_scoring_the_resampled_papers():
    references = [DEVICE, OTHER, DEVICE, SILENT]
    predictions = [DEVICE, DEVICE, {}, OTHER]
    majority = scoring.majority_values(references)
    scores = scoring.score(
        scoring.tally(references, predictions, [TEXT] * 4, majority), seed=7, n_resamples=20
    )
    for number, draw in enumerate(resampled_sums(np.eye(4), seed=7, n_resamples=20).astype(int)):
        places = np.repeat(np.arange(4), draw)
        again = scoring.score(
            scoring.tally(
                [references[i] for i in places],
                [predictions[i] for i in places],
                [TEXT] * 4,
                majority,
            ),
            seed=0,
            n_resamples=1,
        )
        for name, value in again.observed.items():
            assert scores.samples[name][number] == pytest.approx(value, nan_ok=True), name


def test_intervals_hold_the_figure_and_depend_on_the_seed_alone():
    references = [DEVICE, OTHER] * 10
    first, again = (strict(references, [DEVICE] * 20) for _ in range(2))
    assert first == again
    low, high = first["f1_ci"]
    assert low < first["f1"] < high


def test_a_file_compared_with_itself_does_not_differ():
    counts = scoring.tally(
        [DEVICE, OTHER], [DEVICE, {}], [None] * 2, scoring.majority_values([DEVICE])
    )
    compared = scoring.compare_files(*(scoring.score(counts, 0, 50) for _ in range(2)))
    assert compared["f1"] == {"difference": 0, "ci": [0, 0], "p": 1}


def test_a_paired_comparison_sees_what_unpaired_intervals_hide():
    # Papers differ much from each other; the other file is right in one field more, everywhere.
    references = [DEVICE, OTHER] * 15
    basis = [DEVICE if number % 3 else {} for number in range(30)]
    better = [fields | {"Cell_area_measured": "0.1"} for fields in basis]
    worse = [fields | {"Cell_area_measured": ""} for fields in basis]
    majority = scoring.majority_values(references)
    first, other = (
        scoring.score(scoring.tally(references, predictions, [None] * 30, majority), 0, 500)
        for predictions in (worse, better)
    )
    compared = scoring.compare_files(first, other)["f1"]
    assert compared["difference"] > 0
    assert compared["p"] == pytest.approx(2 / 501)
    width = scoring.report(first)["f1_ci"]
    assert compared["ci"][1] - compared["ci"][0] < (width[1] - width[0]) / 2


def test_a_comparison_of_undefined_figures_is_none():
    counts = scoring.tally([SILENT], [SILENT], [None], scoring.majority_values([SILENT]))
    scores = scoring.score(counts, 0, 10)
    assert scoring.compare_files(scores, scores)["f1"] == {
        "difference": None,
        "ci": None,
        "p": None,
    }


# --- relations -----------------------------------------------------------------------------------


def test_layers_are_tied_to_the_procedure_and_additive_of_the_same_place():
    stated = relations(DEVICE)
    assert set(stated["layer_procedure"]) == {
        ("ETL", (("tio2-c",),), (("spray-pyrolys",),)),
        ("ETL", (("tio2-mp",),), (("spin-coating",),)),
    }
    assert set(stated["layer_additive"]) == {("ETL", (("tio2-mp",),), "ticl4")}
    assert set(stated["step_annealing"]) == {(("spin-coating",), "100", "10")}


def test_swapped_procedures_are_two_wrong_relations():
    swapped = DEVICE | {"ETL_deposition_procedure": "Spin-coating | Spray-pyrolys"}
    assert KINDS == ("layer_procedure", "layer_additive", "step_annealing")
    assert count_relations(DEVICE, swapped) == [0, 2, 2, 1, 1, 1, 1, 1, 1]


def test_relations_of_missing_fields_state_nothing():
    assert count_relations(DEVICE, {}) == [0, 0, 2, 0, 0, 1, 0, 0, 1]


# --- skills --------------------------------------------------------------------------------------


def skill_cells(reference, predicted, text):
    numbers = iter(count_skills(reference, predicted, text))
    return {cell: (next(numbers), next(numbers)) for cell in SKILL_CELLS}


def test_only_parts_that_the_text_does_not_hold_count():
    cells = skill_cells(DEVICE, DEVICE, TEXT)
    assert cells["deduction", "Cell_area_measured"] == (0, 0)
    assert cells["deduction", "Cell_architecture"] == (1, 1)
    assert cells["summarisation", "ETL_stack_sequence"] == (1, 1)
    assert cells["summarisation", "HTL_stack_sequence"] == (0, 0)
    assert cells["summarisation", "Substrate_stack_sequence"] == (1, 1)


def test_a_missing_field_is_a_miss():
    assert skill_cells(DEVICE, {}, TEXT)["deduction", "Cell_architecture"] == (0, 1)


def test_skills_need_a_text():
    found = strict([DEVICE, DEVICE], [DEVICE, DEVICE], [TEXT, None])["skills"]
    assert found["n_papers_with_text"] == 1
    assert found["deduction"]["n"] == 1
    assert strict([DEVICE], [DEVICE])["skills"]["deduction"]["accuracy"] is None


# --- the published rows --------------------------------------------------------------------------


def test_published_answers_are_right_by_themselves_and_a_constant_reads_nothing(shared_data):
    rows = json.loads((shared_data / "sii360.json").read_text())
    references = [parse_sii_answer(row["output"]) for row in rows]
    assert strict(references, references)["f1"] == 1
    majority = majority_answer(references)
    found = strict(references, [majority] * len(references))
    assert found["informative_accuracy"] == 0
    assert 0.6 < found["f1"] < 0.7


def test_figures_of_no_sums_are_undefined():
    columns = len(scoring.CELL_COLUMNS)
    found = scoring.figures(np.zeros((1, 31, columns)), np.zeros((1, len(scoring.PAPER_COLUMNS))))
    assert all(math.isnan(value[0]) for value in found.values())
