"""Retraining: the live model's estimator, fitted again on its training rows and on outcomes reported since.

    labelled_rows  labelled production rows from the ledger
    time_split     training and held-out rows, split by time; no row is in both
    label_guards   checks of the labels before an estimator is fitted on them
    refit          the champion's estimator, cloned and fitted again
    retrain        from a model's name to a new version, or a refusal; it never releases

A new version takes the same path as publishing: compiled, proved, compared with the champion by the gate, reported.
"""
