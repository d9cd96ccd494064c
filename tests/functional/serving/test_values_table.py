"""docs/reference/values.md: each row of its table is sent in each protocol, and the answer has the status it names."""

import contextlib
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fairlead.publishing.publish import Published, publish
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

PAGE = Path(__file__).parents[3] / "docs/reference/values.md"
PROTOCOLS = ("/predict", "/v2 … /infer", "/invocations, JSON", "/invocations, CSV")
DATATYPES = {"a": "FP64", "n": "FP64", "i": "INT64", "flag": "BOOL", "city": "BYTES", "kind": "BYTES", "extra": "FP64"}
ROW = {"a": "1.5", "n": "0.5", "i": "2008", "flag": "true", "city": '"Oslo"', "kind": '"old"'}


class Case(NamedTuple):
    """A value in a field, as JSON and as CSV writes it, and its status in each protocol; None: it cannot say it."""

    field: str
    value: str
    text: str
    statuses: tuple[int | None, ...]


OK = (200, 200, 200, 200)
REFUSED = (422, 422, 422, 422)
CASES = {
    "missing": [Case("n", "null", "", OK)],
    "bare NaN": [
        Case("n", "NaN", "nan", (422, 200, 200, 200)),
        Case("a", "NaN", "nan", REFUSED),
        Case("kind", "NaN", "nan", (422, 422, 200, 200)),
    ],
    "infinity": [Case("a", "Infinity", "inf", REFUSED), Case("n", "-Infinity", "-inf", REFUSED)],
    "number": [Case("a", "-1.25e3", "-1.25e3", OK)],
    "number sent as a string": [Case("a", '"1.5"', "1.5", (422, 422, 422, 200))],
    "whole number 2008.0 in an integer": [Case("i", "2008.0", "2008.0", OK)],
    "integer beyond 2^53": [Case("i", "9007199254740993", "9007199254740993", REFUSED)],
    "boolean": [Case("flag", "false", "False", OK), Case("flag", "true", "TRUE", OK)],
    "category": [Case("city", '"Bergen"', "Bergen", OK)],
    "unknown category": [Case("kind", '"newest"', "newest", OK), Case("city", '"Atlantis"', "Atlantis", REFUSED)],
    "date": [Case("kind", '"2024-02-29"', "2024-02-29", OK)],
    "Unicode": [Case("kind", '"ø 漢 🙂"', "ø 漢 🙂", OK), Case("kind", r'"\ud800"', "", (422, 422, 422, None))],
    "empty string": [Case("kind", '""', "", OK)],
    "two members of one name": [Case("a", "1", "1", (422, 422, 400, 422))],
    "a column that the model ignores": [Case("extra", "7.5", "7.5", OK)],
}


def documented() -> dict[str, dict[str, str]]:
    """The table of the page: cells by row and protocol."""
    lines = [line.replace("`", "") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(head[1:]) == PROTOCOLS
    return {row[0]: dict(zip(PROTOCOLS, row[1:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def several_kinds(shelf: Store) -> Published:
    """A model with a field of each kind, a closed and an open category, and a column that it ignores."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": random.normal(size=400),
            "n": np.where(random.random(400) < 0.2, np.nan, random.normal(size=400)),
            "i": random.integers(1990, 2030, 400),
            "flag": random.random(400) < 0.5,
            "city": random.choice(["Oslo", "Bergen"], 400),
            "kind": random.choice(np.array(["old", "new", None]), 400),
            "extra": random.normal(size=400),
        }
    )
    encode = make_column_transformer(
        ("passthrough", ["a", "i", "flag"]),
        (SimpleImputer(), ["n"]),
        (OneHotEncoder(), ["city"]),
        (OneHotEncoder(handle_unknown="ignore"), ["kind"]),
    )
    y = (frame.a + frame.flag > 0.5).astype(int)
    model = make_pipeline(encode, LogisticRegression()).fit(frame.iloc[:200], y[:200])
    return publish(
        model,
        name="kinds",
        X=frame.iloc[200:],
        y=y[200:],
        registry=shelf.registry,
        by="me",
        force=True,
        reason="a test",
    )


@pytest.fixture
def app(load_app: Load, shelf: Store, several_kinds: Published) -> ModuleType:
    return load_app(shelf.released(several_kinds))


def sent(app: ModuleType, name: str, body: str, kind: str = "application/json", **changes: Any) -> int:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(
            event(name, body=body, headers={"Content-Type": kind, "Accept": "*/*"}, **changes), context()
        )
    return int(answer["statusCode"])


def status(app: ModuleType, protocol: str, case: Case, *, twice: bool) -> int:
    """Send one row that has the case's value; `twice` names its field a second time."""
    members = [*(ROW | {case.field: case.value}).items(), *([(case.field, case.value)] if twice else [])]
    if protocol == "/v2 … /infer":
        tensors = ", ".join(
            f'{{"name": "{name}", "datatype": "{DATATYPES[name]}", "shape": [1], "data": [{value}]}}'
            for name, value in members
        )
        return sent(app, "infer", f'{{"inputs": [{tensors}]}}', pathParameters={"model": "kinds"})
    if protocol == "/invocations, CSV":
        texts = [case.text if name == case.field else json.loads(value) for name, value in members]
        return sent(app, "invocations", f"{','.join(dict(members))}\n{','.join(map(str, texts))}\n", "text/csv")
    row = ", ".join(f'"{name}": {value}' for name, value in members)
    if protocol == "/predict":
        return sent(app, "predict", f'{{"instances": [{{{row}}}]}}')
    return sent(app, "invocations", f'{{"dataframe_records": [{{{row}}}]}}')


def test_every_row_of_the_table_has_cases() -> None:
    assert list(documented()) == list(CASES)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("title", CASES)
def test_a_value_has_the_status_that_the_table_names(app: ModuleType, title: str, protocol: str) -> None:
    row = documented()[title]
    cell = row["/predict"] if row[protocol] == "the same" else row[protocol]
    place = PROTOCOLS.index(protocol)
    cases = [case for case in CASES[title] if case.statuses[place] is not None]

    found = [status(app, protocol, case, twice=title == "two members of one name") for case in cases]

    assert found == [case.statuses[place] for case in cases]
    if title == "two members of one name" and protocol == "/v2 … /infer":
        found.append(sent(app, "infer", '{"inputs": [], "inputs": []}', pathParameters={"model": "kinds"}))
    refusals = {int(code) for code in re.findall(r"\b4\d\d\b", cell)}
    assert refusals == {code for code in found if code >= 400}
