"""Every booster of the zoo runs on onnx, and answers rows that the proof has never seen as its library does."""

import warnings

import pytest

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.sklearn import SklearnEngine
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.input.frames import with_model_names
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.compare import difference, prove
from fairlead.publishing.signature import infer
from tests.boosters.booster_zoo import BOOSTERS, BoosterCase
from tests.functional.publishing.test_parity_zoo import beside_thresholds, far_outside, split


@pytest.mark.parametrize("case", BOOSTERS.values(), ids=BOOSTERS.keys())
def test_a_booster_of_the_zoo_runs_on_onnx_with_the_same_answers(case: BoosterCase) -> None:
    train, held_out, kept, target, held_out_target, _ = split(*case.data())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        original = case.make().fit(train, target)
    built = read(from_live(original)).estimator
    if hasattr(train, "columns"):
        train, held_out, kept = (with_model_names(built, part) for part in (train, held_out, kept))
    signature = infer.infer(built, held_out, held_out_target, target="target", train=train)
    choice = choose_engine.choose_engine(built, signature, infer.to_rows(signature, held_out))

    assert (choice.engine.name, choice.engine.reason) == ("onnx", "")
    rows = infer.to_rows(signature, kept)
    prove(choice.reference, choice.serving, [], [], far_outside(choice, rows))
    if hasattr(built, "boosting") and not built.boosting.categories:
        pairs = [(int(f), float(t)) for tree in built.boosting.trees[:5]
                 for f, t, left in zip(tree.feature, tree.threshold, tree.left, strict=True) if left >= 0]  # fmt: skip
        rows += beside_thresholds(rows, pairs[:200])
    assert difference(choice.reference.answer(rows), choice.serving.answer(rows)) == ""
    if case.exact:
        assert difference(SklearnEngine(original, choice.signature).answer(rows), choice.serving.answer(rows)) == ""
