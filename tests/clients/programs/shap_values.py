"""Prints the Shapley values of the package `shap` for fitted models: `shap_values.py URL NAME ASKED`, ASKED in JSON."""

import json
import sys

import joblib
import numpy as np
import shap

asked = json.loads(sys.argv[3])
found = {}
for name, path in asked["models"].items():
    saved = joblib.load(path)
    model, rows = saved["model"], saved["rows"]
    if saved["linear"]:
        explainer = shap.LinearExplainer(model, shap.maskers.Independent(saved["background"], max_samples=10_000))
    else:
        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(rows))
    found[name] = {
        "values": (values if values.ndim == 3 else values[:, :, None]).tolist(),
        "expected": np.ravel(explainer.expected_value).tolist(),
    }
sys.stdout.write(json.dumps(found))
