"""Simple regressors of devices, one per target: what any other method must beat."""

from dataclasses import dataclass

import numpy as np

from masterkey.regressor.feature_table import FeatureTable
from masterkey.regressor.features import device_features
from masterkey.regressor.physics import largest_of, reconciled
from masterkey.regressor.unread import told_of
from masterkey.schema.fields import MDP_TARGETS
from masterkey.schema.targets import number_table

METHODS = ("mean", "nearest", "random_forest", "gradient_boosting")


@dataclass(frozen=True)
class DeviceBaseline:
    """A fitted scikit-learn pipeline for each target, from a table of features to numbers.

    `deviation` [4] of the training targets says how the law Voc · Jsc · FF = PCE moves the predictions;
    None leaves them as they are: the mean of the training rows is what it is.
    """

    table: FeatureTable
    pipelines: dict
    deviation: np.ndarray | None

    @classmethod
    def fit(cls, devices: list[dict], targets: list[dict], method: str, seed: int):
        """`devices` are MDP fields, `targets` numbers by name; None leaves a row out of that target.

        Every target needs a number in at least one row.
        """
        features = [device_features(device) for device in devices]
        (table, values), numbers = FeatureTable.fit_transform(features), number_table(targets)
        pipelines = {}
        for name, column in zip(MDP_TARGETS, numbers.T, strict=True):
            known = np.isfinite(column)
            pipeline = _pipeline(method, seed, int(known.sum()))
            pipelines[name] = pipeline.fit(values[known], column[known])
        return cls(table, pipelines, None if method == "mean" else np.nanstd(numbers, axis=0))

    def predict(self, devices: list[dict]) -> list[dict]:
        """Voc [V], Jsc [mA/cm²], FF and PCE [%] of each device, and what was filled in (`unread.told_of`)."""
        if not devices:
            return []
        features = [device_features(device) for device in devices]
        table = self.table.transform(features)
        values = np.stack([self.pipelines[name].predict(table) for name in MDP_TARGETS], axis=1)
        if self.deviation is not None:
            spreads = np.broadcast_to(np.maximum(self.deviation, 1e-6), values.shape)
            values = reconciled(values, spreads, largest_of(devices))
        told = told_of(devices, self.table, features)
        return [
            dict(zip(MDP_TARGETS, map(float, row), strict=True)) | own
            for row, own in zip(values, told, strict=True)
        ]


def _pipeline(method: str, seed: int, n_rows: int):
    """A scikit-learn pipeline from a table of features to one number.

    The settings were chosen among a handful by 5-fold cross-validation on the 360 published
    training rows, grouped by recipe: 3, 5, 10 or 20 neighbours, equal or weighted by distance; leaf
    sizes and shares of features of the ensembles. Most differences were within the intervals.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    if method == "mean":
        return DummyRegressor()
    if method == "nearest":
        # Scaled to 0–1, so that 100 °C does not outweigh every material.
        return make_pipeline(
            MaxAbsScaler(), KNeighborsRegressor(min(5, n_rows), weights="distance")
        )
    if method == "random_forest":
        return RandomForestRegressor(300, max_features=0.3, random_state=seed)
    return GradientBoostingRegressor(
        n_estimators=200,
        learning_rate=0.05,
        subsample=0.7,
        max_features=0.3,
        random_state=seed,
    )
