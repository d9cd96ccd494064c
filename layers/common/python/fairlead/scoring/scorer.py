"""`fairlead.scorer(name, version)`: one version as a picklable function of pandas and Arrow batches.

The object holds names and digests only. Each process that calls it loads the version once, by its digest: manifest,
blobs and golden row are checked as the endpoint checks them.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fairlead.api.lenient_json import without_nan
from fairlead.api.response_size import most_rows
from fairlead.aws.stack import find
from fairlead.client import tables
from fairlead.errors import DataError, RequestError, SettingsError
from fairlead.model.answers import join
from fairlead.model.digest import prefixed
from fairlead.registry.chosen_version import find_version
from fairlead.registry.connection import open_registry
from fairlead.registry.store import Reading
from fairlead.scoring import answer_columns
from fairlead.scoring.answer_columns import Type
from fairlead.serving.model import Model, assemble
from fairlead.settings import Operator, operator

BLOCK = 5_000
"""Rows that are converted and answered at a time."""
_loaded: dict[str, Model] = {}
_loading = threading.Lock()


class Scorer:
    """Scores batches by one version. Equal inputs get the endpoint's labels, probabilities, values and scores.

    It can be pickled: a process that unpickles it loads the version at its first batch. `model`, `version` and `digest`
    (of the manifest) name the version. `columns` are the names and types that it adds to a batch.
    """

    def __init__(self, where: Operator, model: str, version: int, digest: str, columns: dict[str, Type]) -> None:
        self._where = where
        self.model = model
        self.version = version
        self.digest = digest
        self.columns = columns

    def __repr__(self) -> str:
        return f"<scorer of {self.model} version {self.version}, {self.digest[:19]}…>"

    @property
    def ddl(self) -> str:
        """The added columns as a schema of Spark: `` `label` string, `probabilities.yes` double``."""
        return ", ".join(f"`{name}` {kind}" for name, kind in self.columns.items())

    def __call__(self, batch: Any) -> Any:
        """Return a pandas DataFrame, Arrow table or record batch with the predictions as further columns.

        The batch may have columns that the model does not take; they stay. Raises DataError for another type, for a
        missing column and for a column that has a prediction's name; InstancesError and RowNotAnswerableError name
        the row and the field. Loading raises StorageError, IntegrityError, EngineError.
        """
        names = _names(batch)
        taken = next((name for name in self.columns if name in names), None)
        if taken is not None:
            raise DataError(f"the batch has a column {taken!r} already", hint="rename it: a prediction has this name")
        model = self._model()
        parts = [
            model.predict(rows, request_id="", release="").answered.answers
            for rows in _rows(model, batch, self._inputs(model, names))
        ]
        found = answer_columns.values(model.facts.signature.output, join(parts)) if parts else {}
        put = answer_columns.in_frame if tables.is_frame(batch) else answer_columns.in_arrow
        return put(batch, self.columns, found)

    def _inputs(self, model: Model, names: list[str]) -> list[str]:
        fields = model.facts.signature.inputs
        lacking = next((field.name for field in fields if not field.nullable and field.name not in names), None)
        if lacking is not None:
            raise DataError(f"the batch has no column {lacking!r}, which {self.model} takes")
        return [field.name for field in fields if field.name in names]

    def _model(self) -> Model:
        with _loading:
            if self.digest not in _loaded:
                reading: Reading = open_registry(self._where)
                facts, sha256 = reading.manifest(self.model, self.version, sha256=self.digest.removeprefix("sha256:"))
                _loaded[self.digest] = assemble(reading, facts, sha256)
        return _loaded[self.digest]


def scorer(name: str, version: int, *, stack: str = "", bucket: str = "") -> Scorer:
    """Return a scorer of one version.

    Args:
        name: the model.
        version: its version.
        stack: the stack whose registry has it; empty takes FAIRLEAD_STACK, else "fairlead".
        bucket: the registry's bucket, in place of the stack's; empty takes FAIRLEAD_BUCKET, else the stack's.

    The digest is fixed here: a manifest that changes later is refused by every process. Raises NotFoundError for a
    version that the chain of manifests does not reach, SettingsError for a retired one, StorageError.

    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SettingsError(f"{version!r} is no version of {name}", hint="give its number, for example 7")
    given = {"FAIRLEAD_STACK": stack, "FAIRLEAD_BUCKET": bucket}
    where = operator({**os.environ, **{key: value for key, value in given.items() if value}})
    # Processes need no right to read the stack: they get the bucket's name.
    where = Operator(stack=where.stack, bucket=where.bucket or find(where).bucket)
    registry = open_registry(where)
    facts, sha256 = find_version(registry, name, version)
    columns = answer_columns.types(facts.signature.output)
    return Scorer(where, name, version, prefixed(sha256), columns)


def _names(batch: Any) -> list[str]:
    if not tables.is_frame(batch) and not hasattr(batch, "append_column"):
        raise DataError(
            f"the batch is a {type(batch).__name__}", hint="give a pandas DataFrame, an Arrow table or record batch"
        )
    names = [str(name) for name in (batch.columns if tables.is_frame(batch) else batch.schema.names)]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"two columns have the name {twice!r}", hint="leave one of them out")
    return names


def _rows(model: Model, batch: Any, inputs: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the batch's rows in signature order, in blocks, after the endpoint's checks."""
    size = min(BLOCK, most_rows(model.facts.signature))
    for start in range(0, len(batch), size):
        block = batch[start : start + size] if tables.is_frame(batch) else batch.slice(start, size)
        try:
            yield model.rows_of(without_nan(model.facts.signature.inputs, _instances(block, inputs)))
        except RequestError as error:
            if start:
                error.add_note(f"rows are counted from row {start:,} of the batch")
            raise


def _instances(block: Any, inputs: list[str]) -> Iterator[dict[str, Any]]:
    if tables.is_frame(block):
        return tables.instances(block[inputs], lambda: inputs)  # type: ignore[return-value]  # by these names
    return iter(block.select(inputs).to_pylist())
