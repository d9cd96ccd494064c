"""Fit the model and write what `fairlead publish` needs. Put your own data and estimator here."""

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

TARGET = "benign"


def main() -> None:
    """Write model.joblib, train.csv and held_out.csv; held-out rows are never fitted on."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    joblib.dump(RandomForestClassifier(random_state=0).fit(X_train, y_train), "model.joblib")
    X_train.assign(**{TARGET: y_train}).to_csv("train.csv", index=False)
    X_test.assign(**{TARGET: y_test}).to_csv("held_out.csv", index=False)


if __name__ == "__main__":
    main()
