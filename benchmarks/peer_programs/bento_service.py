"""A BentoML service of model.joblib, as its documentation writes one: `bentoml serve bento_service:Bench`."""

import bentoml
import joblib
import numpy as np
import pandas as pd


@bentoml.service(traffic={"timeout": 60})
class Bench:
    """One model."""

    def __init__(self) -> None:
        self.model = joblib.load("model.joblib")

    @bentoml.api
    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Return a label for each row."""
        return self.model.predict_proba(rows)
