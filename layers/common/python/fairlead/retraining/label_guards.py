"""Label guards: checks of labels before an estimator is fitted on them. Each is a finding with its figure.

A caller who may report outcomes can influence the model. The guards refuse labels that look like a mistake or an
attack: too few or too old, from one source, contradicted, or with a large shift. The gate cannot detect these, because
its held-out rows have the same sources.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from fairlead.model.manifest import Finding
from fairlead.retraining.label_shift import Bins
from fairlead.retraining.labelled_rows import Found
from fairlead.retraining.time_split import Split
from fairlead.retraining.types import Labelled, Limits


def guard(
    found: Found, split: Split, target: Sequence[Any], limits: Limits, *, numeric: bool, now: datetime
) -> tuple[Finding, ...]:
    """Return the findings on labelled rows.

    `target` holds the champion's training labels, `numeric` says whether they are values, `now` is aware UTC.
    """
    rows = split.learn + split.judge
    enough = _enough(found, split, limits)
    if not rows:
        return (enough,)
    bins = Bins(target, numeric=numeric)
    return (
        enough,
        _recent(rows, limits, now),
        _sources(rows, limits),
        _callers(rows, limits),
        _contradicted(rows, limits),
        _shift("labels against the training rows", bins, [one.target for one in rows], target, limits),
        _shift(
            "newest labels against earlier ones",
            bins,
            [one.target for one in split.judge],
            [one.target for one in split.learn],
            limits,
        ),
        _repeated(split, limits),
    )


def _enough(found: Found, split: Split, limits: Limits) -> Finding:
    total, judge = len(split.learn) + len(split.judge), len(split.judge)
    fails = total < limits.fewest or min(judge, len(split.learn)) < limits.fewest_held_out
    left_out = [
        f"{split.known:,} in the training rows already" if split.known else "",
        f"{split.repeated:,} on both sides" if split.repeated else "",
        f"{found.incomplete:,} captured without all fields" if found.incomplete else "",
        f"{found.unfit:,} that do not fit the signature" if found.unfit else "",
    ]
    said = ", ".join(part for part in left_out if part)
    dropped = f"; {', '.join(found.dropped)} never stored (CaptureDrop)" if found.dropped else ""
    return _finding(
        "enough labelled rows",
        fails=fails,
        figure=f"{total:,}, {judge:,} of them held out" + (f" (left out: {said}{dropped})" if said else ""),
        threshold=f"at least {limits.fewest:,}, and {limits.fewest_held_out:,} on either side of the split",
        detail="report more outcomes, or choose a longer period with --since",
        figures={"rows": total, "held_out": judge, "known": split.known, "repeated": split.repeated},
    )


def _recent(rows: Sequence[Labelled], limits: Limits, now: datetime) -> Finding:
    newest = datetime.fromtimestamp(max(one.at for one in rows) / 1000, UTC)
    days = (now - newest).total_seconds() / 86_400
    most = limits.oldest.total_seconds() / 86_400
    return _finding(
        "age of the newest labelled prediction",
        fails=days > most,
        figure=f"{days:.1f} days",
        threshold=f"at most {most:g} days",
        detail="a model must be retrained on recent data: report outcomes of recent predictions",
        figures={"days": days},
    )


def _sources(rows: Sequence[Labelled], limits: Limits) -> Finding:
    by, count = Counter(one.by for one in rows).most_common(1)[0]
    trusted = any(fnmatchcase(by, pattern) for pattern in limits.trusted)
    untrusted = Counter(one.by for one in rows if not any(fnmatchcase(one.by, name) for name in limits.trusted))
    most, labels = untrusted.most_common(1)[0] if untrusted else (by, 0)
    share = labels / len(rows)
    return _finding(
        "largest share of labels from one reporter",
        fails=share > limits.largest_share,
        figure=f"{share:.0%} from {most}" if labels else f"{count / len(rows):.0%} from {by}, which is trusted",
        threshold=f"at most {limits.largest_share:.0%}"
        + (" without trusted ones" if trusted or limits.trusted else ""),
        detail="if this reporter is the expected source, pass --trust ARN (the template's TrustedReporters)",
        figures={"share": share},
    )


def _callers(rows: Sequence[Labelled], limits: Limits) -> Finding:
    """Warn if most labelled rows come from one caller, which often is one application; this refuses nothing."""
    caller, count = Counter(one.caller for one in rows).most_common(1)[0]
    share = count / len(rows)
    return Finding(
        check="labels",
        finding="largest share of labelled rows from one caller",
        verdict="warn" if share > limits.largest_share else "pass",
        figure=f"{share:.0%} by {caller}",
        figures={"share": share},
    )


def _contradicted(rows: Sequence[Labelled], limits: Limits) -> Finding:
    count = sum(one.contradicted for one in rows)
    share = count / len(rows)
    return _finding(
        "contradicted labels",
        fails=share > limits.most_contradicted,
        figure=f"{count:,} of {len(rows):,} ({share:.1%})",
        threshold=f"at most {limits.most_contradicted:.0%}",
        detail="two sources report different outcomes: find out which one is right before retraining",
        figures={"share": share},
    )


def _shift(name: str, bins: Bins, found: Sequence[Any], before: Sequence[Any], limits: Limits) -> Finding:
    if not found or not before:
        return Finding(check="labels", finding=name, verdict="not applicable", figure="too few rows")
    shift, chance, most = bins.shift(found, before)
    return _finding(
        name,
        fails=shift > limits.largest_shift + chance,
        figure=f"{shift:.2f} apart, most at {most}",
        threshold=f"at most {limits.largest_shift:.2f} (total variation) and {chance:.2f} by chance",
        detail="such a shift is rare: check who reported the labels and what changed, then publish by hand",
        figures={"shift": shift, "chance": chance},
    )


def _repeated(split: Split, limits: Limits) -> Finding:
    total = len(split.learn) + len(split.judge) + split.repeated
    share = split.repeated / total
    return _finding(
        "rows on both sides of the split, left out",
        fails=share > limits.most_repeated,
        figure=f"{split.repeated:,} of {total:,} ({share:.1%})",
        threshold=f"at most {limits.most_repeated:.0%}",
        detail="the same rows repeat: the remaining rows do not represent the callers' requests",
        figures={"share": share},
    )


def _finding(name: str, *, fails: bool, figure: str, threshold: str, detail: str, figures: dict[str, float]) -> Finding:
    return Finding(
        check="labels",
        finding=name,
        verdict="fail" if fails else "pass",
        figure=figure,
        threshold=threshold,
        detail=detail if fails else "",
        refuses=fails,
        figures=figures,
    )
