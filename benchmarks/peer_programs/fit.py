"""Fit an estimator with this environment's scikit-learn: `fit.py NAME` writes model.joblib and rows.csv."""

import sys

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MADE = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest of 100 trees": lambda: RandomForestClassifier(100, random_state=0),
}
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X, _, y, _ = train_test_split(X, y, random_state=0)
joblib.dump(MADE[sys.argv[1]]().fit(X, y), "model.joblib")
X.to_csv("rows.csv", index=False)
