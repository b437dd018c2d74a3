"""Simple regressors of devices, one per target: what any other method must beat."""

from dataclasses import dataclass

from masterkey.regressor.features import device_features
from masterkey.schema.fields import MDP_TARGETS

METHODS = ("mean", "nearest", "random_forest", "gradient_boosting")


@dataclass(frozen=True)
class DeviceBaseline:
    """A fitted scikit-learn pipeline for each target, from feature dicts to numbers."""

    pipelines: dict

    @classmethod
    def fit(cls, devices: list[dict], targets: list[dict], method: str, seed: int):
        """`devices` are MDP fields, `targets` numbers by name; None leaves a row out of that target.

        Every target needs a number in at least one row.
        """
        features = [device_features(device) for device in devices]
        pipelines = {}
        for name in MDP_TARGETS:
            known = [n for n, values in enumerate(targets) if values[name] is not None]
            pipeline = _pipeline(method, seed, len(known))
            pipelines[name] = pipeline.fit(
                [features[n] for n in known], [targets[n][name] for n in known]
            )
        return cls(pipelines)

    def predict(self, devices: list[dict]) -> list[dict]:
        """Voc [V], Jsc [mA/cm²], FF and PCE [%] of each device."""
        features = [device_features(device) for device in devices]
        columns = [self.pipelines[name].predict(features) for name in MDP_TARGETS]
        return [
            dict(zip(MDP_TARGETS, map(float, row), strict=True))
            for row in zip(*columns, strict=True)
        ]


def _pipeline(method: str, seed: int, n_rows: int):
    """A scikit-learn pipeline from feature dicts to one number.

    The settings were chosen among a handful by 5-fold cross-validation on the 360 published
    training rows, grouped by recipe: 3, 5, 10 or 20 neighbours, equal or weighted by distance; leaf
    sizes and shares of features of the ensembles. Most differences were within the intervals.
    """
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    if method == "mean":
        return make_pipeline(DictVectorizer(), DummyRegressor())
    if method == "nearest":
        # Scaled to 0–1, so that 100 °C does not outweigh every material.
        neighbours = KNeighborsRegressor(min(5, n_rows), weights="distance")
        return make_pipeline(DictVectorizer(), MaxAbsScaler(), neighbours)
    if method == "random_forest":
        forest = RandomForestRegressor(300, max_features=0.3, random_state=seed)
        return make_pipeline(DictVectorizer(), forest)
    boosting = GradientBoostingRegressor(
        n_estimators=200,
        learning_rate=0.05,
        subsample=0.7,
        max_features=0.3,
        random_state=seed,
    )
    return make_pipeline(DictVectorizer(), boosting)
