"""The report's sections in reading order, each a function of the facts; it returns None if there is nothing to show."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections.answers import answers
from fairlead.publishing.report.sections.certificate import cost, parity
from fairlead.publishing.report.sections.classes import classes
from fairlead.publishing.report.sections.comparison import champion
from fairlead.publishing.report.sections.contract import signature
from fairlead.publishing.report.sections.features import features
from fairlead.publishing.report.sections.findings import all_findings, open_findings
from fairlead.publishing.report.sections.importance import importance
from fairlead.publishing.report.sections.lineage import environment, lineage
from fairlead.publishing.report.sections.metrics import metrics
from fairlead.publishing.report.sections.reasons import reasons
from fairlead.publishing.report.sections.regression_errors import errors
from fairlead.publishing.report.sections.slices import slices

SECTIONS: tuple[Callable[[ReportFacts], Element | None], ...] = (
    open_findings,
    metrics,
    champion,
    classes,
    errors,
    answers,
    importance,
    reasons,
    slices,
    features,
    parity,
    cost,
    signature,
    environment,
    lineage,
    all_findings,
)
