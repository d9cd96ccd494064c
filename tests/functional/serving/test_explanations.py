"""Reasons on request, as Lambda runs predict: they add up, stand beside each prediction, and are refused clearly."""

import contextlib
import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from fairlead.publishing import publish as publishing
from fairlead.publishing.publish import Published
from testkit import penguins
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store
from tests.functional.serving.invocations import invoke, records, rows

EXPLAIN = {"explain": True}


def explained(app: ModuleType, *, name: str = "predict", parameters: Any = EXPLAIN) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"parameters": parameters, "instances": rows(name)})
    status, document, _ = invoke(app, event(name, body=body))
    return status, document


def test_each_prediction_has_contributions_by_field_that_add_up_to_its_probability(app: ModuleType) -> None:
    status, document = explained(app)

    assert status == 200
    assert document["explanation"]["method"].startswith("exact")
    for prediction in document["predictions"]:
        found = prediction["explanation"]
        assert found["output"] == prediction["label"]
        assert list(found["contributions"]) == list(rows()[0])
        assert "standard_errors" not in found


def test_predictions_are_the_same_with_and_without_reasons(app: ModuleType) -> None:
    _, plain, _ = invoke(app, event("predict"))
    _, document = explained(app)
    without = [{name: one[name] for name in one if name != "explanation"} for one in document["predictions"]]

    assert without == plain["predictions"]
    assert "explanation" not in plain


def test_an_inference_request_gets_the_reasons_as_tensors(app: ModuleType) -> None:
    body = json.loads(event("infer")["body"]) | {"parameters": EXPLAIN}
    status, document, _ = invoke(app, event("infer", body=json.dumps(body)))
    _, native = explained(app)

    assert status == 200
    outputs = {one["name"]: one for one in document["outputs"]}
    [prediction] = native["predictions"]
    assert outputs["explain_contributions"]["shape"] == [1, 7]
    assert outputs["explain_contributions"]["data"] == list(prediction["explanation"]["contributions"].values())
    assert outputs["explain_base"]["data"] == [prediction["explanation"]["base"]]
    assert outputs["explain_output"]["data"] == [prediction["label"]]
    assert document["parameters"]["explanation_method"] == native["explanation"]["method"]


def test_explained_calls_stay_out_of_the_latency_that_judges_a_release(app: ModuleType) -> None:
    explained(app)
    _, metrics = records(app.printed.getvalue())

    assert "Latency" not in metrics[-1]
    assert metrics[-1]["ExplainLatency"] > 0
    judged = [one for one in metrics[-1]["_aws"]["CloudWatchMetrics"] if ["service", "release"] in one["Dimensions"]]
    assert {metric["Name"] for one in judged for metric in one["Metrics"]} == {"Requests"}


def test_the_limit_of_time_is_a_clear_refusal(load_app: Load, shelf: Store, published: Published) -> None:
    app = load_app(shelf.released(published) | {"FAIRLEAD_EXPLAIN_SECONDS": "1e-9"})
    status, document = explained(app)

    assert (status, document["code"]) == (413, "too_large")
    assert "the limit is 1e-09 s" in document["detail"]


def test_a_slow_first_row_which_prepares_the_leaves_does_not_refuse_a_request_that_fits(app: ModuleType) -> None:
    explained(app)
    times = itertools.chain([0.0], itertools.repeat(0.4))
    app.endpoint.model().explanations._clock = lambda: next(times)
    body = json.dumps({"parameters": EXPLAIN, "instances": rows() * 100})
    status, document, _ = invoke(app, event("predict", body=body))

    assert status == 200, document
    assert len(document["predictions"]) == 100 * len(rows())


def test_a_stack_may_switch_reasons_off(load_app: Load, shelf: Store, published: Published) -> None:
    app = load_app(shelf.released(published) | {"FAIRLEAD_EXPLAIN_SECONDS": "0"})
    status, document = explained(app)

    assert (status, document["code"]) == (422, "not_explainable")
    assert invoke(app, event("predict"))[0] == 200


