"""Retraining: the champion's own kind of estimator, fitted on what it learnt from and on what came true since.

    learnt     labelled rows of production, as the ledger has them
    splitting  what is learnt and what judges, by time; nothing is in both
    guards     what must hold of labels before anything learns from them
    refitting  the champion's estimator, unfitted and fitted again
    story      from a model's name to a new version, or a refusal; it never releases

A new version comes about by the very path of publishing: compiled, proved, judged beside the champion, reported.
"""
