"""Confidence against share right: bins, error, and what leaving out the least confident values gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.scoring.calibration import (
    Judged,
    calibration_report,
    expected_calibration_error,
    judged_values,
    reliability,
    right_when_kept,
)
from masterkey.scoring.sii_files import Predicted, known_confidences


def judged(confidence, right) -> Judged:
    return Judged(np.array(confidence, float), np.array(right, bool))


def predicted(confidences: list[dict]) -> Predicted:
    return Predicted(
        name="x",
        ids=["1", "2"],
        references=[{"Module": "FALSE", "Cell_area_measured": "0.10"}] * 2,
        predictions=[{"Module": "TRUE", "Cell_area_measured": "0.1"}, {"Module": "FALSE"}],
        texts=[None] * 2,
        confidences=confidences,
    )


def test_values_are_judged_as_on_the_sound_track():
    confidences = [
        {"Module": 0.6, "Cell_area_measured": 0.9},
        {"Module": 0.7, "Cell_area_measured": 1},
    ]
    own = judged_values(predicted(confidences))
    assert own.confidence.tolist() == [0.6, 0.9, 0.7]
    assert own.right.tolist() == [False, True, True]  # 0.10 is 0.1; a missing value is not judged


def test_a_file_without_confidence_has_no_report():
    assert calibration_report(predicted([{}, {}])) is None


def test_the_error_of_a_method_that_is_always_too_sure_is_its_excess():
    own = judged([0.9] * 10, [True] * 6 + [False] * 4)
    assert expected_calibration_error(own, n_bins=1) == pytest.approx(0.3)
    assert expected_calibration_error(judged([0.0, 1.0], [False, True])) == 0


def test_keeping_the_most_confident_half_gives_its_share_right():
    kept, right = right_when_kept(judged([0.1, 0.9, 0.8, 0.2], [False, True, True, True]))
    assert kept.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert right.tolist() == pytest.approx([1, 1, 1, 0.75])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_bins_hold_every_value_once_and_the_error_is_a_share(pairs):
    own = judged(*zip(*pairs, strict=True))
    bins = reliability(own)
    assert bins.n.sum() == len(pairs)
    assert (np.diff(bins.confidence) >= -1e-12).all()
    assert 0 <= expected_calibration_error(own) <= 1
    assert right_when_kept(own)[1][-1] == pytest.approx(own.right.mean())


@pytest.mark.parametrize("value", [None, 3, [], {"Module": "high"}, {"Module": 1.5}, {"x": 0.5}])
def test_what_is_no_confidence_is_left_out(value):
    assert known_confidences(value) == {}
