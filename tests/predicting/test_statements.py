"""What is said of a language model's numbers: an interval or the reason for none, novelty, and the law."""

import io

import numpy as np
import pytest
from rich.console import Console

from masterkey.predicting.intervals import statements
from masterkey.predicting.intervals.calibration import Calibration
from masterkey.predicting.intervals.statements import Statements, known_recipes
from masterkey.regressor.conformal import ConformalIntervals
from masterkey.rows.predictions import Prediction, prediction_line
from masterkey.rows.records import Row
from masterkey.schema import fields as schema
from masterkey.schema.fields import MDP_TARGETS
from masterkey.terminal.tables import print_performance

DEVICE = dict.fromkeys(schema.MDP_FIELDS, "") | {
    "Substrate_stack_sequence": "SLG | FTO",
    "ETL_stack_sequence": "SnO2-np",
    "Perovskite_composition_long_form": "MAPbI3",
    "HTL_stack_sequence": "Spiro-MeOTAD",
    "Backcontact_stack_sequence": "Au",
    "Cell_architecture": "nip",
}
ANSWER = {"Voc": "1.05", "Jsc": "22.10", "FF": "0.75", "PCE": "17.40"}
MEDIAN = {"Voc": 1.0, "Jsc": 21.0, "FF": 0.74, "PCE": 15.5}


def row(**fields: str) -> Row:
    answer = schema.format_mdp_answer(ANSWER)
    return Row("d", schema.MDP_INSTRUCTION, schema.format_mdp_input(DEVICE | fields), answer, 0)


def prediction(**values: str) -> Prediction:
    sampled = {"answers": 32, "median": MEDIAN, "spread": dict.fromkeys(MDP_TARGETS, 0.0)}
    return Prediction(schema.format_mdp_answer(ANSWER | values), {"sampled": sampled})


def calibration(reach: float = 2.0, limit: float = 5.0, n: int = 50) -> Calibration:
    """One class, `reach` spreads to each side, up to the novelty `limit`."""
    table = np.full((1, 4), reach)
    return Calibration(ConformalIntervals(np.empty(0), limit, table, table), 0.9, n, n)


KNOWN = known_recipes([row(), row(HTL_stack_sequence="PTAA")])


def test_the_interval_reaches_as_many_spreads_as_the_calibration_says():
    found = Statements(KNOWN, calibration()).of(row(), prediction())
    assert found["interval"]["Voc"] == pytest.approx([1 - 2 * 0.027, 1 + 2 * 0.027])
    assert found["interval"]["PCE"] == pytest.approx([15.5 - 2.5, 15.5 + 2.5])
    assert found["interval_level"] == 0.9
    assert "no_interval" not in found


def test_the_answer_itself_lies_inside_where_a_cell_can_have_it():
    found = Statements(KNOWN, calibration()).of(row(), prediction(PCE="21.00", Voc="7.00"))
    assert found["interval"]["PCE"] == [13.0, 21.0]
    assert found["interval"]["Voc"][1] < 1.2
    assert found["law"]["beyond_limits"] == ["Voc"]


def test_no_interval_reaches_beyond_what_a_cell_of_the_composition_can_have():
    found = Statements(KNOWN, calibration(reach=100)).of(row(), prediction())["interval"]
    assert found["FF"] == [0.0, 1.0]
    assert found["PCE"][0] == found["Jsc"][0] == 0.0
    assert 1.3 < found["Voc"][1] < 1.5  # MAPbI3's limit by its band gap
    assert 25 < found["Jsc"][1] < 29


