"""Reads the files of a job. Each was written whole and once, so a file that cannot be read was damaged later."""

from typing import TypeVar

import msgspec

from fairlead.batch.files import Files
from fairlead.batch.job import Chunk, JobPlan, Names, Record
from fairlead.errors import IntegrityError

T = TypeVar("T")


def written_plan(files: Files, names: Names) -> JobPlan | None:
    """Return the plan, None before it is written; raises IntegrityError where it is damaged.

    It is looked for in a list: S3 answers 403 for a missing object to a role that may list one folder alone.
    """
    if any(key == names.plan for key, *_ in files.matching(names.plan)):
        return stored_plan(files, names)
    return None


def stored_plan(files: Files, names: Names) -> JobPlan:
    """Return the plan that is written; raises IntegrityError where it is damaged."""
    return _stored(files, names, names.plan, JobPlan)


def stored_chunks(files: Files, names: Names, plan: JobPlan) -> list[Chunk]:
    """Return the chunks, as many as the plan has; raises IntegrityError."""
    chunks = _stored(files, names, names.chunks, list[Chunk])
    if len(chunks) != plan.chunks:
        raise _damaged(files, names, names.chunks, f"it has {len(chunks)} chunks, and the plan {plan.chunks}")
    return chunks


def stored_record(files: Files, names: Names, chunk: int) -> Record:
    """Return a chunk's counts; raises IntegrityError where they are damaged."""
    return _stored(files, names, names.record(chunk), Record)


def _stored(files: Files, names: Names, key: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(files.get(key), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(files, names, key, str(error)) from error


def _damaged(files: Files, names: Names, key: str, cause: str) -> IntegrityError:
    hint = f"remove the job and run the command again: {files.removal(names.root)}"
    return IntegrityError(f"{key} is damaged: {cause}", hint=hint)
