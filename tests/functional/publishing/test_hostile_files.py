"""Hostile files: nothing in them runs, none ends or delays the process, and each refusal names part and place."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import ModelFileError
from fairlead.publishing.input.model_file import read_model
from testkit.hostile import corpus
from testkit.hostile.documents import DOCUMENTS
from testkit.hostile.forge import CANARY, Call, forge
from testkit.hostile.models import NUMBERS, TEXTS
from testkit.hostile.opening import open_documents, open_files
from testkit.hostile.streams import mutants

PARTS = 4
CORPUS = list(corpus())
LONGEST = 20
"""Seconds that one hostile file may take where all cores are busy; most take a tenth of one."""
WHERE = re.compile(
    r"\w+(\.\w+)+|\(at .+\)|truncated, damaged|not a scikit-learn estimator|more than \d+ GiB|an array of .+, where"
    r"|packed into the file by \w+"
)
"""A class, a name or a place; or that the whole is nothing that has places."""
THROUGH_WALLS = ("composed: a tree's defaultdict evaluates", "damaged forest alone: .nodes.left_child all zero")


def test_the_corpus_is_large_and_of_every_kind() -> None:
    names = [hostile.name for hostile in CORPUS]
    assert len(names) == len(set(names))
    assert len(names) >= 300
    kinds = {re.split("[: ]", name)[0] for name in names}
    assert kinds == {"bomb", "booster", "call", "composed", "damaged", "stream", "text", "writing"}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_hostile_file_is_refused_and_nothing_runs(part: int) -> None:
    files = [(hostile.name, hostile.make(), hostile.rows) for hostile in CORPUS[part::PARTS]]
    outcomes = open_files(files)
    assert {name: outcome for name, outcome in outcomes.items() if outcome.ended != "refused"} == {}
    assert {name: outcome for name, outcome in outcomes.items() if outcome.seconds > LONGEST} == {}
    assert {name: outcome for name, outcome in outcomes.items() if not WHERE.search(outcome.said)} == {}
    assert {name: outcome for name, outcome in outcomes.items() if outcome.said.endswith("| ")} == {}  # without a hint


def test_the_canary_is_alive() -> None:
    """The same act, opened as joblib would, is noticed: the test above can fail."""
    import pickle

    pickle.loads(forge(Call("os.mkdir", CANARY)))
    assert os.path.isdir(CANARY)
    os.rmdir(CANARY)


@pytest.mark.parametrize("name", THROUGH_WALLS)
def test_hostile_files_are_refused_by_the_closed_process(name: str, tmp_path: Path) -> None:
    hostile = next(hostile for hostile in CORPUS if hostile.name == name)
    path = tmp_path / "model.joblib"
    path.write_bytes(hostile.make())
    with pytest.raises(ModelFileError) as refusal:
        read_model(path)
    assert refusal.value.hint
    assert not Path(CANARY).exists()


def test_mutants_of_valid_files_are_refused_or_answer() -> None:
    """Twenty thousand in `benchmarks.hostile_files`."""
    files = [(str(number), content, None) for number, content in enumerate(mutants(seed=1, count=300))]
    outcomes = open_files(files)
    assert {name: one for name, one in outcomes.items() if one.ended not in ("refused", "answered")} == {}


def _rows(name: str) -> Any:
    return TEXTS if "expression" in name or "vectorizer" in name else NUMBERS


def test_every_hostile_document_is_refused() -> None:
    outcomes = open_documents([(name, make(), _rows(name)) for name, make in DOCUMENTS.items()])
    assert {name: outcome for name, outcome in outcomes.items() if outcome.ended != "refused"} == {}
    assert {name: outcome for name, outcome in outcomes.items() if outcome.seconds > LONGEST} == {}
