"""The facts of the template that `fairlead doctor` holds: the version, and the functions with the largest layers."""

import tomllib

from fairlead import __version__
from fairlead_cli.doctor.access import POLICIES
from fairlead_cli.doctor.quotas import LARGEST
from tests.template.stack import ROOT, source, translate


def test_the_stack_says_the_package_s_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert translate().outputs["FairleadVersion"] == __version__ == project


def test_the_doctor_adds_up_the_layers_that_the_functions_have() -> None:
    functions = {
        name: [layer["Ref"] for layer in facts["Properties"]["Layers"]]
        for name, facts in source()["Resources"].items()
        if facts["Type"] == "AWS::Serverless::Function"
    }

    assert LARGEST["predict (onnx)"] == ("PredictFunction", *functions["PredictFunction"])
    assert LARGEST["batch"] == ("BatchFunction", *functions["BatchFunction"])
    assert LARGEST["retrain"] == ("RetrainFunction", *functions["RetrainFunction"])
    assert [one.replace("Onnx", "Sklearn") for one in LARGEST["predict (onnx)"]] == list(LARGEST["predict (sklearn)"])
    used = {layer for layers in functions.values() for layer in layers}
    assert used <= {layer for _, *layers in LARGEST.values() for layer in layers}


def test_the_policies_that_the_doctor_looks_for_are_outputs() -> None:
    assert set(POLICIES) == {name for name in translate().outputs if name.endswith("PolicyArn")}