@pytest.mark.parametrize("parameters", [{"explain": "yes"}, {"explan": True}, [], "explain", {"explain": True, "a": 1}])
def test_unknown_parameters_are_refused(app: ModuleType, parameters: Any) -> None:
    status, document = explained(app, parameters=parameters)
    assert (status, document["code"]) == (400, "bad_request")
    assert "`parameters`" in document["detail"]


def test_parameters_without_explain_change_nothing(app: ModuleType) -> None:
    status, document = explained(app, parameters={})
    assert status == 200
    assert "explanation" not in document


@pytest.mark.parametrize(
    "body", ['{"parameters": {"explain": true}}', '{"instances": [{}], "parameters": {}, "parameters": {}}']
)
def test_other_shapes_with_parameters_are_refused(app: ModuleType, body: str) -> None:
    status, document, _ = invoke(app, event("predict", body=body))
    assert status == 422
    assert document["code"] == "invalid_instances"


def test_reasons_that_do_not_add_up_are_an_error_of_the_service(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained(app)
    values = app.endpoint.model().explanations._explainer._values
    monkeypatch.setattr(values, "expected", values.expected + 0.01)
    status, document = explained(app)

    assert (status, document["code"]) == (500, "not_additive")
    assert "miss the prediction" in document["detail"]


def test_an_error_names_the_row_of_the_request(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    explained(app)
    values = app.endpoint.model().explanations._explainer._values
    explain, seen = values.explain, itertools.count()

    def wrong_in_row_five(matrix: Any, outputs: Any) -> Any:
        columns, sums = explain(matrix, outputs)
        places = [place for place, row in zip(range(len(matrix)), seen, strict=False) if row == 5]
        columns[places] += 0.01
        return columns, sums

    monkeypatch.setattr(values, "explain", wrong_in_row_five)
    body = json.dumps({"parameters": EXPLAIN, "instances": (rows() * 8)[:8]})
    _, document, _ = invoke(app, event("predict", body=body))

    assert (document["code"], document["detail"][:6]) == ("not_additive", "row 5:")


def test_a_prediction_without_reasons_imports_nothing_of_them(app: ModuleType) -> None:
    with contextlib.redirect_stdout(app.printed):
        app.handler(event("predict"), context())
    assert app.endpoint.model().explanations is None


def test_a_pinned_version_gives_its_own_reasons(load_app: Load, shelf: Store, again: Published) -> None:
    app = load_app(shelf.released(again))
    pinned = {"path": "/versions/1/predict", "resource": "/versions/{version}/predict"}
    body = json.dumps({"instances": rows(), "parameters": EXPLAIN})
    status, document, _ = invoke(app, event("predict_pinned", body=body, **pinned, pathParameters={"version": "1"}))

    assert (status, document["version"]) == (200, 1)
    assert document["predictions"][0]["explanation"]["contributions"]
    assert app.endpoint.model().explanations is None


def test_a_version_whose_policy_switches_reasons_off_gives_none(load_app: Load, store: Store, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[explanations]\nenabled = false\n")
    _, held_out = penguins.split()
    done = publishing.publish(
        penguins.estimator(),
        name="penguins",
        X=held_out.drop(columns=penguins.TARGET),
        y=held_out[penguins.TARGET],
        policy=tmp_path / "policy.toml",
        registry=store.registry,
    )
    status, document = explained(load_app(store.released(done)))

    assert "explanation" not in done.manifest.blobs
    assert (status, document["code"]) == (422, "not_explainable")
    assert "the policy switches explanations off" in document["detail"]


def test_a_version_of_an_older_fairlead_gives_none(app: ModuleType) -> None:
    model = app.endpoint.model()
    blobs = {name: blob for name, blob in model.facts.blobs.items() if name != "explanation"}
    model.facts = msgspec.structs.replace(model.facts, blobs=blobs, explanation=None)
    status, document = explained(app)

    assert (status, document["code"]) == (422, "not_explainable")
    assert "published by an older Fairlead" in document["detail"]
