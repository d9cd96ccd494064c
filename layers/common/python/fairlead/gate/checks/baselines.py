"""Baselines check: the model is better than a dummy that ignores its inputs (majority class, class shares, mean)."""

import numpy as np
import numpy.typing as npt

from fairlead.gate import independence, metrics
from fairlead.gate.checks.metric_bounds import NO_METRIC, shown
from fairlead.gate.evidence import Evidence, classes_of
from fairlead.gate.findings import Finding, failed, passed, skipped, warned
from fairlead.gate.intervals import mcnemar, rows_needed
from fairlead.gate.metrics import Figure
from fairlead.gate.policy import Policy
from fairlead.model.digits import digits

NAME = "baselines"
VALUES = frozenset({"d2", "r2"})


def baselines(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Compare a metric whose value for a dummy does not depend on class shares; report accuracy beside it.

    A dummy's ROC AUC is 0.5, its balanced accuracy 1 / classes, its R² 0, and its D² 0 by the model's own loss. On an
    unbalanced target such a metric neither passes a useless model nor refuses a useful one whose accuracy is below the
    majority's.
    """
    rows, output = evidence.held_out, evidence.signature.output
    measured = metrics.measure(rows, evidence.predicted, output, confidence=policy.confidence, loss=evidence.loss)
    if not measured:
        return [skipped(NAME, "better than a dummy", NO_METRIC)]
    name = next((name for name in ("roc_auc", "balanced_accuracy", "d2", "r2") if name in measured), None)
    if name is None:
        return [skipped(NAME, "better than a dummy", "the held-out rows show one class or one value only")]
    dummy = {"roc_auc": 0.5, "d2": 0.0, "r2": 0.0}.get(name, 1 / len(np.unique(rows.target)))
    findings = [_compared(name, measured[name], dummy, evidence, policy)]
    if output.task != "regression":
        findings += [_majority(evidence, measured["accuracy"]), _label_meaning(evidence, policy)]
    return findings


def _compared(name: str, figure: Figure, dummy: float, evidence: Evidence, policy: Policy) -> Finding:
    rows, bound = evidence.held_out, dummy + policy.baselines.margin
    words = shown(figure), f"> {digits(bound)}"
    finding = f"{name} against a dummy"
    beaten, detail = _beaten(name, figure, bound, evidence, policy)
    if beaten:
        return passed(NAME, finding, figure=words[0], threshold=words[1], detail=detail)
    if figure.high is None or figure.value <= bound:
        return failed(NAME, finding, figure=words[0], threshold=words[1], detail="not better than ignoring the inputs")
    needed = rows_needed(rows.count, figure.standard_error, figure.value - bound, confidence=policy.confidence)
    refuses = policy.baselines.undecided == "refuse"
    return Finding(
        check=NAME,
        finding=finding,
        verdict="inconclusive",
        figure=words[0],
        threshold=words[1],
        detail=f"may not be better than ignoring the inputs; about {needed:,} rows would decide",
        refuses=refuses,
    )


def _beaten(name: str, figure: Figure, bound: float, evidence: Evidence, policy: Policy) -> tuple[bool, str]:
    """Return whether the metric is surely above the bound, and a sentence on the test.

    Without a margin a classifier is tested against chance, because intervals of a class of few rows are too narrow.
    """
    if name in VALUES or policy.baselines.margin:
        return figure.low is not None and figure.low > bound, ""
    chance = independence.p_value(name, evidence.held_out.target, evidence.predicted)
    detail = f"answers that ignore the inputs reach this with p = {chance:.2g}"
    return figure.value > bound and chance < (1 - policy.confidence) / 2, detail


def _majority(evidence: Evidence, accuracy: Figure) -> Finding:
    target = evidence.held_out.target
    majority = float(np.bincount(target[target >= 0]).max() / len(target)) if (target >= 0).any() else 0.0
    words = {"figure": shown(accuracy), "threshold": f"not below {majority:.4g}"}
    finding = "accuracy against the majority class"
    if accuracy.high is None or accuracy.high >= majority:
        return passed(NAME, finding, **words)
    return warned(NAME, finding, **words, detail="always answering the most common class would be right more often")


def _label_meaning(evidence: Evidence, policy: Policy) -> Finding:
    """Return a finding on exchanged classes: most rows of a class are answered with the next one, in a cycle.

    A model whose labels were exchanged is worse than guessing on some classes and right on the rest; an average does
    not show it.
    """
    words = "labels mean the same as in training"
    target, labels, classes = evidence.held_out.target, evidence.predicted.labels, classes_of(evidence.signature.output)
    known = (target >= 0) & (labels >= 0)  # type: ignore[operator]  # there are labels where accuracy was measured
    pairs = np.bincount(target[known] * len(classes) + labels[known], minlength=len(classes) ** 2)  # type: ignore[index]
    table = pairs.reshape(len(classes), len(classes))
    cycle = _cycle(table)
    if not cycle:
        return passed(NAME, words)
    kept = int(sum(table[code, code] for code in cycle))
    moved = int(sum(table[code, after] for code, after in zip(cycle, [*cycle[1:], cycle[0]], strict=True)))
    named = " → ".join(str(classes[code]) for code in [*cycle, cycle[0]])
    facts = {"figure": f"{moved:,} rows moved, {kept:,} kept", "detail": f"exchanged: {named}"}
    if mcnemar(moved, kept) < (1 - policy.confidence) / 5:  # 0.01 by default: any of many pairs might look exchanged
        return failed(NAME, words, **facts)
    return warned(NAME, words, **facts)


def _cycle(table: npt.NDArray[np.int64]) -> list[int]:
    """Follow each class to its most frequent answer; return a cycle of two or more classes, or an empty list."""
    after = [int(row.argmax()) if row.any() else code for code, row in enumerate(table)]
    for start in range(len(after)):
        path = [start]
        while after[path[-1]] not in path:
            path.append(after[path[-1]])
        cycle = path[path.index(after[path[-1]]) :]
        if len(cycle) > 1:
            return cycle
    return []
