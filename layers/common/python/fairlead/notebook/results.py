"""Results with tables for notebooks. Each is the result of the operation, with `_repr_html_` beside it.

https://ipython.readthedocs.io/en/stable/config/integrating.html describes `_repr_html_`.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TypeVar
from xml.etree.ElementTree import Element, tostring

import msgspec

from fairlead.gate.findings import Finding, Verdict
from fairlead.html import formatting
from fairlead.html.blocks import table
from fairlead.html.elements import e
from fairlead.html.verdicts import findings_table
from fairlead.model.manifest import Certificate, Engine, Metric
from fairlead.model.principal import named
from fairlead.monitoring.dashboard.render import render
from fairlead.monitoring.overview import Overview
from fairlead.publishing.store import Published
from fairlead.releases.release import Released

HEIGHT = 700
"""Pixels of the frame that shows the monitor's page, whose styles must not apply to the notebook."""

Result = TypeVar("Result", bound=msgspec.Struct)


def shown(kind: type[Result], result: msgspec.Struct) -> Result:
    """Return a result as its subclass with `_repr_html_`."""
    return kind(**{name: getattr(result, name) for name in result.__struct_fields__})


class Validated(Verdict, frozen=True, kw_only=True):
    """The gate's verdict."""

    def _repr_html_(self) -> str:
        heading = "refused by the gate" if self.refused else "may be published"
        return _html(heading, _metrics(self.metrics), _open(self.findings), _engine(self.engine, self.parity))


class PublishedVersion(Published, frozen=True):
    """A new version."""

    def _repr_html_(self) -> str:
        made = self.manifest
        forced = e("p", e("b", f"FORCED by {named(made.forced.by)}: "), made.forced.reason) if made.forced else None
        report = f"fairlead report {made.model} {made.version} --open"
        release = f"fairlead release {made.model} {made.version}"
        return _html(
            f"published {made.model} version {made.version}",
            forced,
            _metrics(made.metrics),
            _open(made.findings),
            _engine(made.engine, made.parity),
            e("p", "report: ", e("code", report), "; next: ", e("code", release)),
        )


class NotebookRelease(Released, frozen=True, kw_only=True):
    """The result of a release."""

    def _repr_html_(self) -> str:
        if self.moved:
            return _html(f"live: {self.live}, was {self.was}")
        if not self.deployment:
            return _html(f"{self.live} is live already")
        return _html(f"live goes from {self.was} to {self.release}, {self.strategy}")


class Monitored(Overview, frozen=True, kw_only=True):
    """The overview of a model, shown as the page of `fairlead monitor --html`."""

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(render(self))}" width="100%" height="{HEIGHT}" title="monitor"></iframe>'


def _html(heading: str, *content: Element | None) -> str:
    parts = e("div", e("p", e("b", heading)), *content)
    return tostring(parts, encoding="unicode", method="html")


def _metrics(metrics: Mapping[str, Metric]) -> Element | None:
    rows = [
        [formatting.metric(name), formatting.figure(one.value), formatting.interval(one)]
        for name, one in metrics.items()
    ]
    return table(("metric", "value", "interval"), rows) if rows else None


def _open(findings: Sequence[Finding]) -> Element | None:
    """Return the findings that did not pass, those that refuse first; a sentence if all did."""
    wrong = [one for one in findings if one.verdict in ("fail", "inconclusive", "warn")]
    if not wrong:
        return e("p", f"{len(findings)} findings, none to review") if findings else None
    return findings_table(sorted(wrong, key=lambda one: not one.refuses))


def _engine(engine: Engine | None, parity: Certificate | None) -> Element | None:
    if engine is None:
        return None
    if parity is None:
        return e("p", f"engine sklearn, not onnx: {engine.reason}")
    return e("p", f"engine onnx: parity proved on {parity.rows:,} rows")
