"""The quality gate: named checks whose findings pass, warn about or refuse a version before it is published.

`judge.judge(evidence, policy)` is the entry point. Evidence is facts, a policy is thresholds, and checks are pure
functions of both: this package reads no file, asks no engine and never imports scikit-learn.
`fairlead.publishing.evidence` collects the facts. The findings are stored in the version's manifest.
"""