@pytest.mark.parametrize(
    ("fields", "limit", "reason"),
    [
        ({"Perovskite_composition_long_form": "CsSnBr3"}, 5.0, statements.OUTSIDE),
        ({"HTL_stack_sequence": "NiO-c", "Cell_architecture": "pin"}, 1.5, statements.TOO_FAR),
        ({"Perovskite_composition_long_form": ""}, 5.0, statements.OUTSIDE),
        (
            {"Substrate_stack_sequence": "Si | ITO"},
            5.0,
            "the rows that calibrated it say nothing of a tandem",
        ),
    ],
)
def test_outside_of_what_was_learned_there_is_no_interval_and_the_line_says_why(
    fields, limit, reason
):
    found = Statements(KNOWN, calibration(limit=limit)).of(row(**fields), prediction())
    assert found["interval"] is None
    assert found["no_interval"] == reason
    is_tandem = "tandem" in reason
    assert found["novelty"]["sentence"].startswith("A tandem, of another") == is_tandem
    assert found["novelty"]["nearest"][0]["measured"]["PCE"] == 17.4


def test_without_calibration_nothing_is_claimed_and_the_line_says_why():
    found = Statements(KNOWN).of(row(), prediction())
    assert "interval" not in found
    assert found["no_interval"] == statements.NOT_ASKED
    assert found["novelty"]["sentence"] == (
        "This recipe was learned from; it is one of 2 recipes, PCE 17.4 %."
    )
    unlike = Statements(KNOWN).of(row(HTL_stack_sequence="MeO-2PACz"), prediction())
    assert unlike["novelty"]["sentence"].startswith(
        "No training device has this hole-transport layer (MeO-2PACz); the nearest of 2 recipes has"
    )
    assert "novelty" not in Statements().of(row(), prediction())


def test_too_few_calibrating_recipes_give_none_for_any_device():
    unknown = Calibration(ConformalIntervals.unknown(4), 0.9, 12, 12)
    found = Statements(KNOWN, unknown).of(row(), prediction())
    assert found["interval"] is None
    assert "needs 19 recipes" in found["no_interval"]
    assert not found["novelty"]["outside"]


def test_a_target_whose_reach_is_not_known_has_none_and_the_others_have_one():
    own = calibration()
    own.intervals.above[0, 1] = np.inf
    found = Statements(KNOWN, own).of(row(), prediction())
    assert found["interval"]["Jsc"] is None
    assert found["interval"]["Voc"] is not None
    assert found["no_interval"] == statements.FEW_ALIKE


@pytest.mark.parametrize(("pce", "holds"), [("17.40", True), ("17.50", True), ("18.40", False)])
def test_the_line_says_whether_the_law_holds_and_leaves_the_answer_alone(pce, holds):
    found = Statements(KNOWN).of(row(), prediction(PCE=pce))["law"]
    assert found["product"] == 17.4
    assert found["holds"] is holds
    assert found["difference"] == pytest.approx(float(pce) - 17.4, abs=0.01)


def test_an_answer_without_a_number_breaks_nothing():
    found = Statements(KNOWN, calibration()).of(row(), prediction(FF="?"))
    assert found["law"] == {
        "product": None,
        "difference": None,
        "holds": False,
        "beyond_limits": [],
    }
    assert found["interval"]["FF"] is not None


def table(found: dict, **values: str) -> str:
    line = prediction_line("mdp", row(), prediction(**values).text, **found)
    out = io.StringIO()
    print_performance(Console(file=out, width=140), line, title="A cell")
    return out.getvalue()


def test_the_table_shows_the_interval_the_nearest_and_what_contradicts_itself():
    found = Statements(KNOWN, calibration()).of(row(), prediction(PCE="19.40"))
    shown = table(found, PCE="19.40")
    assert "90 % interval" in shown
    assert "13.0 to 19.4" in shown
    assert "nearest 2" in shown
    assert (
        "Voc × Jsc × FF = 17.4 %, which is not its PCE: the numbers contradict each other" in shown
    )


def test_the_table_says_why_there_is_no_interval_and_names_another_level():
    shown = table(Statements(KNOWN).of(row(), prediction()))
    assert "No interval: no rows were given to calibrate it on (--calibration)." in shown
    assert "% interval" not in shown
    assert "contradict" not in shown
    assert "80 % interval" in table(
        Statements(KNOWN, calibration()).of(row(), prediction()) | {"interval_level": 0.8}
    )
