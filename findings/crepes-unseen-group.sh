#!/usr/bin/env bash
# crepes answers a group that it never saw with the interval [0, 0].
#
# The guess, written before the run, was that a conformal regressor with groups ("bins") raises
# on a group without calibration data, or gives an interval of infinite width, as it does for a
# group that is merely too small. It returns the interval from 0 to 0, of width zero and not even
# around the prediction, without an error or a warning for that group: a paper that is new in
# the test set looks perfectly certain. evaluate() then reports an error rate of 100 %.
#
# Versions: crepes 0.9.1, numpy 2.4.6, scikit-learn 1.9.1 under Python 3.11.
# Output seen for three devices predicted
# at 5, 7 and 9 with groups "a" (95 calibration rows), "b" (5 rows) and "new" (none):
#   [[3.4165, 6.5835], [-inf, inf], [0.0, 0.0]]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet crepes==0.9.1 numpy==2.4.6 scikit-learn==1.9.1
"$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from crepes import ConformalRegressor

residuals = np.random.default_rng(0).normal(size=100)
regressor = ConformalRegressor()
regressor.fit(residuals, bins=np.array(["a"] * 95 + ["b"] * 5))
predictions = np.array([5.0, 7.0, 9.0])
groups = np.array(["a", "b", "new"])
intervals = regressor.predict_int(predictions, bins=groups, confidence=0.9)
print(intervals.tolist())
assert 3 < intervals[0, 0] < 5 < intervals[0, 1] < 7, intervals
assert np.isinf(intervals[1]).all(), intervals
assert (intervals[2] == 0).all(), intervals
measured = np.full(20, 9.0)
report = regressor.evaluate(measured + 0.1, measured, bins=np.array(["new"] * 20), confidence=0.9)
print("error rate on the new group:", report["error"])
assert report["error"] == 1, report
EOF
