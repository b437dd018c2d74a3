#!/usr/bin/env bash
# The Mondrian categories of crepes are no groups: one group is split at random, small ones merge.
#
# The guess, written before the run, was that MondrianCategorizer(f = a function that returns the
# number of the group) makes one category for each value. It sorts the values into categories of
# equal size after adding a random 1e-9 to each, so with 900 regular and 100 inverted cells and
# no_bins=2 the regular cells fall into both categories by chance, differently at each call, and
# the inverted ones share a category with them. A promised coverage of 90 % is then 40 to 50 % for the
# small group. Passing the group itself as bins to fit and predict_int gives 87 and 92 %.
#
# Versions: crepes 0.9.1, numpy 2.4.6, scikit-learn 1.9.1 under Python 3.11.
# Output seen (the tie-breaking is random):
#   categories of the 900: {0: about 450, 1: about 450}, of the 100: {1: 100}
#   eight equal cells get categories such as [1, 0, 0, 0, 1, 1, 1, 1]
#   coverage at 90 %: large group about 0.94, small group 0.4 to 0.5
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet crepes==0.9.1 numpy==2.4.6 scikit-learn==1.9.1
"$folder/venv/bin/python" -W ignore - <<'EOF'
import numpy as np
from crepes import ConformalRegressor
from crepes.extras import MondrianCategorizer

random = np.random.default_rng(0)
group = np.repeat([0, 1], [900, 100])
residuals = np.where(group == 1, 10.0, 1.0) * random.normal(size=1000)
test_group = np.repeat([0, 1], [2000, 2000])
test_residuals = np.where(test_group == 1, 10.0, 1.0) * random.normal(size=4000)


def coverage(bins, test_bins):
    regressor = ConformalRegressor()
    regressor.fit(residuals, bins=bins)
    low, high = regressor.predict_int(np.zeros(4000), bins=test_bins, confidence=0.9).T
    inside = (low <= test_residuals) & (test_residuals <= high)
    return [float(inside[test_group == g].mean()) for g in (0, 1)]


categorizer = MondrianCategorizer()
categorizer.fit(group[:, None], f=lambda rows: rows[:, 0], no_bins=2)
categories = categorizer.apply(group[:, None])
large = np.bincount(categories[group == 0], minlength=2)
small = np.bincount(categories[group == 1], minlength=2)
equal = categorizer.apply(np.zeros((200, 1)))
merged = coverage(categories, categorizer.apply(test_group[:, None]))
exact = coverage(group, test_group)
print("categories of the large group", large, "and of the small one", small)
print("categories of equal cells", equal[:8])
print("coverage by categorizer", merged, "and by the group itself", exact)
assert large.min() > 200 and small.tolist() == [0, 100]
assert set(equal.tolist()) == {0, 1}
assert merged[1] < 0.6 < 0.85 < min(exact)
EOF
