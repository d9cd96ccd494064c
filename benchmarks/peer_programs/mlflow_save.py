"""Write model.joblib as an MLflow model with a signature, into the folder `model`."""

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature

model, rows = joblib.load("model.joblib"), pd.read_csv("rows.csv")
signature = infer_signature(rows, model.predict(rows))
mlflow.sklearn.save_model(model, "model", signature=signature, serialization_format="cloudpickle")
