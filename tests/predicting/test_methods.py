"""Methods without a checkpoint: what is kept answers as what was learned, and mistakes name the rows."""

from dataclasses import replace

import pytest

from masterkey.predicting import methods
from masterkey.schema import fields as schema
from masterkey.schema.targets import DECIMALS
from masterkey.scripting.command_line import UserError

pytestmark = pytest.mark.usefixtures("few_trees")


@pytest.mark.parametrize("name", methods.METHODS["sii"])
def test_every_method_for_papers_gives_all_fields_and_its_name(name, papers):
    tin = replace(papers[-1], output=None)
    [prediction] = methods.fit("sii", name, papers, n_neighbours=3).ask([tin])
    fields = schema.parse_sii_answer(prediction.text)
    assert set(fields) == set(schema.SII_FIELDS)
    assert fields["ETL_stack_sequence"] == "SnO2-np"
    assert prediction.more["method"] == name
    assert ("confidence" in prediction.more) == (name == "fields")


def test_the_majority_is_not_asked_what_the_paper_says(papers):
    titania = papers[0]
    answers = [
        schema.parse_sii_answer(methods.fit("sii", name, papers, n_neighbours=3).ask([titania])[0].text)
        for name in ("majority", "nearest")
    ]  # fmt: skip
    assert [own["ETL_stack_sequence"] for own in answers] == ["SnO2-np", "TiO2-c"]


@pytest.mark.slow
@pytest.mark.parametrize("name", methods.METHODS["mdp"])
def test_every_method_for_devices_gives_the_targets_in_their_decimals(name, devices):
    predictions = methods.fit("mdp", name, devices).ask(devices[:2])
    for prediction in predictions:
        targets = schema.parse_mdp_answer(prediction.text)
        for target, number in targets.items():
            assert len(number.partition(".")[2]) == DECIMALS[target].written
        assert prediction.more["method"] == name
        assert ("interval" in prediction.more) == (name == "forests_and_kernel")
    pce = [float(schema.parse_mdp_answer(one.text)["PCE"]) for one in predictions]
    assert pce == [15.0, 15.0] if name == "mean" else pce[0] < 15 < pce[1]


@pytest.mark.slow
@pytest.mark.parametrize("task", ["sii", "mdp"])
def test_what_was_kept_answers_as_what_was_learned(task, papers, devices, tmp_path):
    rows = {"sii": papers, "mdp": devices}[task]
    method = methods.fit(task, methods.KEPT[task], rows, seed=3)
    methods.keep(method, tmp_path / "kept.npz")
    loaded = methods.load(task, tmp_path / "kept.npz")
    assert loaded.name == methods.KEPT[task]
    assert loaded.ask(rows[:4]) == method.ask(rows[:4])


@pytest.mark.slow
def test_a_file_of_the_other_task_is_refused(papers, devices, tmp_path):
    methods.keep(
        methods.fit("mdp", "forests_and_kernel", devices), tmp_path / "forests_and_kernel.npz"
    )
    with pytest.raises(UserError, match=r"forests_and_kernel.npz: is no extractor; fit one with"):
        methods.load("sii", tmp_path / "forests_and_kernel.npz")
    methods.keep(methods.fit("sii", "fields", papers), tmp_path / "fields.npz")
    with pytest.raises(UserError, match=r"fields.npz: is no device regressor .*; write one with"):
        methods.load("mdp", tmp_path / "fields.npz")


@pytest.mark.parametrize("name", ["mean", "forests_and_kernel"])
def test_a_target_without_any_number_is_named_with_its_file(name, devices):
    rows = [replace(row, output=row.output.replace("Voc: 1.05", "Voc: ")) for row in devices]
    assert all("1.05" not in row.output for row in rows)
    with pytest.raises(
        UserError, match=r"devices\.json: no row to learn from has a number for Voc"
    ):
        methods.fit("mdp", name, rows, where="devices.json")
