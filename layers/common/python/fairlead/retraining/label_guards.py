"""What must hold of labels before anything learns from them: each guard is a finding with its figure.

Whoever may report outcomes can teach the model. Guards refuse what looks like a mistake or an attack and cannot be told
from one by the gate, whose held-out rows come from the same hands: too few or old labels, one source, contradictions, a
distribution that moved further than the world does.
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
    """Judge labelled rows; `target` is what the champion learnt, `numeric` where it is values, `now` aware UTC."""
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
        _shift("labels against the rows it learnt", bins, [one.target for one in rows], target, limits),
        _shift(
            "newest labels against those before",
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
        f"{split.known:,} learnt before" if split.known else "",
        f"{split.repeated:,} on both sides" if split.repeated else "",
        f"{found.incomplete:,} captured without all fields" if found.incomplete else "",
        f"{found.strangers:,} of another signature" if found.strangers else "",
    ]
    said = ", ".join(part for part in left_out if part)
    dropped = f"; {', '.join(found.dropped)} never stored (CaptureDrop)" if found.dropped else ""
    return _finding(
        "enough labelled rows",
        fails=fails,
        figure=f"{total:,}, {judge:,} of them held out" + (f" (left out: {said}{dropped})" if said else ""),
        threshold=f"at least {limits.fewest:,}, and {limits.fewest_held_out:,} on either side of the split",
        detail="report more outcomes, or look further back with --since",
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
        detail="what is learnt now must describe now: report outcomes of recent predictions",
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
        threshold=f"at most {limits.largest_share:.0%}" + (", trusted ones apart" if trusted or limits.trusted else ""),
        detail="if all outcomes come that way, say so: --trust ARN (the template's TrustedReporters)",
        figures={"share": share},
    )


def _callers(rows: Sequence[Labelled], limits: Limits) -> Finding:
    """Whose rows are labelled is often one application; it is told, and refuses nothing."""
    caller, count = Counter(one.caller for one in rows).most_common(1)[0]
    share = count / len(rows)
    return Finding(
        check="labels",
        finding="largest share of labelled rows asked by one caller",
        verdict="warn" if share > limits.largest_share else "pass",
        figure=f"{share:.0%} by {caller}",
        figures={"share": share},
    )


def _contradicted(rows: Sequence[Labelled], limits: Limits) -> Finding:
    count = sum(one.contradicted for one in rows)
    share = count / len(rows)
    return _finding(
        "labels that were contradicted",
        fails=share > limits.most_contradicted,
        figure=f"{count:,} of {len(rows):,} ({share:.1%})",
        threshold=f"at most {limits.most_contradicted:.0%}",
        detail="two sources disagree about what happened: find out which one is right before either is learnt",
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
        detail="labels rarely move that far: look at who reported them and what changed, then publish by hand",
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
        detail="the same rows come again and again: what is left is no sample of what callers ask",
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
