"""The report's sections in reading order, each a function of the facts; one that has nothing to say gives None."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections.answers import answers
from fairlead.publishing.report.sections.certificate import cost, parity
from fairlead.publishing.report.sections.classes import classes
from fairlead.publishing.report.sections.comparison import champion
from fairlead.publishing.report.sections.contract import signature
from fairlead.publishing.report.sections.features import features
from fairlead.publishing.report.sections.findings import every_finding, to_read
from fairlead.publishing.report.sections.importance import importance
from fairlead.publishing.report.sections.lineage import environment, lineage
from fairlead.publishing.report.sections.metrics import metrics
from fairlead.publishing.report.sections.regression_errors import errors
from fairlead.publishing.report.sections.slices import slices

SECTIONS: tuple[Callable[[ReportFacts], Element | None], ...] = (
    to_read,
    metrics,
    champion,
    classes,
    errors,
    answers,
    importance,
    slices,
    features,
    parity,
    cost,
    signature,
    environment,
    lineage,
    every_finding,
)
