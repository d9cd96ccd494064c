"""Retraining: the champion's own kind of estimator, fitted on what it learnt from and on what came true since.

    labelled_rows  labelled rows of production, as the ledger has them
    time_split     training and held-out rows, by time; no row is in both
    label_guards   what must hold of labels before anything learns from them
    refit          the champion's estimator, unfitted and fitted again
    retrain        from a model's name to a new version, or a refusal; it never releases

A new version comes about by the very path of publishing: compiled, proved, judged beside the champion, reported.
"""
