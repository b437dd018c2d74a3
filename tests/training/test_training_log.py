"""What a run says of its speed, and where it reports to."""

from types import SimpleNamespace

import pytest

from masterkey.scripting.command_line import UserError
from masterkey.training import log as training_log
from masterkey.training.batches.steps import Step
from masterkey.training.log import Meter, check_reporting, log_line, pauses_callback

STEP = Step(micro_batches=[[0, 1]], n_answer_tokens=40, lengths=[60, 40], n_slots=125)


@pytest.fixture
def clock(monkeypatch):
    """The time that the meter sees: set `clock.now`."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(training_log.time, "perf_counter", lambda: clock.now)
    return clock


def new_meter(**more) -> Meter:
    return Meter(lambda lengths, n_answers: 1000.0 * sum(lengths), **more)


def test_a_lap_has_tokens_padding_and_utilisation_of_its_own_time(clock):
    meter = new_meter(peak_flops=1e5)
    meter.start()
    meter.count(STEP)
    clock.now = 2.0
    lap = meter.lap()
    assert lap["tokens_per_second"] == 50
    assert lap["padding_share"] == pytest.approx(0.2)
    assert lap["mfu"] == pytest.approx(0.5)
    clock.now = 12.0
    assert meter.lap() == {}  # nothing was trained


def test_evaluations_and_checkpoints_do_not_slow_the_reported_speed(clock):
    meter = new_meter()
    pauses = pauses_callback(meter)
    meter.start()
    pauses.on_train_begin(None, None, None)
    meter.count(STEP)
    clock.now = 2.0
    pauses.on_step_end(None, None, None)
    assert meter.lap()["tokens_per_second"] == 50
    clock.now = 100.0  # an evaluation
    pauses.on_evaluate(None, None, None)
    clock.now = 150.0  # and a checkpoint
    pauses.on_save(None, None, None)
    meter.count(STEP)
    clock.now = 154.0
    pauses.on_step_end(None, None, None)
    assert meter.lap()["tokens_per_second"] == 25
    assert meter.totals()["seconds"] == pytest.approx(6.0)
    assert meter.totals()["tokens"] == 200


def test_a_pause_between_two_log_lines_is_left_out_as_well(clock):
    meter = new_meter()
    pauses = pauses_callback(meter)
    meter.start()
    pauses.on_train_begin(None, None, None)
    for start in (0.0, 62.0):
        clock.now = start + 2.0
        meter.count(STEP)
        pauses.on_step_end(None, None, None)
        if start == 0.0:
            clock.now = 62.0
            pauses.on_save(None, None, None)
    assert meter.state()["seconds"] == pytest.approx(4.0)
    assert meter.lap()["tokens_per_second"] == 50


def test_a_log_line_names_each_figure_with_its_unit():
    line = log_line(
        20, 300, {"loss": 1.23456, "learning_rate": 2e-5, "tokens_per_second": 5678.4,
                  "padding_share": 0.031, "mfu": 0.412, "peak_memory_gb": 71.23},
    )  # fmt: skip
    assert line == (
        "step 20/300  loss 1.2346  lr 2.00e-05  5,678 tokens/s  padding 3 %  MFU 41 %  peak 71.2 GB"
    )
    scores = log_line(20, 300, {"eval_loss": 0.5, "eval_f1": 0.8, "eval_pce_mae": 3.456})
    assert scores == "step 20/300  eval loss 0.5000  eval F1 0.800  eval PCE MAE 3.46 %"
    wild = log_line(1, 2, {"eval_pce_mae": 1.25e63, "eval_pce_readable": 0.5})
    assert wild == "step 1/2  eval PCE MAE 1.25e+63 %  readable 50 %"


def reporting_to(*names: str):
    return SimpleNamespace(report_to=list(names))


def test_an_unknown_service_is_answered_with_the_known_ones():
    with pytest.raises(
        UserError, match=r"--report_to tensorbord: is unknown.*tensorboard, trackio"
    ):
        check_reporting(reporting_to("tensorbord"))


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "trackio"])
def test_a_service_whose_package_is_missing_is_one_sentence(name, monkeypatch):
    from transformers import integrations

    monkeypatch.setattr(integrations, "get_available_reporting_integrations", lambda: [])
    with pytest.raises(UserError, match=f"--report_to {name}: .*pip install {name}"):
        check_reporting(reporting_to(name))
    monkeypatch.setattr(integrations, "get_available_reporting_integrations", lambda: [name])
    check_reporting(reporting_to(name))


def test_no_service_needs_nothing():
    check_reporting(reporting_to())
